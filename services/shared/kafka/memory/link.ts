import type { Clock } from '../../clock/ports.ts';
import { KafkaPortError } from '../ports.ts';

/**
 * - `up`: all is well.
 * - `cut-off`: the network is gone. Calls wait for it and give up after the request time-out.
 * - `silenced`: the process is stopped, as by SIGSTOP. Calls wait for ever, nothing is delivered.
 */
export type LinkState = 'up' | 'cut-off' | 'silenced';

/** One process's way to the cluster. Everything the process does with Kafka passes here. */
export class Link {
  readonly #clock: Clock;
  readonly #requestTimeoutMs: number;
  readonly #listeners = new Set<() => void>();
  #state: LinkState = 'up';

  constructor(clock: Clock, requestTimeoutMs: number) {
    this.#clock = clock;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  isUp(): boolean {
    return this.#state === 'up';
  }

  become(state: LinkState): void {
    this.#state = state;
    // A listener may stop watching when it is called: those of the moment are called.
    const listeners = Array.from(this.#listeners);
    for (const listener of listeners) listener();
  }

  /** Calls `listener` at once whenever the state is set; returns how to stop that. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves when a request gets through, in a later turn even when all is well, so that no answer
   * comes before its call has returned.
   * @throws KafkaPortError `unreachable` after the request time-out.
   */
  async reach(): Promise<void> {
    await Promise.resolve();
    const giveUpAtMs = this.#clock.monotonicMs() + this.#requestTimeoutMs;
    while (this.#state !== 'up') {
      if (this.#state === 'silenced') {
        await this.#change(null);
        continue;
      }
      const leftMs = giveUpAtMs - this.#clock.monotonicMs();
      if (leftMs <= 0) {
        throw new KafkaPortError(
          'unreachable',
          `No broker answered within ${this.#requestTimeoutMs} ms.`,
        );
      }
      await this.#change(leftMs);
    }
  }

  #change(withinMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        stopWatching();
        cancel();
        resolve();
      };
      const stopWatching = this.watch(finish);
      const cancel =
        withinMs === null ? (): void => undefined : this.#clock.after(withinMs, finish);
    });
  }
}
