import { assignmentKey } from '../shared/chunk/assignment.ts';
import type { Heartbeat, WorkerState } from '../shared/chunk/fleet.ts';
import { laneOrderHeader, parseLaneOrder } from '../shared/chunk/lane-record.ts';
import type { LaneOrder } from '../shared/chunk/lane-record.ts';
import type { Topics } from '../shared/chunk/topics.ts';
import { priorities } from '../shared/chunk/words.ts';
import type { WorkerKind } from '../shared/chunk/words.ts';
import { createBrokerClock } from '../shared/clock/broker-clock.ts';
import type { Clock } from '../shared/clock/ports.ts';
import type { LaneSource, ReceivedRecord, RecordSink } from '../shared/kafka/ports.ts';
import type { ObjectStore } from '../shared/object-store/ports.ts';
import type { Logger } from '../shared/process/ports.ts';
import { createDoneReporter } from './done-reporter.ts';
import type { Executor } from './executor/ports.ts';
import { createHand } from './hand.ts';
import { Heartbeats } from './heartbeats.ts';
import { createLearnedSpeed } from './learned-speed.ts';
import type { WorkerMetrics } from './metrics.ts';
import { createSlots } from './slots.ts';
import { tryChunk } from './try-chunk.ts';
import type { EndedTry, Task, Verdict } from './try-chunk.ts';

/** The adapters of one worker; `main.ts` builds them, `close` closes them. */
export interface WorkerPorts {
  readonly clock: Clock;
  readonly lanes: LaneSource;
  readonly sink: RecordSink;
  readonly store: ObjectStore;
  /** Loads and warms every model; resolves when chunks can be computed. */
  readonly openExecutor: () => Promise<Executor>;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
}

export interface WorkerSettings {
  /** New for each process. */
  readonly name: string;
  readonly kind: WorkerKind;
  readonly pool: string;
  readonly node: string | null;
  readonly topics: Topics;
  readonly slots: number;
  /**
   * Media milliseconds per wall millisecond at which a slot pretends to compute, so that machines
   * without GPUs can stand for some; `null`: as fast as it does.
   */
  readonly emulatedSpeed: number | null;
  readonly claimBytesMax: number;
}

/**
 * From the end of one chunk to the next one taken and listed: two round trips and the spacing of
 * heartbeats. Chunks are taken ahead for this long, or short ones would leave their slot waiting.
 */
const listingMs = 60;
/** More would be in hand, and count as failed, when the worker dies. */
const aheadPerSlotMax = 4;
/** Of the newest chunk in the running mean. */
const newestWeight = 0.1;

/**
 * The worker's parent: takes from its lanes what its executor can start, lists it in heartbeats,
 * hands it to the executor, tells `done`. It never decodes and never infers, so nothing holds up its
 * heartbeats.
 *
 *     loading → ready → draining
 *
 * A chunk is `taken` (its lane record committed), `listed` (a heartbeat that names it acknowledged:
 * only then may it start, else a dispatcher could not tell that it runs), `started`, `reported`.
 */
export class Worker {
  readonly #ports: WorkerPorts;
  readonly #settings: WorkerSettings;
  readonly #onFatal: (error: unknown) => void;
  readonly #brokerClock;
  readonly #heartbeats;
  readonly #done;
  readonly #hand = createHand();
  readonly #speed = createLearnedSpeed();
  readonly #startedAtMs: number;
  #state: WorkerState = 'loading';
  #readyAtMs: number | null = null;
  #executor: Executor | null = null;
  /** Running mean over chunks; `null` before the first. */
  #usualComputeMs: number | null = null;
  #isTaking = false;
  #lookAgain = false;
  readonly #slots;
  #busySlots = 0;
  /** Aborts when what has not started is to be given back. */
  readonly #draining = new AbortController();
  /** Aborts when what runs is to be given back too. */
  readonly #givingUp = new AbortController();

  constructor(ports: WorkerPorts, settings: WorkerSettings, onFatal: (error: unknown) => void) {
    const { clock, sink, log } = ports;
    const { topics, name: worker } = settings;
    this.#ports = ports;
    this.#settings = settings;
    this.#onFatal = onFatal;
    this.#startedAtMs = clock.nowMs();
    this.#slots = createSlots(settings.slots);
    this.#brokerClock = createBrokerClock(clock);
    this.#done = createDoneReporter({ clock, sink, log, topic: topics.done });
    this.#heartbeats = new Heartbeats(
      { clock, brokerClock: this.#brokerClock, sink, log },
      { topic: topics.fleet, worker, describe: () => this.#describe() },
    );
  }

  async start(): Promise<void> {
    const { log, clock } = this.#ports;
    this.#heartbeats.start();
    this.#executor = await this.#ports.openExecutor();
    this.#readyAtMs = clock.nowMs();
    const models = this.#executor.models.map(({ name }) => name);
    this.#useSlots(0);
    this.#countComputed(0);
    log.info('models-loaded', { models, loadMs: this.#readyAtMs - this.#startedAtMs });
    this.#state = 'ready';
    await this.#heartbeats.acknowledged();
    await this.#ports.lanes.start({
      onChange: () => {
        this.#heartbeats.change();
        void this.#takeWhatFits();
      },
      onFatal: this.#onFatal,
    });
  }

  /** Takes nothing from now on; what is not started is given back. */
  stopIntake(): void {
    this.#state = 'draining';
    this.#draining.abort();
    this.#heartbeats.change();
  }

  /** Resolves when nothing is in hand; when `signal` aborts, what still runs is given back undone. */
  async drain(signal: AbortSignal): Promise<void> {
    await this.#hand.empty(signal);
    this.#givingUp.abort();
    if (this.#hand.size() === 0) return;
    await this.#executor?.close();
    await this.#hand.empty(new AbortController().signal);
  }

  async close(): Promise<void> {
    await this.#ports.lanes.stop();
    await this.#heartbeats.leave();
    await this.#executor?.close();
    await this.#ports.sink.close();
  }

  #describe(): Omit<Heartbeat, 'worker' | 'sequence'> {
    const { kind, pool, node, topics, slots, emulatedSpeed } = this.#settings;
    const models = this.#executor?.models ?? [];
    return {
      kind,
      pool,
      node,
      slots,
      state: this.#state,
      emulated: emulatedSpeed !== null,
      models: models.map(({ name, version, variant, executionProvider }) => ({
        name,
        version,
        variant,
        executionProvider,
      })),
      partitions: this.#ports.lanes.partitions().flatMap(({ topic, partition }) => {
        const priority = priorities.find((each) => topics.lane({ kind, priority: each }) === topic);
        return priority === undefined ? [] : [{ priority, partition }];
      }),
      inHand: this.#hand.list(),
      speeds: this.#speed.list(),
      startedAtMs: this.#startedAtMs,
      readyAtMs: this.#readyAtMs,
    };
  }

  /** One taking at a time; whoever comes meanwhile makes it look again. */
  async #takeWhatFits(): Promise<void> {
    this.#lookAgain = true;
    if (this.#isTaking) return;
    this.#isTaking = true;
    try {
      while (this.#lookAgain) {
        this.#lookAgain = false;
        while (this.#hasRoom() && this.#ports.lanes.hasWaiting()) {
          const record = await this.#ports.lanes.take();
          if (record === null) break;
          this.#accept(record);
        }
      }
    } catch (error) {
      this.#ports.log.warn('take-failed', {
        message: 'no chunk could be taken from the lanes; tried again in a second',
        error,
      });
      this.#ports.clock.after(1000, () => void this.#takeWhatFits());
    } finally {
      this.#isTaking = false;
    }
  }

  #hasRoom(): boolean {
    const usualMs = Math.max(1, this.#usualComputeMs ?? listingMs);
    const aheadPerSlot = Math.min(aheadPerSlotMax, Math.ceil(listingMs / usualMs));
    return this.#state === 'ready' && this.#hand.size() < this.#settings.slots * (1 + aheadPerSlot);
  }

  #accept(record: ReceivedRecord): void {
    const { log, metrics } = this.#ports;
    const header = record.headers.findLast(([name]) => name === laneOrderHeader);
    const parsed = parseLaneOrder(header?.[1].toString('utf8') ?? 'null');
    if (!parsed.ok) {
      log.warn('foreign-lane-record', {
        message: `${record.topic}/${record.partition} offset ${record.offset} was not sent by a dispatcher of this version (${parsed.problem}); it is ignored`,
      });
      return;
    }
    const order = parsed.value;
    if (this.#brokerClock.nowMs() > order.startByMs) {
      metrics.skipped.inc();
      return;
    }
    if (!this.#hand.take(order.assignment)) return;
    void this.#process({ order, record });
  }

  async #process(task: Task): Promise<void> {
    const { assignment } = task.order;
    try {
      await this.#heartbeats.acknowledged();
      const { done, body } = await this.#verdictOn(task);
      await this.#done.report(done, body);
    } catch (error) {
      this.#onFatal(error);
      return;
    }
    this.#hand.drop(assignment);
    this.#heartbeats.change();
    void this.#takeWhatFits();
  }

  /** The slot is free again before `done` is told, so that the next chunk need not wait for that. */
  async #verdictOn(task: Task): Promise<Verdict> {
    const { order } = task;
    const isTooLate = this.#brokerClock.nowMs() > order.startByMs;
    if (isTooLate) return this.#release(order, 'it was listed too late to be started');
    const hasSlot = await this.#slots.acquire(this.#draining.signal);
    if (!hasSlot) return this.#release(order, 'the worker drains');
    this.#useSlots(1);
    try {
      const executor = await this.#availableExecutor(order);
      if (executor === null) return this.#release(order, 'the executor is being replaced');
      const givingUp = this.#givingUp.signal;
      const context = { ...this.#ports, ...this.#settings, executor, givingUp };
      const { verdict, speed } = await tryChunk(task, { ...context, broker: this.#brokerClock });
      if (speed !== null) this.#learn(speed);
      return verdict;
    } finally {
      this.#useSlots(-1);
      this.#slots.release();
    }
  }

  /** Notes that so many more slots than before compute, or fewer. */
  #useSlots(more: number): void {
    const { kind, pool, slots } = this.#settings;
    this.#busySlots += more;
    const gauge = this.#ports.metrics.slots;
    gauge.set({ kind, pool, state: 'busy' }, this.#busySlots);
    gauge.set({ kind, pool, state: 'idle' }, slots - this.#busySlots);
  }

  #countComputed(mediaMs: number): void {
    const { kind, pool } = this.#settings;
    this.#ports.metrics.computedSeconds.inc({ kind, pool }, mediaMs / 1000);
  }

  #learn(speed: NonNullable<EndedTry['speed']>): void {
    this.#countComputed(speed.mediaMs);
    this.#speed.learn(speed.model, speed);
    const before = this.#usualComputeMs ?? speed.computeMs;
    this.#usualComputeMs = before + newestWeight * (speed.computeMs - before);
  }

  /** A GPU's executor may take minutes to load again; until start-by, others may still be asked. */
  async #availableExecutor({ startByMs }: LaneOrder): Promise<Executor | null> {
    const executor = this.#executor;
    const leftMs = Math.max(0, startByMs - this.#brokerClock.nowMs());
    return executor !== null && (await executor.available(leftMs)) ? executor : null;
  }

  #release({ assignment }: LaneOrder, message: string): Verdict {
    this.#ports.log.info('chunk-released', { assignment: assignmentKey(assignment), message });
    this.#ports.metrics.released.inc();
    const { name: worker } = this.#settings;
    return { done: { kind: 'released', assignment, worker, message }, body: null };
  }
}
