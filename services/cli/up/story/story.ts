import type { LocalSystem } from '../../../local/system/local-system.ts';
import type { LogLine } from '../../../local/processes/log-lines.ts';
import { CommandError } from '../../command-error.ts';
import type { CommandTools } from '../../command-tools.ts';
import type { Outcome } from '../../outcomes/read-outcome.ts';
import type { FollowedSystem } from '../../system-view/follow-system.ts';
import { span } from '../../system-view/spans.ts';
import { viewOf } from '../../system-view/system-view.ts';
import type { Progress } from '../progress.ts';
import type { Screen } from '../show-status.ts';
import { loadedNodes, nodeViews } from './demo-nodes.ts';
import { happenings } from './happenings.ts';
import type { Look } from './happenings.ts';
import { NodeHistory } from './node-history.ts';
import { StoryLedger } from './story-ledger.ts';
import { StoryLoad } from './story-load.ts';
import type { StoryLoadOptions } from './story-load.ts';
import { describePart, storySettings } from './story-plan.ts';
import { screenLine, screenLines } from './story-screen.ts';
import type { StoryScreen } from './story-screen.ts';
import { summarize } from './summary.ts';
import type { Summary } from './summary.ts';

export interface StoryParts {
  readonly tools: CommandTools;
  readonly system: LocalSystem;
  readonly followed: FollowedSystem;
  readonly progress: Progress;
  readonly parts: Summary['parts'];
  /** Monotonic time of the system's start. */
  readonly startedAtMs: number;
}

const lookEveryMs = 200;
/** Models are loaded within seconds; a machine that needs longer would not keep the pace. */
const readyMsMax = 90_000;
/** A story that has not ended by then never will. */
const playMsMax = 240_000;
/** After the last outcome, a second one of a chunk would have time to show. */
const surplusMs = 1500;

/** The demo: steady load, a burst that the ready workers cannot finish in time, and how it ends. */
export class Story {
  readonly #parts: StoryParts;
  readonly #ledger = new StoryLedger();
  readonly #history = new NodeHistory();
  #phase = 'starting';
  #look: Look | null = null;

  constructor(parts: StoryParts) {
    this.#parts = parts;
  }

  /** Whether the outcome is of a chunk of the story. */
  noteOutcome(outcome: Outcome): boolean {
    return this.#ledger.noteOutcome(outcome, this.#parts.tools.clock.monotonicMs());
  }

  noteLog(line: LogLine): void {
    this.#ledger.noteLog(line);
  }

  /** What is to be seen while it plays. */
  screen(): Screen {
    return {
      lines: (colours) => screenLines(this.#screen(), colours),
      line: () => screenLine(this.#screen()),
    };
  }

  /** Looks at the system again and again, and tells what happened, until `signal` aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const { tools } = this.#parts;
    while (!signal.aborted) {
      const before = this.#look;
      this.#look = this.#lookNow();
      for (const line of happenings(before, this.#look)) this.#tell(line);
      await tools.clock.sleepMs(lookEveryMs, signal);
    }
  }

  /** One round after the other until interrupted. */
  async play(options: Pick<StoryLoadOptions, 'clips' | 'place' | 'model' | 'sink'>): Promise<void> {
    const { clock, interrupted } = this.#parts.tools;
    const load = await this.#open(options);
    const steady = handled(load.submitSteady(interrupted));
    while (!interrupted.aborted) {
      this.#begin('steady load', describePart('steady'));
      await Promise.race([steady, clock.sleepMs(storySettings.warmUpMs, interrupted)]);
      await this.#burst(load, steady);
      this.#begin('burst cleared', 'steady load goes on until the next one');
      await Promise.race([steady, clock.sleepMs(storySettings.pauseMs, interrupted)]);
    }
    await steady;
    await load.finish();
  }

  /** One round, to the last outcome. */
  async playOnce(
    options: Pick<StoryLoadOptions, 'clips' | 'place' | 'model' | 'sink'>,
  ): Promise<Summary> {
    const { tools, system, progress, parts, startedAtMs } = this.#parts;
    const { clock, interrupted } = tools;
    const load = await this.#open(options);
    const beganAtMs = clock.monotonicMs();
    const untilMs = beganAtMs + playMsMax;
    const steadyEnd = new AbortController();
    const steady = handled(load.submitSteady(AbortSignal.any([steadyEnd.signal, interrupted])));
    this.#begin('steady load', describePart('steady'));
    await Promise.race([steady, clock.sleepMs(storySettings.warmUpMs, interrupted)]);
    await this.#burst(load, steady, untilMs);
    // A control has shown what it is for by now, and its nodes leave like any others.
    if (parts.scaler && parts.spill) {
      this.#begin('burst cleared', 'nodes leave when fewer have done for long enough');
      await this.#until(() => this.#haveNodesLeft(), untilMs);
    }
    steadyEnd.abort();
    await steady;
    await load.finish();
    this.#begin('ending', 'the last chunks are finished');
    await this.#until(() => this.#ledger.chunks().every(({ ended }) => ended !== null), untilMs);
    const playedMs = clock.monotonicMs() - beganAtMs;
    await clock.sleepMs(surplusMs, interrupted);
    return summarize({
      ledger: this.#ledger,
      nodes: this.#history,
      pools: system.nodes?.pools() ?? [],
      progress,
      parts,
      playedMs,
      upMs: clock.monotonicMs() - startedAtMs,
    });
  }

  async #open(
    options: Pick<StoryLoadOptions, 'clips' | 'place' | 'model' | 'sink'>,
  ): Promise<StoryLoad> {
    const { tools, followed } = this.#parts;
    const load = await StoryLoad.open({
      ...options,
      tools,
      ledger: this.#ledger,
      nowMs: () => followed.nowMs(),
    });
    await this.#ready();
    return load;
  }

  /** The burst on top of what goes on, until each of its chunks has ended. */
  async #burst(load: StoryLoad, steady: Promise<void>, untilMs?: number): Promise<void> {
    const { clock, interrupted } = this.#parts.tools;
    this.#begin('burst', `on top, for ${storySettings.burstMs / 1000} s, ${describePart('burst')}`);
    await Promise.race([load.submitBurst(interrupted), steady]);
    this.#begin('burst over', 'what it left is worked off');
    const isCleared = (): boolean =>
      this.#ledger.chunks().every(({ part, ended }) => part === 'steady' || ended !== null);
    await this.#until(isCleared, untilMs ?? clock.monotonicMs() + playMsMax);
  }

  /** @throws CommandError `configuration` when the system does not get ready. */
  async #ready(): Promise<void> {
    const { clock, interrupted } = this.#parts.tools;
    const untilMs = clock.monotonicMs() + readyMsMax;
    this.#begin('starting', 'until all programs are ready');
    await this.#until(() => this.#notReady() === null, untilMs);
    const missing = this.#notReady();
    if (missing === null || interrupted.aborted) return;
    throw new CommandError(
      'configuration',
      `the system is not ready after ${span(readyMsMax)}: ${missing}; its logs are in the file named above`,
    );
  }

  #notReady(): string | null {
    const { view, nodes } = this.#look ?? this.#lookNow();
    const { cpuWorkers } = this.#parts.system;
    if (view.dispatcher.state !== 'speaking') return 'no dispatcher speaks';
    if (this.#parts.parts.scaler && view.scaler.state !== 'speaking') return 'no scaler speaks';
    if (!nodes.some(({ phase }) => phase === 'loaded')) return 'no GPU node computes';
    const ready = view.workers
      .filter(({ kind }) => kind === 'cpu')
      .reduce((sum, { workers }) => sum + workers.ready, 0);
    const wanted = cpuWorkers.length;
    return ready < wanted ? `${ready} of ${wanted} CPU workers are ready` : null;
  }

  #haveNodesLeft(): boolean {
    const { nodesMin } = storySettings.gpu;
    return this.#history.left() > 0 && (this.#look?.nodes.length ?? 0) <= nodesMin;
  }

  async #until(isSo: () => boolean, untilMs: number): Promise<void> {
    const { clock, interrupted } = this.#parts.tools;
    while (!isSo() && clock.monotonicMs() < untilMs && !interrupted.aborted) {
      await clock.sleepMs(lookEveryMs, interrupted);
    }
  }

  #lookNow(): Look {
    const { system, followed, tools } = this.#parts;
    const atMs = followed.nowMs();
    const pools = system.nodes?.pools() ?? [];
    const loaded = loadedNodes(followed.knowledge, atMs);
    this.#history.look(pools, loaded, tools.clock.monotonicMs());
    return {
      view: viewOf(followed.knowledge, atMs),
      decisions: followed.knowledge.decisions,
      nodes: nodeViews(pools, loaded),
    };
  }

  #screen(): StoryScreen {
    const { system, tools, startedAtMs } = this.#parts;
    const { view, nodes } = this.#lookNow();
    const upMs = tools.clock.monotonicMs() - startedAtMs;
    return { view, nodes, pools: system.nodes?.pools() ?? [], phase: this.#phase, upMs };
  }

  #begin(phase: string, more?: string): void {
    this.#phase = phase;
    this.#tell(more === undefined ? phase : `${phase}: ${more}`);
  }

  #tell(line: string): void {
    const { tools, startedAtMs } = this.#parts;
    const { terminal, clock } = tools;
    const seconds = ((clock.monotonicMs() - startedAtMs) / 1000).toFixed(1).padStart(6);
    terminal.print(`${terminal.colours.quiet(`${seconds} s`)}  ${line}`);
  }
}

/** A failure is for those who await it, who may be about something else when it comes. */
function handled(work: Promise<void>): Promise<void> {
  work.catch(() => undefined);
  return work;
}
