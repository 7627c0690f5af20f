import { encodeProgress, progressSpanMax } from '../../shared/chunk/progress.ts';
import type { Progress } from '../../shared/chunk/progress.ts';
import type { TopicPartition } from '../../shared/kafka/ports.ts';
import { addOffsets, firstMissing, hasOffset, noOffsets, offsetsWithin } from './offset-bits.ts';
import type { OffsetBits } from './offset-bits.ts';

/**
 * Progress of one intake partition within a term, ahead of what is committed by the settles under way.
 * A value: each change makes a new one, so that one that is the same has nothing new to commit.
 */
export interface PartitionProgress extends TopicPartition {
  readonly base: number;
  /** Next offset to be read. */
  readonly position: number;
  /** Offsets in `base..position` that need no more work: settled, or never a chunk. */
  readonly finished: OffsetBits;
  /** Committed failed tries of chunks that are not read yet. */
  readonly unreadAttempts: ReadonlyMap<number, readonly string[]>;
}

export function startProgress(
  { topic, partition }: TopicPartition,
  { base, settledAbove, failedAttempts }: Progress,
): PartitionProgress {
  const finished = addOffsets(noOffsets, base, [...settledAbove]);
  return { topic, partition, base, position: base, finished, unreadAttempts: failedAttempts };
}

/** What was read: everything in `fromOffset..nextOffset` that is no record is finished. */
export function readTo(
  progress: PartitionProgress,
  read: { readonly nextOffset: number; readonly recordOffsets: ReadonlySet<number> },
): PartitionProgress {
  if (read.nextOffset <= progress.position) return progress;
  const empty: number[] = [];
  for (let offset = progress.position; offset < read.nextOffset; offset += 1) {
    if (!read.recordOffsets.has(offset)) empty.push(offset);
  }
  const position = read.nextOffset;
  const unreadAttempts = new Map(
    [...progress.unreadAttempts].filter(([offset]) => offset >= position),
  );
  const finished = addOffsets(progress.finished, progress.base, empty);
  return { ...progress, position, finished, unreadAttempts };
}

/** Marks offsets settled and moves the base over everything finished. */
export function finish(progress: PartitionProgress, offsets: readonly number[]): PartitionProgress {
  const marked = addOffsets(progress.finished, progress.base, offsets);
  const base = firstMissing(marked, progress.base, progress.position);
  if (base === progress.base && offsets.length === 0) return progress;
  return { ...progress, base, finished: addOffsets(marked, base, []) };
}

/** Whether the chunk at `offset` may be worked on: beyond the span its settling could not be recorded. */
export const isWithinSpan = (progress: PartitionProgress, offset: number): boolean =>
  offset - progress.base <= progressSpanMax;

export const isFinished = (progress: PartitionProgress, offset: number): boolean =>
  offset < progress.base || hasOffset(progress.finished, offset);

/**
 * The committed form, together with the failed tries of chunks that were read. Chunks beyond the span
 * are not settled; what else is finished there, such as markers, is found again by reading.
 */
export function encodePartitionProgress(
  { base, finished, unreadAttempts }: PartitionProgress,
  readAttempts: ReadonlyMap<number, readonly string[]>,
): ReturnType<typeof encodeProgress> {
  return encodeProgress({
    base,
    settledAbove: offsetsWithin(finished, base, base + progressSpanMax),
    failedAttempts: new Map([...unreadAttempts, ...readAttempts]),
  });
}
