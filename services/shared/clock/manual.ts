import type { Clock, Random } from './ports.ts';

interface Waiting {
  readonly dueAtMs: number;
  readonly action: () => void;
}

/** A clock that moves only when told: the twin of `systemClock` for tests and simulations. */
export class ManualClock implements Clock {
  #monotonicMs = 0;
  #wallOffsetMs: number;
  #waiting: Waiting[] = [];

  constructor(startAtMs: number) {
    this.#wallOffsetMs = startAtMs;
  }

  nowMs(): number {
    return this.#monotonicMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleepMs(durationMs: number, signal?: AbortSignal): Promise<void> {
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
      const cancel = this.after(durationMs, finish);
      signal?.addEventListener('abort', finish, { once: true });
    });
  }

  after(delayMs: number, action: () => void): () => void {
    const entry = { dueAtMs: this.#monotonicMs + delayMs, action };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  /** How many sleeps and delayed actions are still to come; 0 means that nobody waits. */
  waitingCount(): number {
    return this.#waiting.length;
  }

  /**
   * Moves both clocks and runs what falls due, in order of its time, then of its registration. What
   * a sleeper does after it wakes runs later, as a microtask: use `elapseMs` where it sleeps again.
   */
  advanceMs(durationMs: number): void {
    const endMs = this.#endOf(durationMs);
    while (this.#runNext(endMs));
    this.#monotonicMs = endMs;
  }

  /**
   * As `advanceMs`, but lets every woken sleeper run before time moves on, so a loop that sleeps 1 s
   * turns ten times in 10 s. Work that waits for real input or output is not waited for.
   */
  async elapseMs(durationMs: number): Promise<void> {
    const endMs = this.#endOf(durationMs);
    await immediate();
    while (this.#runNext(endMs)) await immediate();
    this.#monotonicMs = endMs;
  }

  /** Steps the wall clock alone, as an administrator or a time server does. */
  stepWallMs(stepMs: number): void {
    this.#wallOffsetMs += stepMs;
  }

  #endOf(durationMs: number): number {
    if (durationMs >= 0) return this.#monotonicMs + durationMs;
    throw new RangeError(
      `Monotonic time cannot go back by ${-durationMs} ms: use stepWallMs to step the wall clock.`,
    );
  }

  #runNext(endMs: number): boolean {
    let next: Waiting | undefined;
    for (const entry of this.#waiting) {
      // Entries stand in order of registration, so the first of equals stays first.
      if (next === undefined || entry.dueAtMs < next.dueAtMs) next = entry;
    }
    if (next === undefined || next.dueAtMs > endMs) return false;
    const due = next;
    this.#waiting = this.#waiting.filter((other) => other !== due);
    this.#monotonicMs = Math.max(this.#monotonicMs, due.dueAtMs);
    due.action();
    return true;
  }
}

/** One turn of the event loop: every promise that can settle without input or output has. */
function immediate(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A seeded source (mulberry32): the same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    unique: () =>
      Array.from({ length: 4 }, () =>
        Math.floor(next() * 2 ** 24)
          .toString(16)
          .padStart(6, '0'),
      ).join(''),
  };
}
