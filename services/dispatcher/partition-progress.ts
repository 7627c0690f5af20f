import { encodeProgress, progressSpanMax } from '../shared/chunk/progress.ts';
import type { Progress } from '../shared/chunk/progress.ts';
import type { TopicPartition } from '../shared/kafka/ports.ts';

/** Progress of one intake partition within a term, ahead of what is committed by the settles under way. */
export interface PartitionProgress extends TopicPartition {
  readonly base: number;
  /** Next offset to be read. */
  readonly position: number;
  /** Offsets in `base..position` that need no more work: settled, or never a chunk. */
  readonly finished: ReadonlySet<number>;
  /** Committed failed tries of chunks that are not read yet. */
  readonly unreadAttempts: ReadonlyMap<number, readonly string[]>;
}

export function startProgress(partition: TopicPartition, committed: Progress): PartitionProgress {
  return {
    ...partition,
    base: committed.base,
    position: committed.base,
    finished: committed.settledAbove,
    unreadAttempts: committed.failedAttempts,
  };
}

/** What was read: everything in `fromOffset..nextOffset` that is no record is finished. */
export function readTo(
  progress: PartitionProgress,
  read: { readonly nextOffset: number; readonly recordOffsets: ReadonlySet<number> },
): PartitionProgress {
  const finished = new Set(progress.finished);
  for (let offset = progress.position; offset < read.nextOffset; offset += 1) {
    if (!read.recordOffsets.has(offset)) finished.add(offset);
  }
  const position = Math.max(progress.position, read.nextOffset);
  const unreadAttempts = new Map(
    [...progress.unreadAttempts].filter(([offset]) => offset >= position),
  );
  return { ...progress, position, finished, unreadAttempts };
}

/** Marks offsets settled and moves the base over everything finished. */
export function finish(progress: PartitionProgress, offsets: readonly number[]): PartitionProgress {
  const finished = new Set(progress.finished);
  for (const offset of offsets) finished.add(offset);
  let { base } = progress;
  while (base < progress.position && finished.has(base)) {
    finished.delete(base);
    base += 1;
  }
  return { ...progress, base, finished };
}

/** Whether the chunk at `offset` may be worked on: beyond the span its settling could not be recorded. */
export const isWithinSpan = (progress: PartitionProgress, offset: number): boolean =>
  offset - progress.base <= progressSpanMax;

export const isFinished = (progress: PartitionProgress, offset: number): boolean =>
  offset < progress.base || progress.finished.has(offset);

/**
 * The committed form, together with the failed tries of chunks that were read. Chunks beyond the span
 * are not settled; what else is finished there, such as markers, is found again by reading.
 */
export function encodePartitionProgress(
  progress: PartitionProgress,
  readAttempts: ReadonlyMap<number, readonly string[]>,
): ReturnType<typeof encodeProgress> {
  return encodeProgress({
    base: progress.base,
    settledAbove: new Set(
      [...progress.finished].filter((offset) => isWithinSpan(progress, offset)),
    ),
    failedAttempts: new Map([...progress.unreadAttempts, ...readAttempts]),
  });
}
