import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import type { Coordinates } from '../../shared/chunk/coordinates.ts';
import type { Done } from '../../shared/chunk/done-record.ts';
import type { ChunkDefaults } from '../../shared/chunk/envelope.ts';
import type { SizeLimits } from '../../shared/chunk/limits.ts';
import { decodeProgress } from '../../shared/chunk/progress.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import { priorities } from '../../shared/chunk/words.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import { emptyDispatchMemory } from '../../policy/dispatch/memory.ts';
import type { DispatchMemory } from '../../policy/dispatch/memory.ts';
import type { DispatchPlan } from '../../policy/dispatch/plan-dispatch.ts';
import type { DispatchSettings as PlanSettings } from '../../policy/dispatch/settings.ts';
import { KafkaPortError, partitionKey } from '../../shared/kafka/ports.ts';
import type { ActiveTerm, OutgoingRecord, TopicPartition } from '../../shared/kafka/ports.ts';
import { createEntryIndex } from './entry-index.ts';
import type { EntryIndex } from './entry-index.ts';
import type { Entry } from './entry.ts';
import { createKnownIdentities } from '../reading/known-identities.ts';
import type { KnownIdentities } from '../reading/known-identities.ts';
import type { MediaLengths } from './media-lengths.ts';
import { isWithinSpan, startProgress } from '../settling/partition-progress.ts';
import type { PartitionProgress } from '../settling/partition-progress.ts';
import { createRecentEnds } from './recent-ends.ts';
import type { RecentEnds } from './recent-ends.ts';
import { createTallies } from './tallies.ts';
import type { Tallies } from './tallies.ts';

export const lateRules = ['last', 'expire'] as const;
export type LateRule = (typeof lateRules)[number];

/** What a person decides about dispatching. */
export interface DispatchSettings {
  readonly topics: Topics;
  readonly defaults: ChunkDefaults;
  readonly limits: SizeLimits;
  readonly attemptsMax: number;
  readonly plan: PlanSettings;
  /** From sending to the last moment of starting; more than the lane horizon, less than patience. */
  readonly startWithinMs: number;
  /** What becomes of a chunk that waits when its deadline passes: it goes last, or it expires. */
  readonly late: Readonly<Record<Priority, LateRule>>;
  /** Payload bytes held in memory, shared out evenly over intake's partitions. */
  readonly windowBytesMax: number;
  /** How long an identity is known after its outcome. */
  readonly identityWindowMs: number;
}

/** A record of `done` whose chunk is not settled: the progress of `done` must not pass it. */
interface DoneReference {
  readonly chunkKey: string;
  readonly intakePartition: string;
  readonly intakeOffset: number;
  /** A reported failure may be passed once its attempt is committed with intake's progress. */
  readonly isFailure: boolean;
}

export interface DonePartition extends TopicPartition {
  position: number;
  committed: number;
  caughtUpAtMs: number;
  readonly references: Map<number, DoneReference>;
}

interface CommittedProgress {
  readonly offset: number;
  readonly metadata: string;
  /** The very value that was committed, without failed tries; `null` when that is not known. */
  readonly progress: PartitionProgress | null;
}

export interface HeldDone {
  readonly partition: DonePartition;
  readonly offset: number;
  readonly done: Done;
  readonly body: Buffer | null;
  readonly appendedAtMs: number;
}

/**
 * Everything one activation of a dispatcher knows. Built from what is committed and thrown away as a
 * whole when the term ends: nothing of it is worth saving, since Kafka holds it all.
 */
export interface TermState {
  readonly term: ActiveTerm;
  /** Unsettled chunks that were read, by coordinates key. */
  readonly entries: Map<string, Entry>;
  readonly index: EntryIndex;
  /** What one pass leaves to the next. */
  readonly dispatching: { memory: DispatchMemory; order: DispatchPlan['order'] };
  readonly tallies: Tallies;
  readonly recentEnds: RecentEnds;
  /** Progress of intake by partition key. */
  readonly progress: Map<string, PartitionProgress>;
  /** What was last committed for each intake partition, to tell whether there is news. */
  readonly committed: Map<string, CommittedProgress>;
  /** Failed tries that are committed, by coordinates key: only then may the next try be sent. */
  readonly publishedAttempts: Map<string, ReadonlySet<string>>;
  readonly done: Map<string, DonePartition>;
  /** Words about chunks that are not read yet, by coordinates key. */
  readonly heldDone: Map<string, readonly HeldDone[]>;
  /** Identities that this term accepted and has not settled: the outcome topics do not know them. */
  readonly accepted: KnownIdentities;
  /** Outcomes that belong to no entry, such as ranges lost to retention. */
  readonly looseOutcomes: OutgoingRecord[];
  readonly pausedPartitions: Set<string>;
  /** Payload bytes in memory by intake partition key. */
  readonly heldBytes: Map<string, number>;
}

export function createTermState(
  term: ActiveTerm,
  options: {
    readonly topics: Topics;
    readonly lengths: MediaLengths;
    readonly nowMs: number;
  },
): TermState | KafkaPortError {
  const { topics, lengths, nowMs } = options;
  const state: TermState = {
    term,
    entries: new Map(),
    dispatching: { memory: emptyDispatchMemory(), order: 'earliest-deadline' },
    tallies: createTallies(),
    recentEnds: createRecentEnds(),
    index: createEntryIndex({ lengths, mayBeTried: (entry) => mayBeTried(state, entry) }),
    progress: new Map(),
    committed: new Map(),
    publishedAttempts: new Map(),
    done: new Map(),
    heldDone: new Map(),
    accepted: createKnownIdentities(),
    looseOutcomes: [],
    pausedPartitions: new Set(),
    heldBytes: new Map(),
  };
  for (const { topic, partition, offset, metadata } of term.committed) {
    const key = partitionKey({ topic, partition });
    if (topic === topics.done) {
      const caughtUpAtMs = offset >= (term.reportEnds.get(key) ?? 0) ? nowMs : -Infinity;
      const positions = { position: offset, committed: offset, caughtUpAtMs };
      state.done.set(key, { topic, partition, ...positions, references: new Map() });
      continue;
    }
    const progress = decodeProgress(offset, metadata);
    if (progress === null) {
      return new KafkaPortError(
        'progress-lost',
        `the committed progress of ${topic}/${partition} at offset ${offset} carries metadata that Spillway did not write: ${JSON.stringify(metadata.slice(0, 60))}; another program commits in this group: stop it, or set the offset by hand and accept that chunks settled out of order are done again`,
      );
    }
    state.progress.set(key, startProgress({ topic, partition }, progress));
    state.committed.set(key, { offset, metadata, progress: null });
    const priority = priorityOfIntake(topics, topic);
    for (const [failedOffset, keys] of priority === null ? [] : progress.failedAttempts) {
      const chunkKey = coordinatesKey({
        priority: priority ?? 'bulk',
        partition,
        offset: failedOffset,
      });
      state.publishedAttempts.set(chunkKey, new Set(keys));
    }
  }
  return state;
}

export function priorityOfIntake(topics: Topics, topic: string): Priority | null {
  return priorities.find((priority) => topics.intake(priority) === topic) ?? null;
}

export function intakePartitionOf(topics: Topics, coordinates: Coordinates): TopicPartition {
  return { topic: topics.intake(coordinates.priority), partition: coordinates.partition };
}

/** Monotonic time up to which all of `done` was read. */
export function doneCaughtUpAtMs(state: TermState): number {
  return Math.min(...[...state.done.values()].map((partition) => partition.caughtUpAtMs));
}

/** Whether `done` was read to the end that it had when the term began. */
export function hasReadDone(state: TermState): boolean {
  return [...state.done].every(
    ([key, { position }]) => position >= (state.term.reportEnds.get(key) ?? 0),
  );
}

/**
 * A raised count of failed tries is committed before the next try, or a poison chunk could kill
 * workers for ever while dispatchers die; and only what the progress can record may be worked on.
 */
function mayBeTried(state: TermState, entry: Entry): boolean {
  const published = state.publishedAttempts.get(coordinatesKey(entry.coordinates));
  for (const key of entry.failedTries.keys()) {
    if (published?.has(key) !== true) return false;
  }
  const progress = state.progress.get(partitionKey(entry.record));
  return progress !== undefined && isWithinSpan(progress, entry.coordinates.offset);
}

/** Forgets words about offsets below the position that turned out to hold no chunk. */
export function dropHeldBelow(state: TermState, topics: Topics, read: TopicPartition): void {
  const key = partitionKey(read);
  const position = state.progress.get(key)?.position ?? 0;
  for (const [chunkKey, words] of state.heldDone) {
    for (const { partition, offset, done } of words) {
      const { coordinates } = done.assignment;
      const isThere = partitionKey(intakePartitionOf(topics, coordinates)) === key;
      if (!isThere || coordinates.offset >= position) continue;
      partition.references.delete(offset);
      state.heldDone.delete(chunkKey);
    }
  }
}

/** Whether something that this term sent lies in a lane, as far as is known. */
export function hasUntaken(state: TermState): boolean {
  for (const { liveTries } of state.index.inFlight()) {
    for (const { worker } of liveTries.values()) if (worker === null) return true;
  }
  return false;
}

/** Notes payload bytes of a partition that came into memory, or, negative, that left it. */
export function holdBytes(state: TermState, partition: TopicPartition, bytes: number): void {
  const key = partitionKey(partition);
  state.heldBytes.set(key, (state.heldBytes.get(key) ?? 0) + bytes);
}
