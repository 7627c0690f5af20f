import type { FailureReason } from '../../shared/chunk/reasons.ts';

/**
 * Reasons that may not repeat on another try or another worker. All others are verdicts on the bytes
 * themselves, which no retry changes.
 */
const retriableReasons: ReadonlySet<FailureReason> = new Set([
  'executor-crashed',
  'executor-timed-out',
  'out-of-memory',
  'executor-failed',
  'provider-failed',
]);

export function isRetriable(reason: FailureReason): boolean {
  return retriableReasons.has(reason);
}

/** A chunk that cannot be computed; the message says what was found and what is accepted. */
export class ChunkError extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ChunkError';
    this.reason = reason;
  }
}
