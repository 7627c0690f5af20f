import { decodeProgress } from '../chunk/progress.ts';
import type { PartitionLag, TopicPartition } from './ports.ts';

/** What the broker tells about one partition and one group's progress in it. */
export interface PartitionFacts extends TopicPartition {
  readonly logStart: number;
  /** Readable end: the last stable offset. */
  readonly logEnd: number;
  /** `null`: the group never committed here. */
  readonly committed: { readonly offset: number; readonly metadata: string } | null;
}

/**
 * The arithmetic that both adapters share. Metadata of an unknown format counts as none: a lag is
 * then too high rather than too low, so that nothing scales to zero over unfinished work.
 */
export function partitionLag(facts: PartitionFacts): PartitionLag {
  const { topic, partition, logStart, logEnd, committed } = facts;
  if (committed === null) {
    const lag = Math.max(0, logEnd - logStart);
    return { topic, partition, logStart, logEnd, committed, settledAbove: 0, lost: 0, lag };
  }
  const base = committed.offset;
  const progress = decodeProgress(base, committed.metadata);
  let settledAbove = 0;
  let settledAndDeleted = 0;
  let settledAndThere = 0;
  for (const offset of progress?.settledAbove ?? []) {
    settledAbove += 1;
    if (offset < logStart) settledAndDeleted += 1;
    else if (offset < logEnd) settledAndThere += 1;
  }
  const lost = Math.max(0, logStart - base) - settledAndDeleted;
  const lag = Math.max(0, logEnd - Math.max(base, logStart) - settledAndThere);
  return { topic, partition, logStart, logEnd, committed: base, settledAbove, lost, lag };
}
