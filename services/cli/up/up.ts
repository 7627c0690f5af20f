import { writeFile } from 'node:fs/promises';
import { Keeper } from '../../local/processes/keeper.ts';
import { describeExit } from '../../local/processes/program.ts';
import { startLocalSystem } from '../../local/system/local-system.ts';
import type { LocalSystem } from '../../local/system/local-system.ts';
import { demoModel } from '../../local/system/program-environment.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import type { KafkaConnection } from '../../shared/kafka/ports.ts';
import { aborted } from '../aborted.ts';
import { CommandError } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import type { KafkaPlace } from '../kafka-place.ts';
import { describeOutcome } from '../outcomes/describe-outcome.ts';
import type { Outcome } from '../outcomes/read-outcome.ts';
import { asCommandError } from '../reach-kafka.ts';
import { removeRunningSystem, writeRunningSystem } from '../running-system.ts';
import { followSystem } from '../system-view/follow-system.ts';
import type { FollowedSystem } from '../system-view/follow-system.ts';
import { viewOf } from '../system-view/system-view.ts';
import { openPlace } from './broker.ts';
import { followOutcomes } from './follow-outcomes.ts';
import { noteworthy, openUpFolder } from './machine.ts';
import type { UpFolder } from './machine.ts';
import { plainLine, plainLines } from './plain-screen.ts';
import type { PlainScreen } from './plain-screen.ts';
import { createProgress, noteOutcome } from './progress.ts';
import { renderDemoClips } from './render-clips.ts';
import { showStatus } from './show-status.ts';
import type { Screen } from './show-status.ts';
import { Story } from './story/story.ts';
import { emulationNote, storySettings } from './story/story-plan.ts';
import { summaryLines } from './story/summary.ts';
import type { Summary } from './story/summary.ts';
import { playsStory, systemShape } from './system-options.ts';
import type { UpOptions } from './system-options.ts';

interface Running {
  readonly place: KafkaPlace;
  readonly connection: KafkaConnection;
  readonly system: LocalSystem;
  readonly followed: FollowedSystem;
}

/** One run of `spillway up`, from the broker to the last line. */
export class Up {
  readonly #options: UpOptions;
  readonly #tools: CommandTools;
  readonly #keeper = new Keeper();
  readonly #folder: UpFolder;
  readonly #progress = createProgress();
  readonly #startedAtMs: number;
  #story: Story | null = null;

  constructor(options: UpOptions, tools: CommandTools) {
    this.#options = options;
    this.#tools = tools;
    this.#startedAtMs = tools.clock.monotonicMs();
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
        cpuWorkers: this.#options.workers,
        gpuWorkers: storySettings.gpu.nodesMax,
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
    const { topics } = place;
    const onFatal = (error: Error): void => terminal.note(error.message);
    const system = await this.#startSystem(place);
    terminal.note(`programs started; their logs are in ${this.#folder.logFile}`);
    await writeRunningSystem(stateFile, {
      brokers: place.brokers,
      topicPrefix: topics.prefix,
      claimRoot: place.claimRoot ?? '',
      pid: process.pid,
      startedAt: formatRfc3339(clock.nowMs()),
    });
    const onOutcome = (outcome: Outcome): void => this.#note(outcome);
    const stopOutcomes = await followOutcomes({ connection, topics, onOutcome, onFatal });
    const followed = await followSystem({ connection, topics, clock, onFatal });
    try {
      const broken = system.broken.then((name) => {
        throw new CommandError('configuration', `${name} cannot be kept running; its log is above`);
      });
      const running = { place, connection, system, followed };
      const work = playsStory(this.#options) ? this.#playStory(running) : this.#await(running);
      return await Promise.race([broken, work]);
    } catch (error) {
      throw asCommandError(error, place);
    } finally {
      terminal.show(null);
      terminal.note('stopping');
      await Promise.all([stopOutcomes(), followed.stop(), system.stop()]);
      await removeRunningSystem(stateFile, process.pid);
    }
  }

  #startSystem(place: KafkaPlace): Promise<LocalSystem> {
    const { clock, random, terminal, environment } = this.#tools;
    const inherited = ['KAFKA_', 'SPILLWAY_INLINE_'];
    return startLocalSystem({
      ...systemShape(this.#options),
      brokers: place.brokers,
      topicPrefix: place.topics.prefix,
      claimRoot: place.claimRoot ?? '',
      modelRepositories: this.#options.modelRepositories,
      ownEnvironment: {},
      environment: Object.fromEntries(
        Object.entries(environment).flatMap(([name, value]) =>
          value !== undefined && inherited.some((prefix) => name.startsWith(prefix))
            ? [[name, value]]
            : [],
        ),
      ),
      keeper: this.#keeper,
      clock,
      random,
      onLog: (program, line) => {
        this.#folder.log(program, line);
        this.#story?.noteLog(line);
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

  /** Resolves when the person has had enough. */
  async #await({ followed }: Running): Promise<ExitCode> {
    const { terminal, interrupted, clock } = this.#tools;
    terminal.note('waiting for your video: spillway submit FILE --wait');
    const look = (): PlainScreen => ({
      view: viewOf(followed.knowledge, followed.nowMs()),
      progress: this.#progress,
      upMs: clock.monotonicMs() - this.#startedAtMs,
    });
    const screen: Screen = {
      lines: (colours) => plainLines(look(), colours),
      line: () => plainLine(look()),
    };
    const hide = showStatus(screen, this.#tools);
    await aborted(interrupted);
    hide();
    return 0;
  }

  /** Resolves when the story has ended, or when the person has had enough. */
  async #playStory({ place, connection, system, followed }: Running): Promise<ExitCode> {
    const { untilDone, spill, scaler } = this.#options;
    const { interrupted, terminal } = this.#tools;
    terminal.note(emulationNote);
    const story = new Story({
      tools: this.#tools,
      system,
      followed,
      progress: this.#progress,
      parts: { spill, scaler },
      startedAtMs: this.#startedAtMs,
    });
    this.#story = story;
    const clips = await renderDemoClips(this.#folder.clips, this.#keeper);
    const ended = new AbortController();
    const watching = story.watch(ended.signal);
    const hide = showStatus(story.screen(), this.#tools);
    const sink = await connection.recordSink();
    try {
      const load = { clips, place, sink, model: demoModel };
      if (untilDone !== true) {
        await story.play(load);
        return 0;
      }
      const summary = await story.playOnce(load);
      if (interrupted.aborted) return 130;
      hide();
      await this.#show(summary);
      return summary.isWell ? 0 : 1;
    } finally {
      hide();
      ended.abort();
      await Promise.all([watching, sink.close()]);
    }
  }

  async #show(summary: Summary): Promise<void> {
    const { terminal } = this.#tools;
    const { json } = this.#options;
    for (const line of summaryLines(summary, terminal.colours)) terminal.print(line);
    if (json !== undefined) await writeFile(json, `${JSON.stringify(summary, null, 2)}\n`);
  }

  /** Of the story's own chunks, hundreds, only what went wrong is worth a line each. */
  #note(outcome: Outcome): void {
    const { terminal } = this.#tools;
    noteOutcome(this.#progress, outcome);
    const isOfStory = this.#story?.noteOutcome(outcome) === true;
    if (isOfStory && outcome.outcome === 'result') return;
    terminal.print(describeOutcome(outcome, terminal.colours));
  }
}
