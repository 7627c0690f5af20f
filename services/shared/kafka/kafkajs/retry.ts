import type { Clock, Random } from '../../clock/ports.ts';
import type { KafkaPortError } from '../ports.ts';
import { kafkaError } from './errors.ts';

export interface Retries {
  readonly clock: Clock;
  readonly random: Random;
  /** No new try begins later than this after the first. */
  readonly budgetMs: number;
  readonly firstPauseMs: number;
  readonly pauseMsMax: number;
  /** Ends the waiting; the last error is thrown. */
  readonly signal?: AbortSignal;
  /** What was tried, for the message: `reading committed offsets of group g`. */
  readonly doing: string;
  /** Called before each pause, for what must be looked up afresh. */
  readonly onRetry?: (error: KafkaPortError) => void;
}

/**
 * Runs `action` until it succeeds, fails with what is not worth another try, or the budget is spent.
 *
 * @throws KafkaPortError of the last try.
 */
export async function withRetries<T>(retries: Retries, action: () => Promise<T>): Promise<T> {
  const { clock, random, signal } = retries;
  const startedAtMs = clock.monotonicMs();
  const backOff = new BackOff(retries);
  for (;;) {
    try {
      return await action();
    } catch (cause) {
      const error = kafkaError(cause, retries.doing);
      const pauseMs = backOff.next(random);
      const isSpent = clock.monotonicMs() + pauseMs - startedAtMs > retries.budgetMs;
      if (!error.retriable || isSpent || signal?.aborted === true) throw error;
      retries.onRetry?.(error);
      await clock.sleepMs(pauseMs, signal);
    }
  }
}

/** Pauses that double up to a limit; each is drawn from its upper half, so that clients spread. */
export class BackOff {
  readonly #firstPauseMs: number;
  readonly #pauseMsMax: number;
  #pauseMs: number;

  constructor(limits: { readonly firstPauseMs: number; readonly pauseMsMax: number }) {
    this.#firstPauseMs = limits.firstPauseMs;
    this.#pauseMsMax = limits.pauseMsMax;
    this.#pauseMs = limits.firstPauseMs;
  }

  next(random: Random): number {
    const pauseMs = this.#pauseMs * (0.5 + random.next() / 2);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#pauseMsMax);
    return pauseMs;
  }

  reset(): void {
    this.#pauseMs = this.#firstPauseMs;
  }
}
