import { coordinatesKey } from '../shared/chunk/coordinates.ts';
import type { Coordinates } from '../shared/chunk/coordinates.ts';
import type { Done } from '../shared/chunk/done-record.ts';
import type { ChunkDefaults } from '../shared/chunk/envelope.ts';
import type { SizeLimits } from '../shared/chunk/limits.ts';
import { decodeProgress } from '../shared/chunk/progress.ts';
import type { Topics } from '../shared/chunk/topics.ts';
import { priorities } from '../shared/chunk/words.ts';
import type { Priority } from '../shared/chunk/words.ts';
import { KafkaPortError, partitionKey } from '../shared/kafka/ports.ts';
import type { ActiveTerm, OutgoingRecord, TopicPartition } from '../shared/kafka/ports.ts';
import { createKnownIdentities } from './known-identities.ts';
import type { KnownIdentities } from './known-identities.ts';
import { startProgress } from './partition-progress.ts';
import type { PartitionProgress } from './partition-progress.ts';
import type { Entry } from './entry.ts';

/** What a person decides about dispatching. */
export interface DispatchSettings {
  readonly topics: Topics;
  readonly defaults: ChunkDefaults;
  readonly limits: SizeLimits;
  readonly attemptsMax: number;
  /** How far ahead of its start a chunk may lie in a lane. */
  readonly laneHorizonMs: number;
  /** From sending to the last moment of starting; more than the horizon, less than patience. */
  readonly startWithinMs: number;
  /** How long another worker is preferred over one that failed on the chunk. */
  readonly otherWorkerWaitMs: number;
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
  /** Entries with a live try, and some that had one: whoever walks through drops those. */
  readonly inFlight: Set<Entry>;
  /** Progress of intake by partition key. */
  readonly progress: Map<string, PartitionProgress>;
  /** What was last committed for each intake partition, to tell whether there is news. */
  readonly committed: Map<string, { readonly offset: number; readonly metadata: string }>;
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
  topics: Topics,
  nowMs: number,
): TermState | KafkaPortError {
  const state: TermState = {
    term,
    entries: new Map(),
    inFlight: new Set(),
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
    state.committed.set(key, { offset, metadata });
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

/** Entries that somebody has, in a lane or in hand. */
export function entriesInFlight(state: TermState): readonly Entry[] {
  for (const entry of state.inFlight) {
    if (entry.liveTries.size === 0 || entry.ending !== null) state.inFlight.delete(entry);
  }
  return [...state.inFlight];
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
  return entriesInFlight(state).some(({ liveTries }) =>
    [...liveTries.values()].some(({ worker }) => worker === null),
  );
}

/** Notes payload bytes of a partition that came into memory, or, negative, that left it. */
export function holdBytes(state: TermState, partition: TopicPartition, bytes: number): void {
  const key = partitionKey(partition);
  state.heldBytes.set(key, (state.heldBytes.get(key) ?? 0) + bytes);
}
