import type { Priority } from '../../shared/chunk/words.ts';

/** What was dispatched in one stretch of time, in media milliseconds. */
export interface MediaBucket {
  /** Broker time, a multiple of the bucket's length. */
  readonly startAtMs: number;
  readonly dispatchedMediaMs: Readonly<Record<Priority, number>>;
  /** Of it, what went to CPU workers because no GPU would have had it done in time. */
  readonly spilledMediaMs: number;
}

/** What one pass leaves to the next: plain data, bounded. */
export interface DispatchMemory {
  /** The last minute, oldest first. */
  readonly buckets: readonly MediaBucket[];
  /** Until when strict priority holds; `null` where it does not. */
  readonly strictUntilMs: number | null;
}

export const emptyDispatchMemory = (): DispatchMemory => ({ buckets: [], strictUntilMs: null });

type Dispatched = Omit<MediaBucket, 'startAtMs'>;

const bucketMs = 5000;
const minuteMs = 60_000;

// Broker time may step back a little when another broker leads: what was dispatched "later" counts.
const counts = ({ startAtMs }: MediaBucket, nowMs: number): boolean =>
  Math.abs(nowMs - startAtMs) < minuteMs;

export function lastMinute(memory: DispatchMemory, nowMs: number): Dispatched {
  return memory.buckets.filter((bucket) => counts(bucket, nowMs)).reduce<Dispatched>(add, nothing);
}

const nothing: Dispatched = {
  dispatchedMediaMs: { live: 0, standard: 0, bulk: 0 },
  spilledMediaMs: 0,
};

const add = (a: Dispatched, b: Dispatched): Dispatched => ({
  dispatchedMediaMs: {
    live: a.dispatchedMediaMs.live + b.dispatchedMediaMs.live,
    standard: a.dispatchedMediaMs.standard + b.dispatchedMediaMs.standard,
    bulk: a.dispatchedMediaMs.bulk + b.dispatchedMediaMs.bulk,
  },
  spilledMediaMs: a.spilledMediaMs + b.spilledMediaMs,
});

/** The buckets with this besides; those that are older than a minute go. */
export function rememberDispatched(
  buckets: readonly MediaBucket[],
  nowMs: number,
  dispatched: Dispatched,
): readonly MediaBucket[] {
  const startAtMs = Math.floor(nowMs / bucketMs) * bucketMs;
  const present = buckets.find((bucket) => bucket.startAtMs === startAtMs) ?? nothing;
  return [
    ...buckets.filter((bucket) => counts(bucket, nowMs) && bucket.startAtMs !== startAtMs),
    { startAtMs, ...add(present, dispatched) },
  ].toSorted((a, b) => a.startAtMs - b.startAtMs);
}
