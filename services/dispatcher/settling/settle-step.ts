import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import type { AcceptedRecord, OutcomeIdentity } from '../../shared/chunk/outcome.ts';
import { partitionKey } from '../../shared/kafka/ports.ts';
import type { CommittedOffset, OutgoingRecord } from '../../shared/kafka/ports.ts';
import type { Entry } from '../knowledge/entry.ts';
import { outcomeRecord } from './outcome-record.ts';
import { encodePartitionProgress, finish, isWithinSpan } from './partition-progress.ts';
import type { PartitionProgress } from './partition-progress.ts';
import { holdBytes } from '../knowledge/term-state.ts';
import type { DispatchSettings, DonePartition, TermState } from '../knowledge/term-state.ts';

/** What one transaction is to publish and commit, and what follows from its success. */
export interface SettleStep {
  readonly outcomes: readonly OutgoingRecord[];
  readonly offsets: readonly CommittedOffset[];
  readonly entries: readonly Entry[];
  /** Progress by intake partition key, where it may be other than what is committed. */
  readonly partitions: ReadonlyMap<string, PartitionStep>;
  readonly looseOutcomes: number;
  /** Failed tries that the offsets carry, by coordinates key. */
  readonly published: ReadonlyMap<string, ReadonlySet<string>>;
  readonly doneReleased: readonly {
    readonly partition: DonePartition;
    readonly offset: number;
  }[];
  /** Those of `entries` whose twins are refused from now on. */
  readonly accepted: readonly {
    readonly identity: OutcomeIdentity;
    readonly accepted: AcceptedRecord;
  }[];
}

interface PartitionStep {
  readonly before: PartitionProgress;
  readonly settled: readonly number[];
  readonly next: PartitionProgress;
  /** `null` when exactly this is committed. */
  readonly news: CommittedOffset | null;
  /** Offsets whose failed tries the metadata has. */
  readonly carriedAttempts: ReadonlySet<number>;
  readonly hasFailures: boolean;
}

/** Unsettled chunks with failed tries, by intake partition key. */
type FailingEntries = ReadonlyMap<string, readonly Entry[]>;

/** A transaction is one round trip whatever it holds, but a reader waits for the whole of it. */
const outcomesMax = 500;
const outcomeBytesMax = 16 * 1024 * 1024;

/** The next transaction, or `null` when everything known is committed. */
export function nextSettleStep(state: TermState, settings: DispatchSettings): SettleStep | null {
  const { entries, failing } = chooseEntries(state);
  const settledKeys = new Set(entries.map(({ coordinates }) => coordinatesKey(coordinates)));
  const partitions = partitionSteps(state, entries, failing);
  const done = doneOffsets(state, settledKeys, partitions);
  const outcomes = [
    ...state.looseOutcomes,
    ...entries.map((entry) => outcomeRecord(entry, settings)),
  ];
  const offsets = [...partitions.values()].flatMap(({ news }) => (news === null ? [] : [news]));
  offsets.push(...done.offsets);
  if (outcomes.length === 0 && offsets.length === 0) return null;
  return {
    outcomes,
    offsets,
    entries,
    partitions,
    looseOutcomes: state.looseOutcomes.length,
    published: publishedTries(failing, partitions),
    doneReleased: done.released,
    accepted: acceptedAmong(state, entries),
  };
}

/** What is true once the transaction is committed. */
export function applySettled(state: TermState, step: SettleStep): void {
  for (const entry of step.entries) {
    const chunkKey = coordinatesKey(entry.coordinates);
    state.entries.delete(chunkKey);
    state.publishedAttempts.delete(chunkKey);
    state.index.forget(entry);
    holdBytes(state, entry.record, -(entry.record.value?.length ?? 0));
  }
  for (const [key, { before, settled, next }] of step.partitions) {
    const present = state.progress.get(key) ?? before;
    // While the transaction was under way, more may have been read.
    state.progress.set(key, present === before ? next : finish(present, settled));
  }
  for (const { topic, partition, offset, metadata } of step.offsets) {
    const key = partitionKey({ topic, partition });
    const done = state.done.get(key);
    const told = step.partitions.get(key);
    if (done !== undefined) done.committed = offset;
    else {
      const progress = told === undefined || told.hasFailures ? null : told.next;
      state.committed.set(key, { offset, metadata, progress });
    }
  }
  for (const [chunkKey, keys] of step.published) state.publishedAttempts.set(chunkKey, keys);
  for (const { partition, offset } of step.doneReleased) partition.references.delete(offset);
  for (const { identity } of step.accepted) state.accepted.forget(identity);
  state.looseOutcomes.splice(0, step.looseOutcomes);
}

/** What is settled now, and what has failed and is not settled yet, by partition key. */
function chooseEntries(state: TermState): {
  readonly entries: readonly Entry[];
  readonly failing: FailingEntries;
} {
  const entries: Entry[] = [];
  const failing = new Map<string, Entry[]>();
  const fail = (entry: Entry): void => {
    if (entry.failedTries.size === 0) return;
    const key = partitionKey(entry.record);
    const others = failing.get(key);
    if (others === undefined) failing.set(key, [entry]);
    else others.push(entry);
  };
  let bytes = 0;
  let isFull = false;
  for (const entry of state.index.ended()) {
    if (!isFull && maySettle(state, entry)) {
      bytes += endingBytes(entry);
      isFull = entries.length > 0 && (bytes > outcomeBytesMax || entries.length >= outcomesMax);
      if (!isFull) {
        entries.push(entry);
        continue;
      }
    }
    fail(entry);
  }
  for (const entry of state.index.failing()) fail(entry);
  return { entries, failing };
}

function maySettle(state: TermState, { record, coordinates }: Entry): boolean {
  const progress = state.progress.get(partitionKey(record));
  return progress !== undefined && isWithinSpan(progress, coordinates.offset);
}

function endingBytes({ ending, record }: Entry): number {
  const aboutHeadersBytes = 1024;
  switch (ending?.kind) {
    case 'result':
      return aboutHeadersBytes + ending.body.length;
    case 'dead-letter':
      return aboutHeadersBytes + (record.value?.length ?? 0);
    case 'expired':
    case undefined:
      return aboutHeadersBytes;
  }
}

/** Only for partitions that may have something new: the others were told as they are. */
function partitionSteps(
  state: TermState,
  entries: readonly Entry[],
  failing: FailingEntries,
): ReadonlyMap<string, PartitionStep> {
  const settled = new Map<string, number[]>();
  for (const { record, coordinates } of entries) {
    const key = partitionKey(record);
    const offsets = settled.get(key);
    if (offsets === undefined) settled.set(key, [coordinates.offset]);
    else offsets.push(coordinates.offset);
  }
  const steps = new Map<string, PartitionStep>();
  for (const [key, progress] of state.progress) {
    const failed = failing.get(key) ?? [];
    const offsets = settled.get(key) ?? [];
    const committed = state.committed.get(key);
    const isKnown = committed?.progress === progress;
    if (isKnown && failed.length === 0 && offsets.length === 0) continue;
    const step = partitionStep(progress, offsets, failed);
    const { next, news } = step;
    const isSame = committed?.offset === next.base && committed.metadata === news.metadata;
    steps.set(key, { ...step, news: isSame ? null : news });
    if (!isSame || next !== progress) continue;
    state.committed.set(key, { ...committed, progress: step.hasFailures ? null : progress });
  }
  return steps;
}

function partitionStep(
  before: PartitionProgress,
  settled: readonly number[],
  failed: readonly Entry[],
): PartitionStep & { readonly news: CommittedOffset } {
  const next = finish(before, settled);
  const attempts = new Map(
    failed.map(({ coordinates, failedTries }) => [coordinates.offset, [...failedTries.keys()]]),
  );
  const { metadata, carriedAttempts } = encodePartitionProgress(next, attempts);
  const { topic, partition } = before;
  return {
    before,
    settled,
    next,
    news: { topic, partition, offset: next.base, metadata },
    carriedAttempts,
    hasFailures: failed.length > 0,
  };
}

function publishedTries(
  failing: FailingEntries,
  partitions: ReadonlyMap<string, PartitionStep>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const published = new Map<string, ReadonlySet<string>>();
  for (const [key, entries] of failing) {
    const carried = partitions.get(key)?.carriedAttempts;
    for (const { coordinates, failedTries } of entries) {
      if (carried?.has(coordinates.offset) !== true) continue;
      published.set(coordinatesKey(coordinates), new Set(failedTries.keys()));
    }
  }
  return published;
}

function acceptedAmong(state: TermState, entries: readonly Entry[]): SettleStep['accepted'] {
  return entries.flatMap(({ identity, coordinates }) => {
    const accepted = state.accepted.find(identity);
    const isThis =
      accepted !== null && coordinatesKey(accepted.coordinates) === coordinatesKey(coordinates);
    return isThis ? [{ identity, accepted }] : [];
  });
}

/** `done` may be passed up to the first record whose chunk would still need it after a restart. */
function doneOffsets(
  state: TermState,
  settledKeys: ReadonlySet<string>,
  partitions: ReadonlyMap<string, PartitionStep>,
): { readonly offsets: readonly CommittedOffset[]; readonly released: SettleStep['doneReleased'] } {
  const offsets: CommittedOffset[] = [];
  const released: { readonly partition: DonePartition; readonly offset: number }[] = [];
  for (const done of state.done.values()) {
    let floor = done.position;
    for (const [offset, reference] of done.references) {
      const isPublished =
        reference.isFailure &&
        partitions.get(reference.intakePartition)?.carriedAttempts.has(reference.intakeOffset) ===
          true;
      if (settledKeys.has(reference.chunkKey) || isPublished) {
        released.push({ partition: done, offset });
      } else floor = Math.min(floor, offset);
    }
    const { topic, partition, committed } = done;
    if (floor > committed) offsets.push({ topic, partition, offset: floor, metadata: '' });
  }
  return { offsets, released };
}
