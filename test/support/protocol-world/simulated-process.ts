import type { ManualClock } from '../../../services/shared/clock/manual.ts';
import type { Clock, Random } from '../../../services/shared/clock/ports.ts';
import type { MemoryConnection } from '../../../services/shared/kafka/memory/kafka.ts';
import { KafkaPortError } from '../../../services/shared/kafka/ports.ts';
import { between, chance } from './options.ts';

/** How long a caller waits for an answer that was lost. */
const lostAnswerMs = 1000;
const latencyMsMax = 15;
const wakeUpMs = 20;
const slowLatencyMsMax = 1500;

/**
 * One process of the simulated installation: while it is paused its timers wait, once it is killed
 * they never come, and what it asks of Kafka takes time and may get lost.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly connection: MemoryConnection;
  readonly #world: ManualClock;
  readonly #random: Random;
  #isAlive = true;
  #pausedUntilMs = 0;
  #deferred: (() => void)[] = [];
  #wallSkewMs = 0;
  #pauseInSettlingMs = 0;
  #lossyUntilMs = 0;
  #slowUntilMs = 0;
  /** The last time at which something was wrong with it or its network. */
  #troubledUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    name: string,
    parts: {
      readonly world: ManualClock;
      readonly random: Random;
      readonly connection: MemoryConnection;
    },
  ) {
    this.name = name;
    this.#world = parts.world;
    this.#random = parts.random;
    this.connection = parts.connection;
    this.clock = {
      nowMs: () => this.#world.nowMs() + this.#wallSkewMs,
      monotonicMs: () => this.#world.monotonicMs(),
      sleepMs: (durationMs, signal) => this.#sleepMs(durationMs, signal),
      after: (delayMs, action) => this.#after(delayMs, action),
    };
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isPaused(): boolean {
    return this.#world.monotonicMs() < this.#pausedUntilMs;
  }

  get isLossy(): boolean {
    return this.#world.monotonicMs() < this.#lossyUntilMs;
  }

  /** Milliseconds since it was last paused, cut off, slowed or given a bad network. */
  get untroubledMs(): number {
    return this.#world.monotonicMs() - this.#troubledUntilMs;
  }

  kill(): void {
    this.#isAlive = false;
    this.#deferred = [];
    this.connection.faults.silence();
  }

  pause(durationMs: number): void {
    if (!this.#isAlive || this.isPaused) return;
    this.#pausedUntilMs = this.#world.monotonicMs() + durationMs;
    this.#trouble(durationMs);
    this.connection.faults.silence();
    this.#world.after(durationMs, () => {
      const deferred = this.#deferred;
      this.#deferred = [];
      for (const action of deferred) action();
      // It acts on what it knew before it hears anything new.
      this.#world.after(wakeUpMs, () => {
        if (this.#isAlive && !this.isPaused) this.connection.faults.recover();
      });
    });
  }

  cutOff(durationMs: number): void {
    if (!this.#isAlive || this.isPaused) return;
    this.#trouble(durationMs);
    this.connection.faults.cutOff();
    this.#world.after(durationMs, () => {
      if (this.#isAlive && !this.isPaused) this.connection.faults.recover();
    });
  }

  /** Pauses it in the middle of its next settling, with the outcomes at hand. */
  pauseInSettling(durationMs: number): void {
    this.#pauseInSettlingMs = durationMs;
  }

  beginSettling(): void {
    const durationMs = this.#pauseInSettlingMs;
    this.#pauseInSettlingMs = 0;
    if (durationMs > 0) this.pause(durationMs);
  }

  loseMessages(durationMs: number): void {
    this.#lossyUntilMs = this.#world.monotonicMs() + durationMs;
    this.#trouble(durationMs);
  }

  slowDown(durationMs: number): void {
    this.#slowUntilMs = this.#world.monotonicMs() + durationMs;
    this.#trouble(durationMs);
  }

  skewWallClock(skewMs: number): void {
    this.#wallSkewMs = skewMs;
  }

  /** A request to Kafka and its answer: each takes time, and on a bad network either is lost. */
  async request<T>(serve: () => Promise<T>): Promise<T> {
    const fate = this.isLossy ? this.#random.next() : 1;
    await this.#sleepMs(this.latencyMs());
    if (fate < 0.15) await this.#fail();
    const answer = await serve();
    if (fate < 0.35) await this.#fail();
    await this.#sleepMs(this.latencyMs());
    return answer;
  }

  latencyMs(): number {
    const isSlow = this.#world.monotonicMs() < this.#slowUntilMs;
    const latencyMs = between(this.#random, 1, latencyMsMax);
    return isSlow && chance(this.#random, 0.5)
      ? latencyMs + between(this.#random, 0, slowLatencyMsMax / 2)
      : latencyMs;
  }

  async #fail(): Promise<never> {
    await this.#sleepMs(lostAnswerMs);
    throw new KafkaPortError('unreachable', 'The answer was lost.');
  }

  #trouble(durationMs: number): void {
    const untilMs = this.#world.monotonicMs() + durationMs;
    this.#troubledUntilMs = Math.max(this.#troubledUntilMs, untilMs);
  }

  #after(delayMs: number, action: () => void): () => void {
    let isCancelled = false;
    const run = (): void => {
      if (isCancelled || !this.#isAlive) return;
      if (this.isPaused) this.#deferred.push(run);
      else action();
    };
    const cancel = this.#world.after(delayMs, run);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  #sleepMs(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const finish = (): void => {
        cancel();
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = this.#after(durationMs, finish);
      signal?.addEventListener('abort', finish, { once: true });
    });
  }
}

/** What comes from Kafka on its way into the process: in order, late, and later while it stalls. */
export class Inbox {
  readonly #process: SimulatedProcess;
  readonly #stalledUntilMs: () => number;
  readonly #queue: (() => void)[] = [];
  #lastDueAtMs = 0;

  constructor(process: SimulatedProcess, stalledUntilMs: () => number) {
    this.#process = process;
    this.#stalledUntilMs = stalledUntilMs;
  }

  push(deliver: () => void): void {
    const { clock } = this.#process;
    const nowMs = clock.monotonicMs();
    const dueAtMs = Math.max(
      this.#lastDueAtMs,
      this.#stalledUntilMs(),
      nowMs + this.#process.latencyMs(),
    );
    this.#lastDueAtMs = dueAtMs;
    this.#queue.push(deliver);
    clock.after(dueAtMs - nowMs, () => this.#queue.shift()?.());
  }
}
