import { Option } from 'commander';
import type { Command } from 'commander';
import { outcomeTopics } from '../../shared/chunk/topics.ts';
import { priorities } from '../../shared/chunk/words.ts';
import type { TopicFollower } from '../../shared/kafka/ports.ts';
import { CommandError, exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import { findKafka } from '../kafka-place.ts';
import type { KafkaPlace } from '../kafka-place.ts';
import { describeOutcome, mediaTime } from '../outcomes/describe-outcome.ts';
import { outcomeJson } from '../outcomes/read-outcome.ts';
import type { Outcome } from '../outcomes/read-outcome.ts';
import { asCommandError, requireTopics } from '../reach-kafka.ts';
import type { VideoCutter } from './cutter-ports.ts';
import { OutcomeWatch } from './outcome-watch.ts';
import { requireRoom, submitFiles } from './submission.ts';
import type { PlannedFile, SubmittedChunk } from './submission.ts';
import { nameFiles, readName, readSeconds } from './submit-options.ts';
import type { SubmitOptions } from './submit-options.ts';
import { countOutcome, openTally, progressLine, summaryLine } from './tally.ts';
import type { Tally } from './tally.ts';

const examples = `
Files are cut at key frames, without encoding again; audio is dropped. Which frames are looked at
does not depend on the cut. Chunks above SPILLWAY_INLINE_MEBIBYTES go through SPILLWAY_CLAIM_ROOT.

Examples:
  $ spillway submit camera.mp4 --wait
  $ spillway submit *.mkv --priority bulk --chunk-seconds 10
  $ spillway submit gate.mp4 --priority live --model yolox-nano --wait --json | jq .frames
${exitCodesHelp}`;

/** Adds `spillway submit`. */
export function addSubmit(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('submit')
    .summary('cut video files into chunks and put them on the intake')
    .description('Cuts video files into chunks and puts them on the intake.')
    .argument('<file...>', 'MP4/MOV, Matroska/WebM, MPEG-TS, AVI or Flash video')
    .addOption(
      new Option('-p, --priority <priority>', 'how urgent it is')
        .choices(priorities)
        .default('standard'),
    )
    .option('-m, --model <name>', 'model to run; the installation has a default', readName)
    .addOption(
      new Option('-c, --chunk-seconds <seconds>', 'shortest chunk; 0 sends each file whole')
        .argParser(readSeconds(0))
        .default(2000, '2'),
    )
    .option('-s, --source <name>', 'name of the stream (default: the name of the file)', readName)
    .option('-d, --deadline-seconds <seconds>', 'due so long after submission', readSeconds(0.001))
    .option('-w, --wait', 'wait for every outcome and print it')
    .addOption(
      new Option('-t, --timeout-seconds <seconds>', 'with --wait: give up so long after submission')
        .argParser(readSeconds(0.001))
        .default(600_000, '600'),
    )
    .option('--json', 'print one JSON object per line and nothing else')
    .addHelpText('after', examples)
    .action(async (paths: string[], options: SubmitOptions) => {
      finish(await submit(paths, options, tools));
    });
}

async function submit(
  paths: readonly string[],
  options: SubmitOptions,
  tools: CommandTools,
): Promise<ExitCode> {
  const named = nameFiles(paths, options.source);
  const place = await findKafka(parseConfig(tools.environment));
  const cutter = await tools.openCutter();
  const files: PlannedFile[] = [];
  for (const { path, source } of named) {
    const file = await cutter.inspect(path, options.chunkSeconds);
    files.push({ file, source });
    if (file.remark !== null) tools.terminal.note(`${path} ${file.remark}`);
  }
  requireRoom(files, place);
  try {
    return await new Submit({ tools, place, options, cutter }).run(files);
  } catch (error) {
    throw asCommandError(error, place);
  } finally {
    tools.terminal.show(null);
  }
}

interface SubmitParts {
  readonly tools: CommandTools;
  readonly place: KafkaPlace;
  readonly options: SubmitOptions;
  readonly cutter: VideoCutter;
}

/** One call of `submit`, from the first question to Kafka to the last outcome. */
class Submit {
  readonly #parts: SubmitParts;
  #tally: Tally = openTally({ chunksPlanned: 0, mediaMs: 0 });
  #watch: OutcomeWatch | null = null;

  constructor(parts: SubmitParts) {
    this.#parts = parts;
  }

  async run(files: readonly PlannedFile[]): Promise<ExitCode> {
    const { tools, place, options } = this.#parts;
    this.#tally = openTally({
      chunksPlanned: files.reduce((sum, { file }) => sum + file.pieces.length, 0),
      mediaMs: files.reduce((sum, { file }) => sum + file.durationMs, 0),
    });
    const beganAtMs = tools.clock.monotonicMs();
    const connection = tools.connect(place);
    const { topics } = place;
    const intake = topics.intake(options.priority);
    const needed = options.wait === true ? [intake, ...outcomeTopics(topics)] : [intake];
    await requireTopics(connection, needed, { place, tools });
    if (options.wait === true) this.#watch = await this.#openWatch(connection.topicFollower());
    const sink = await connection.recordSink();
    try {
      await this.#send(files, sink);
      this.#showSubmitted(files);
      return await this.#awaitOutcomes(beganAtMs);
    } finally {
      await Promise.all([sink.close(), this.#watch?.stop()]);
    }
  }

  async #send(
    files: readonly PlannedFile[],
    sink: Parameters<typeof submitFiles>[1]['sink'],
  ): Promise<void> {
    const { tools, place } = this.#parts;
    try {
      await submitFiles(files, {
        ...this.#parts,
        sink,
        store: tools.objectStore(place.claimRoot),
        onSending: (source, id) => this.#watch?.expect(source, id),
        onSubmitted: (chunk) => this.#onSubmitted(chunk),
      });
    } catch (error) {
      const { submitted, chunksPlanned } = this.#tally;
      tools.terminal.note(
        `${submitted} of ${chunksPlanned} chunks were submitted before it failed`,
      );
      throw error;
    }
  }

  async #openWatch(follower: TopicFollower): Promise<OutcomeWatch> {
    const { clock, interrupted } = this.#parts.tools;
    const { topics } = this.#parts.place;
    const onOutcome = (outcome: Outcome): void => this.#onOutcome(outcome);
    const watch = new OutcomeWatch({ follower, topics, clock, interrupted, onOutcome });
    await watch.start();
    return watch;
  }

  #onSubmitted({ source, id, coordinates }: SubmittedChunk): void {
    const { terminal } = this.#parts.tools;
    this.#tally.submitted += 1;
    if (this.#parts.options.json === true && this.#watch === null) {
      terminal.print(JSON.stringify({ submitted: id, source, coordinates }));
    }
    this.#showProgress();
  }

  #onOutcome(outcome: Outcome): void {
    const { tools, options } = this.#parts;
    const { terminal } = tools;
    countOutcome(this.#tally, outcome);
    const isJson = options.json === true;
    terminal.print(isJson ? outcomeJson(outcome) : describeOutcome(outcome, terminal.colours));
    this.#showProgress();
  }

  #showProgress(): void {
    this.#parts.tools.terminal.show(progressLine(this.#tally, this.#watch !== null));
  }

  #showSubmitted(files: readonly PlannedFile[]): void {
    const { tools, place, options } = this.#parts;
    const { terminal } = tools;
    const intake = place.topics.intake(options.priority);
    for (const { file, source } of files) {
      const chunks = file.pieces.length === 1 ? '1 chunk' : `${file.pieces.length} chunks`;
      const line = `${source}: ${chunks}, ${mediaTime(file.durationMs)} of video, submitted to ${intake}`;
      // With --wait or --json the lines on standard output are about something else.
      if (this.#watch === null && options.json !== true) terminal.print(line);
      else terminal.note(line);
    }
  }

  async #awaitOutcomes(beganAtMs: number): Promise<ExitCode> {
    const { tools, options } = this.#parts;
    if (this.#watch === null) return 0;
    await this.#watch.settled(options.timeoutSeconds);
    tools.terminal.show(null);
    const missing = this.#watch.missing();
    if (tools.interrupted.aborted && missing.length > 0) {
      const message = `interrupted with ${missing.length} chunks under way; they are processed all the same, see \`spillway results\``;
      throw new CommandError('interrupted', message);
    }
    for (const { source, id } of missing) {
      const waited = `${options.timeoutSeconds / 1000} s`;
      tools.terminal.note(
        `${source}: chunk ${id} has no outcome after ${waited}; is a dispatcher running, and a worker?`,
      );
    }
    const tookMs = tools.clock.monotonicMs() - beganAtMs;
    const { noteColours, colours } = tools.terminal;
    const isJson = options.json === true;
    const summary = summaryLine(this.#tally, tookMs, isJson ? noteColours : colours);
    if (isJson) tools.terminal.note(summary);
    else tools.terminal.print(summary);
    return this.#tally.results === this.#tally.submitted ? 0 : 1;
  }
}
