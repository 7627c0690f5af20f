import { encodeExpired } from '../../shared/chunk/outcome.ts';
import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import { partitionKey } from '../../shared/kafka/ports.ts';
import type { OutgoingRecord, TopicPartition } from '../../shared/kafka/ports.ts';
import { isFinished, readTo } from '../settling/partition-progress.ts';
import type { PartitionProgress } from '../settling/partition-progress.ts';
import { dropHeldBelow, priorityOfIntake } from '../knowledge/term-state.ts';
import type { DispatchSettings, TermState } from '../knowledge/term-state.ts';

/** Offsets of a partition that are gone: `from` up to, not including, `until`. */
export interface LostRange extends TopicPartition {
  readonly from: number;
  readonly until: number;
}

/**
 * Retention was faster than we: each range of offsets without an outcome ends as one `expired`, so
 * that even this is not silent. Returns these ranges; what was settled out of order is in none.
 */
export function recordLoss(
  state: TermState,
  settings: DispatchSettings,
  lost: LostRange,
): readonly LostRange[] {
  const key = partitionKey(lost);
  const progress = state.progress.get(key);
  const priority = priorityOfIntake(settings.topics, lost.topic);
  if (progress === undefined || priority === null) return [];
  const ranges = unfinishedRanges(progress, lost);
  state.progress.set(key, readTo(progress, { nextOffset: lost.until, recordOffsets: new Set() }));
  dropHeldBelow(state, settings.topics, lost);
  state.looseOutcomes.push(...ranges.map((range) => expiredRange(settings, priority, range)));
  return ranges;
}

function unfinishedRanges(progress: PartitionProgress, lost: LostRange): readonly LostRange[] {
  const ranges: LostRange[] = [];
  let from: number | null = null;
  for (let offset = Math.max(lost.from, progress.position); offset <= lost.until; offset += 1) {
    const isLost = offset < lost.until && !isFinished(progress, offset);
    if (isLost) from ??= offset;
    else if (from !== null) {
      ranges.push({ ...lost, from, until: offset });
      from = null;
    }
  }
  return ranges;
}

function expiredRange(
  settings: DispatchSettings,
  priority: Priority,
  { topic, partition, from, until }: LostRange,
): OutgoingRecord {
  const coordinates = { priority, partition, offset: from };
  const value = encodeExpired({
    identity: { source: 'unknown', id: coordinatesKey(coordinates) },
    coordinates,
    lastOffset: until - 1,
    deadlineAtMs: null,
    waitedIn: 'intake',
    message: `retention deleted these ${until - from} offsets of ${topic}/${partition} before they were settled`,
  });
  return {
    topic: settings.topics.expired,
    key: null,
    value: Buffer.from(value, 'utf8'),
    headers: [['content-type', Buffer.from('application/json')]],
  };
}
