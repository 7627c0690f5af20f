/**
 * The only way to read time or to wait. Wall time is for what people and other machines read,
 * monotonic time is for durations: a stepped wall clock must never expire a chunk or kill a worker.
 */
export interface Clock {
  /** Epoch milliseconds. May jump backwards or forwards when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start, never going backwards, with sub-millisecond digits. */
  monotonicMs(): number;
  /**
   * Resolves after `durationMs` (0 or more), or at once, without an error, when `signal` aborts:
   * a caller that was waiting always looks at its own state next.
   */
  sleepMs(durationMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `action` once after `delayMs`; the returned function cancels it. Does not keep the process
   * alive by itself.
   */
  after(delayMs: number, action: () => void): () => void;
}

/** Randomness as a value, so that a run can be repeated from its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A name nobody else has: at least 96 random bits, lower-case letters and digits. */
  unique(): string;
}
