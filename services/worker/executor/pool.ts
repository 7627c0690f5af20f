import type { Clock } from '../../shared/clock/ports.ts';
import {
  ExecutorError,
  type Executor,
  type ExecutorChunk,
  type ExecutorOutcome,
  type ModelDescription,
} from './ports.ts';
import { ExecutorSlot, type SlotOptions } from './slot.ts';

export interface PoolOptions extends SlotOptions {
  /** Children, 1 or more; each computes one hand of chunks at a time. */
  readonly slots: number;
  /**
   * Chunks given to a child at once, 1 or more. Above 1 spares round trips for tiny chunks, but when
   * a child dies all chunks in its hand have failed once.
   */
  readonly chunksPerHand: number;
}

export interface PoolListener {
  /** What an operator should read once, a sentence each. */
  readonly onNotice: (notice: string) => void;
  /** A child ended and is being replaced. */
  readonly onReplaced: (message: string) => void;
  /** No replacement can be loaded: the worker should leave. Called once. */
  readonly onUnusable: (error: ExecutorError) => void;
}

interface Waiting {
  readonly chunk: ExecutorChunk;
  readonly onOutcome: (outcome: ExecutorOutcome) => void;
}

/** Waits before the second, third and fourth try to replace a child; after that the pool is unusable. */
const replacementPausesMs = [500, 2000, 10_000];

/** Executor children that share one queue. */
export class ExecutorPool implements Executor {
  readonly models: readonly ModelDescription[];
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #listener: PoolListener;
  readonly #live = new Set<ExecutorSlot>();
  readonly #idle: ExecutorSlot[] = [];
  readonly #queue: Waiting[] = [];
  readonly #awaitingIdle = new Set<() => void>();
  readonly #closing = new AbortController();
  #unusable: ExecutorError | null = null;

  /**
   * Starts all children and resolves when every one has loaded and warmed every model.
   *
   * @throws ExecutorError; no child is left behind.
   */
  static async open(
    options: PoolOptions,
    tools: { readonly clock: Clock; readonly listener: PoolListener },
  ): Promise<ExecutorPool> {
    const slots = Array.from(
      { length: options.slots },
      () => new ExecutorSlot(options, tools.clock),
    );
    try {
      const loaded = await Promise.all(slots.map((slot) => slot.load()));
      for (const notice of loaded[0]?.notices ?? []) tools.listener.onNotice(notice);
      return new ExecutorPool(options, { ...tools, slots, models: loaded[0]?.models ?? [] });
    } catch (error) {
      await Promise.all(slots.map((slot) => slot.close()));
      throw error;
    }
  }

  private constructor(
    options: PoolOptions,
    parts: {
      readonly clock: Clock;
      readonly listener: PoolListener;
      readonly slots: readonly ExecutorSlot[];
      readonly models: readonly ModelDescription[];
    },
  ) {
    this.#options = options;
    this.#clock = parts.clock;
    this.#listener = parts.listener;
    this.models = parts.models;
    for (const slot of parts.slots) this.#adopt(slot);
  }

  get slots(): number {
    return this.#options.slots;
  }

  /** Of the living children; for the operator's eyes and for tests that kill them. */
  get processIds(): readonly number[] {
    return [...this.#live].flatMap(({ processId }) => (processId === null ? [] : [processId]));
  }

  available(withinMs: number): Promise<boolean> {
    if (this.#idle.length > 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const found = (): void => {
        cancel();
        resolve(true);
      };
      const cancel = this.#clock.after(withinMs, () => {
        this.#awaitingIdle.delete(found);
        resolve(false);
      });
      this.#awaitingIdle.add(found);
    });
  }

  execute(
    chunks: readonly ExecutorChunk[],
    onOutcome: (outcome: ExecutorOutcome) => void,
  ): Promise<void> {
    return new Promise((resolve) => {
      let open = chunks.length;
      if (open === 0) resolve();
      for (const chunk of chunks) {
        const settle = (outcome: ExecutorOutcome): void => {
          open -= 1;
          onOutcome(outcome);
          if (open === 0) resolve();
        };
        this.#queue.push({ chunk, onOutcome: settle });
      }
      this.#deal();
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#refuseQueue('the worker is stopping');
    await Promise.all([...this.#live].map((slot) => slot.close()));
  }

  /** Gives what waits to idle children, evenly, at most a hand each. */
  #deal(): void {
    if (this.#closing.signal.aborted) this.#refuseQueue('the worker is stopping');
    else if (this.#unusable !== null && this.#live.size === 0) {
      this.#refuseQueue(this.#unusable.message);
    }
    while (this.#queue.length > 0) {
      const share = Math.ceil(this.#queue.length / Math.max(1, this.#idle.length));
      const slot = this.#idle.shift();
      if (slot === undefined) return;
      const hand = this.#queue.splice(0, Math.min(this.#options.chunksPerHand, share));
      void this.#run(slot, hand);
    }
  }

  async #run(slot: ExecutorSlot, hand: readonly Waiting[]): Promise<void> {
    const listeners = new Map(hand.map(({ chunk, onOutcome }) => [chunk.key, onOutcome]));
    await slot.execute(
      hand.map(({ chunk }) => chunk),
      (outcome) => listeners.get(outcome.key)?.(outcome),
    );
    if (this.#live.has(slot)) this.#becomeIdle(slot);
    this.#deal();
  }

  #adopt(slot: ExecutorSlot): void {
    this.#live.add(slot);
    this.#becomeIdle(slot);
    void slot.ended.then((ending) => {
      this.#live.delete(slot);
      const at = this.#idle.indexOf(slot);
      if (at >= 0) this.#idle.splice(at, 1);
      if (this.#closing.signal.aborted) return;
      this.#listener.onReplaced(ending.message);
      void this.#replace();
    });
  }

  #becomeIdle(slot: ExecutorSlot): void {
    this.#idle.push(slot);
    for (const found of this.#awaitingIdle) found();
    this.#awaitingIdle.clear();
  }

  async #replace(): Promise<void> {
    for (const pauseMs of [0, ...replacementPausesMs]) {
      if (pauseMs > 0) await this.#clock.sleepMs(pauseMs, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      const slot = new ExecutorSlot(this.#options, this.#clock);
      this.#live.add(slot);
      try {
        await slot.load();
        this.#adopt(slot);
        this.#deal();
        return;
      } catch (error) {
        this.#live.delete(slot);
        if (pauseMs === replacementPausesMs.at(-1)) this.#giveUp(error);
      }
    }
  }

  #giveUp(error: unknown): void {
    if (this.#closing.signal.aborted || this.#unusable !== null) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#unusable =
      error instanceof ExecutorError ? error : new ExecutorError('executor-lost', message, error);
    this.#listener.onUnusable(this.#unusable);
    this.#deal();
  }

  #refuseQueue(message: string): void {
    for (const { chunk, onOutcome } of this.#queue.splice(0)) {
      const { key } = chunk;
      onOutcome({ kind: 'failure', key, reason: 'executor-failed', message, retriable: true });
    }
  }
}
