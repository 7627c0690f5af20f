import { writeFile } from 'node:fs/promises';
import { Keeper } from '../../local/processes/keeper.ts';
import { describeExit } from '../../local/processes/program.ts';
import { demoModel, startLocalSystem } from '../../local/system/local-system.ts';
import type { LocalSystem } from '../../local/system/local-system.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import type { KafkaConnection } from '../../shared/kafka/ports.ts';
import { CommandError } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import type { KafkaPlace } from '../kafka-place.ts';
import { describeOutcome } from '../outcomes/describe-outcome.ts';
import type { Outcome } from '../outcomes/read-outcome.ts';
import { asCommandError } from '../reach-kafka.ts';
import { removeRunningSystem, writeRunningSystem } from '../running-system.ts';
import { openPlace } from './broker.ts';
import { Demo } from './demo.ts';
import { noteworthy, openUpFolder } from './machine.ts';
import type { UpFolder } from './machine.ts';
import { createProgress } from './progress.ts';
import { renderDemoClips } from './render-clips.ts';
import { showStatus } from './show-status.ts';
import { isWell, summaryLines } from './summary.ts';
import type { Summary } from './summary.ts';
import { watchSystem } from './watching.ts';

export interface UpOptions {
  /** Absolute paths. */
  readonly modelRepositories: readonly string[];
  readonly workers: number;
  readonly demo: boolean;
  readonly untilDone?: true;
  readonly json?: string;
}

/** One active, one standing by. */
const dispatchers = 2;

/** One run of `spillway up`, from the broker to the last line. */
export class Up {
  readonly #options: UpOptions;
  readonly #tools: CommandTools;
  readonly #keeper = new Keeper();
  readonly #folder: UpFolder;
  readonly #progress = createProgress();
  #demo: Demo | null = null;

  constructor(options: UpOptions, tools: CommandTools) {
    this.#options = options;
    this.#tools = tools;
    this.#folder = openUpFolder(this.#keeper);
  }

  async run(): Promise<ExitCode> {
    const { environment, terminal } = this.#tools;
    try {
      const config = parseConfig(environment);
      const { place, connection } = await openPlace(config, {
        tools: this.#tools,
        keeper: this.#keeper,
        claimRoot: config.claimRoot ?? this.#folder.claims,
        workers: this.#options.workers,
      });
      return await this.#runOn(place, connection, config.stateFile);
    } finally {
      terminal.show(null);
      await this.#keeper.close();
    }
  }

  async #runOn(
    place: KafkaPlace,
    connection: KafkaConnection,
    stateFile: string,
  ): Promise<ExitCode> {
    const { clock, terminal } = this.#tools;
    const system = this.#startSystem(place);
    terminal.note(`programs started; their logs are in ${this.#folder.logFile}`);
    await writeRunningSystem(stateFile, {
      brokers: place.brokers,
      topicPrefix: place.topics.prefix,
      claimRoot: place.claimRoot ?? '',
      pid: process.pid,
      startedAt: formatRfc3339(clock.nowMs()),
    });
    const onOutcome = (outcome: Outcome): void => this.#note(outcome);
    const { topics } = place;
    const progress = this.#progress;
    const onFatal = (error: Error): void => terminal.note(error.message);
    const watching = await watchSystem({
      connection,
      topics,
      clock,
      progress,
      onOutcome,
      onFatal,
    });
    const hideStatus = showStatus(progress, this.#tools);
    try {
      const broken = system.broken.then((name) => {
        throw new CommandError('configuration', `${name} cannot be kept running; its log is above`);
      });
      return await Promise.race([broken, this.#work(place, connection)]);
    } catch (error) {
      throw asCommandError(error, place);
    } finally {
      hideStatus();
      terminal.note('stopping');
      await Promise.all([watching(), system.stop()]);
      await removeRunningSystem(stateFile, process.pid);
    }
  }

  #startSystem(place: KafkaPlace): LocalSystem {
    const { clock, terminal, environment } = this.#tools;
    const inherited = ['KAFKA_', 'SPILLWAY_INLINE_'];
    return startLocalSystem({
      brokers: place.brokers,
      topicPrefix: place.topics.prefix,
      claimRoot: place.claimRoot ?? '',
      modelRepositories: this.#options.modelRepositories,
      dispatchers,
      cpuWorkers: this.#options.workers,
      environment: Object.fromEntries(
        Object.entries(environment).flatMap(([name, value]) =>
          value !== undefined && inherited.some((prefix) => name.startsWith(prefix))
            ? [[name, value]]
            : [],
        ),
      ),
      keeper: this.#keeper,
      clock,
      onLog: (program, line) => {
        this.#folder.log(program, line);
        const note = noteworthy(program, line);
        if (note !== null) terminal.note(note);
      },
      report: (report) => {
        // The last lines are in the log file, and what a person should see of them stands above.
        if (report.kind === 'restarting') {
          const ended = describeExit(report.exit);
          terminal.note(
            `${report.name} ended (${ended}); starting it again in ${report.delayMs} ms`,
          );
        }
        if (report.kind === 'gave-up') {
          terminal.note(`${report.name} is not started again: ${report.reason}`);
        }
      },
    });
  }

  /** Resolves when the demo has ended, or when the person has had enough. */
  async #work(place: KafkaPlace, connection: KafkaConnection): Promise<ExitCode> {
    const { untilDone, demo, json } = this.#options;
    const { interrupted, terminal } = this.#tools;
    if (!demo) {
      terminal.note('waiting for your video: spillway submit FILE --wait');
      await this.#interruption();
      return 0;
    }
    const clips = await renderDemoClips(this.#folder.clips, this.#keeper);
    this.#demo = new Demo({ clips, tools: this.#tools, place, connection, model: demoModel });
    if (untilDone !== true) {
      await this.#demo.play();
      return 0;
    }
    const summary = await this.#demo.playOnce(this.#progress);
    if (interrupted.aborted) return 130;
    await this.#show(summary, json);
    return isWell(summary) ? 0 : 1;
  }

  async #show(summary: Summary, json: string | undefined): Promise<void> {
    const { terminal } = this.#tools;
    terminal.show(null);
    for (const line of summaryLines(summary)) terminal.print(line);
    if (json !== undefined) await writeFile(json, `${JSON.stringify(summary, null, 2)}\n`);
  }

  #note(outcome: Outcome): void {
    const { terminal } = this.#tools;
    this.#demo?.note(outcome);
    terminal.print(describeOutcome(outcome, terminal.colours));
  }

  #interruption(): Promise<void> {
    const { interrupted } = this.#tools;
    return new Promise((resolve) => {
      if (interrupted.aborted) resolve();
      interrupted.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
