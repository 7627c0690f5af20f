import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import { KafkaPortError } from '../../shared/kafka/ports.ts';
import type { RecordSink } from '../../shared/kafka/ports.ts';
import { CommandError } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { findEarlierRetries } from './earlier-retries.ts';
import { readLetters } from './letter.ts';
import type { Letter } from './letter.ts';
import { isChosen, isNamed, planRetries } from './plan-retries.ts';
import type { PlannedRetry, RetryPlan } from './plan-retries.ts';
import { retryId, retryRecord } from './retry-record.ts';
import { withLetters } from './with-letters.ts';
import type { LettersPlace } from './with-letters.ts';

export interface RetryOptions {
  readonly reason?: string;
  readonly id: readonly string[];
  readonly all?: true;
  readonly again?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

/** Submits the chosen letters again. @throws CommandError */
export function retryLetters(options: RetryOptions, tools: CommandTools): Promise<ExitCode> {
  const { reason, id, all } = options;
  const isSaid = reason !== undefined || id.length > 0;
  if (isSaid === (all === true)) {
    const message = 'say which letters: --reason or --id, or --all for every one';
    throw new CommandError('usage', message);
  }
  return withLetters(tools, (place) => new Retry(options, tools, place).run());
}

/** One call of `deadletters retry`. */
class Retry {
  readonly #options: RetryOptions;
  readonly #tools: CommandTools;
  readonly #place: LettersPlace;

  constructor(options: RetryOptions, tools: CommandTools, place: LettersPlace) {
    this.#options = options;
    this.#tools = tools;
    this.#place = place;
  }

  async run(): Promise<ExitCode> {
    const { id, again, dryRun } = this.#options;
    const { terminal } = this.#tools;
    const letters = await this.#chosen();
    const plan = planRetries(letters, await this.#earlier(letters), again === true);
    const unknown = id.filter((name) => !letters.some((letter) => isNamed(letter, name)));
    for (const name of unknown) terminal.note(`there is no dead letter ${name}`);
    this.#noteLeftOut(plan);
    if (dryRun === true) for (const retry of plan.retries) this.#say(retry, 'would be retried');
    const sent = dryRun === true ? plan.retries.length : await this.#send(plan.retries);
    const verb = dryRun === true ? 'would be retried' : 'retried';
    terminal.note(`${sent} of ${letters.length} chosen dead letters ${verb}`);
    // What was named one by one and is not retried is a wish that was not fulfilled.
    const isRefused = id.length > 0 && (unknown.length > 0 || plan.retriedBefore.length > 0);
    return isRefused || sent < plan.retries.length ? 1 : 0;
  }

  #chosen(): Promise<readonly Letter[]> {
    const { reason, id } = this.#options;
    const choice = { ids: id, ...(reason === undefined ? {} : { reason }) };
    return readLetters(this.#place.connection, {
      topics: this.#place.topics,
      interrupted: this.#tools.interrupted,
      isWanted: (letter) => isChosen(letter, choice),
      withVideo: false,
    });
  }

  async #earlier(letters: readonly Letter[]): ReturnType<typeof findEarlierRetries> {
    const [oldest] = letters;
    if (oldest === undefined) return new Map();
    const { interrupted } = this.#tools;
    const { connection, topics } = this.#place;
    return findEarlierRetries(connection, { topics, sinceMs: oldest.atMs, interrupted });
  }

  #noteLeftOut({ retriedBefore, left }: RetryPlan): void {
    const { terminal } = this.#tools;
    for (const { letter, earlier } of retriedBefore) {
      const name = coordinatesKey(letter.coordinates);
      terminal.note(
        `${name} was retried before, which ended as ${earlier.ended}; --again retries it all the same`,
      );
    }
    if (left > 0) terminal.note(`${left} more are too much for one call: run it again`);
  }

  /** Resolves with how many Kafka has taken. */
  async #send(retries: readonly PlannedRetry[]): Promise<number> {
    const [first] = retries;
    if (first === undefined || this.#tools.interrupted.aborted) return 0;
    const { connection, topics } = this.#place;
    const numbers = new Map(
      retries.map(({ letter, number }) => [coordinatesKey(letter.coordinates), number]),
    );
    const letters = await readLetters(connection, {
      topics,
      interrupted: this.#tools.interrupted,
      sinceMs: first.letter.atMs,
      isWanted: ({ coordinates }) => numbers.has(coordinatesKey(coordinates)),
      withVideo: true,
    });
    const sink = await connection.recordSink();
    let sent = 0;
    try {
      for (const letter of letters) {
        const number = numbers.get(coordinatesKey(letter.coordinates)) ?? 1;
        if (await this.#sendOne({ letter, number }, sink)) sent += 1;
        if (this.#tools.interrupted.aborted) break;
      }
      return sent;
    } catch (error) {
      this.#tools.terminal.note(`${sent} of ${retries.length} were retried before it failed`);
      throw error;
    } finally {
      await sink.close();
    }
  }

  async #sendOne(retry: PlannedRetry, sink: RecordSink): Promise<boolean> {
    const { clock, terminal } = this.#tools;
    const { letter, number } = retry;
    const { topics } = this.#place;
    try {
      await sink.send([retryRecord(letter, { number, nowMs: clock.nowMs(), topics })]);
    } catch (error) {
      const isTooLarge = error instanceof KafkaPortError && error.code === 'record-too-large';
      if (!isTooLarge) throw error;
      const name = coordinatesKey(letter.coordinates);
      terminal.note(`${name} is not retried, its record is too large for intake: ${error.message}`);
      return false;
    }
    this.#say(retry, 'retried');
    return true;
  }

  #say({ letter, number }: PlannedRetry, what: string): void {
    const { terminal } = this.#tools;
    const { outcome, coordinates } = letter;
    const retry = retryId(letter, number);
    const from = coordinatesKey(coordinates);
    const { source, id, reason } = outcome;
    const topic = this.#place.topics.intake(coordinates.priority);
    if (this.#options.json === true) {
      const isDryRun = this.#options.dryRun === true;
      terminal.print(
        JSON.stringify({ source, id, coordinates: from, reason, retry, topic, isDryRun }),
      );
    } else {
      const place = terminal.colours.quiet(`(${id} at ${from}, ${reason})`);
      terminal.print(
        `${terminal.colours.strong(source)}  ${what} as ${retry} on ${topic} ${place}`,
      );
    }
  }
}
