import type { Priority } from '../chunk/words.ts';

/**
 * What Spillway asks of Kafka, in its own words. The real adapter lives in `kafkajs/`, the twin in
 * `memory/`; both pass `test/contract/kafka`. Offsets are exact integers, "never committed" is
 * `null`, and every call ends: with its answer, or with a `KafkaPortError` after bounded retries.
 */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Names and raw values as they stood on the wire; one name may occur several times. */
export type RecordHeaders = readonly (readonly [name: string, value: Buffer])[];

export interface ReceivedRecord extends TopicPartition {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** Append time where the topic has LogAppendTime, else the producer's. */
  readonly timestampMs: number;
}

export interface OutgoingRecord {
  readonly topic: string;
  /** Left out: by hash of the key, or spread when there is no key. */
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

export type KafkaErrorCode =
  /** Brokers cannot be reached or do not answer in time; worth another try later. */
  | 'unreachable'
  /** Another producer with our transactional id took over: this process is no longer the active one. */
  | 'fenced'
  /** The group gave the partition, or the membership, to someone else. */
  | 'ownership-lost'
  | 'topic-missing'
  | 'record-too-large'
  /** Credentials or access lists refuse us: an operator must act. */
  | 'unauthorized'
  /** Committed progress is absent or unreadable where it must exist. */
  | 'progress-lost'
  /** Anything else; not retriable. */
  | 'unexpected';

export class KafkaPortError extends Error {
  readonly code: KafkaErrorCode;
  readonly retriable: boolean;
  constructor(code: KafkaErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'KafkaPortError';
    this.code = code;
    this.retriable = code === 'unreachable';
  }
}

/** Appended records in the order they were given. */
export interface AppendedRecord extends TopicPartition {
  readonly offset: number;
  /** Broker time where the topic has LogAppendTime, else `null`. */
  readonly appendedAtMs: number | null;
}

export interface RecordSink {
  /**
   * Appends all, acknowledged by all in-sync replicas, never twice for one call (idempotent
   * producer). Records for one partition keep their order.
   */
  send(records: readonly OutgoingRecord[]): Promise<readonly AppendedRecord[]>;
  close(): Promise<void>;
}

/** A piece of a partition as read, `read_committed`: aborted records and markers are left out. */
export interface ReadBatch extends TopicPartition {
  readonly records: readonly ReceivedRecord[];
  /** Offset after everything this fetch covered, markers and aborted records included. */
  readonly nextOffset: number;
  /** The first offset of the fetch; `fromOffset..nextOffset` minus the records' offsets holds nothing to do. */
  readonly fromOffset: number;
  /** Whether `nextOffset` was the readable end when the broker answered. */
  readonly caughtUp: boolean;
  /** Monotonic time at which the fetch was sent: what was readable then is in or before this batch. */
  readonly askedAtMs: number;
}

export interface FollowOptions {
  readonly topics: readonly string[];
  /** `sinceMs`: from the first record appended at or after this epoch time. */
  readonly from: 'beginning' | 'end' | { readonly sinceMs: number };
  readonly onBatch: (batch: ReadBatch) => void;
  /** Some partition cannot be read any more, for good: who follows it knows nothing from here on. */
  readonly onFatal: (error: KafkaPortError) => void;
}

/** Follows whole topics without a group, in every process that wants to know them. */
export interface TopicFollower {
  /**
   * Reads all partitions from `from` on and calls `onBatch` for each answer, empty ones included
   * (at least every second while the broker answers: that is how a reader knows it is caught up).
   * Resolves when the first positions are known. What retention took away is skipped.
   */
  start(options: FollowOptions): Promise<void>;
  /** Readable ends (last stable offsets) of all followed partitions as of this call. */
  readableEnds(): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}

/** `topic/partition`, the key of maps over partitions. */
export const partitionKey = ({ topic, partition }: TopicPartition): string =>
  `${topic}/${partition}`;

/** One committed offset with its metadata. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly metadata: string;
}

/** What the one active member may do; dead after any error of `settle` and after `onInactive`. */
export interface ActiveTerm {
  /** Random name of this activation: lower-case letters and digits, new each time. */
  readonly term: string;
  /**
   * Committed offsets of all partitions of the role's topics, read after the producer was connected,
   * so that no unfinished transaction of a predecessor can hide behind them.
   */
  readonly committed: readonly CommittedOffset[];
  /** Readable end of each partition of the report topic when the term began, by `partitionKey`. */
  readonly reportEnds: ReadonlyMap<string, number>;
  /**
   * One transaction: outcomes and progress become visible together or not at all. Opened only here,
   * with everything at hand. Not concurrent. With neither outcomes nor offsets it does nothing.
   * @throws KafkaPortError; after any error the term is dead: the adapter discards the producer and,
   *   once a group heartbeat has confirmed ownership, calls `onActive` with a fresh term; without
   *   ownership it calls `onInactive`.
   */
  settle(step: {
    readonly outcomes: readonly OutgoingRecord[];
    readonly offsets: readonly CommittedOffset[];
  }): Promise<void>;
  /**
   * Whether the last confirmed group heartbeat is younger than the session time-out less 500 ms: an
   * active member must not act outside of its transactions (send lane records, say) without it.
   */
  isOwnershipFresh(): boolean;
  /** Stops or resumes reading one partition; reading stops within one fetch. */
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
}

export interface RoleHandlers {
  /**
   * This process is the active one. Batches of this term follow, from the committed offsets on,
   * until `onInactive` or the next `onActive`; none of an older term do.
   */
  onActive(term: ActiveTerm): void;
  onBatch(term: ActiveTerm, batch: ReadBatch): void;
  onInactive(): void;
  /**
   * A work topic was cut off below the log's start before it was settled: offsets `from` up to, not
   * including, `until` are gone. Reading goes on at `until`.
   */
  onLost(term: ActiveTerm, lost: TopicPartition & { from: number; until: number }): void;
  /** The source cannot go on (e.g. `progress-lost`, `unauthorized`): the process must exit. */
  onFatal(error: KafkaPortError): void;
}

/**
 * A role that one process has at a time, while the others stand by: the dispatcher's over intake and
 * `done`, the leading scaler's over the directive.
 */
export interface RoleSource {
  start(handlers: RoleHandlers): Promise<void>;
  /** Leaves the group, so that a stand-by takes over at once. Idempotent. */
  stop(): Promise<void>;
}

export interface LaneHandlers {
  /** There is something to take, or the partitions changed: look again. Level-triggered, may repeat. */
  onChange(): void;
  onFatal(error: KafkaPortError): void;
}

/**
 * Lanes are taken from by append time, later ones pretended for what can wait: `live` overtakes
 * `bulk` that came shortly before it, but not what has waited longer, or a chunk of `bulk` that was
 * given its share of a busy worker would be overtaken until its start-by has passed.
 */
export const laneHandicapMs: Readonly<Record<Priority, number>> = {
  live: 0,
  standard: 500,
  bulk: 1000,
};

/** A worker's side of its three lanes. Fetches ahead, bounded in bytes; commits on taking. */
export interface LaneSource {
  start(handlers: LaneHandlers): Promise<void>;
  /** Partitions owned right now. */
  partitions(): readonly TopicPartition[];
  /** Whether something fetched waits to be taken. */
  hasWaiting(): boolean;
  /**
   * Takes the next fetched record, which is the one with the smallest append time plus
   * `laneHandicapMs`, of those that stand first in their partitions, and of equal ones the more
   * urgent: commits the offset behind it and returns it only when the broker acknowledged the commit
   * within the same group generation. `null` when nothing waits or ownership changed meanwhile: on
   * each join the source forgets what it fetched and did not commit. Not concurrent.
   */
  take(): Promise<ReceivedRecord | null>;
  /** Leaves the group; what was fetched and not taken moves to other members. Idempotent. */
  stop(): Promise<void>;
}

/** What one partition still holds for one group. */
export interface PartitionLag extends TopicPartition {
  readonly logStart: number;
  /** Readable end: the last stable offset. */
  readonly logEnd: number;
  /** `null`: the group never committed here. */
  readonly committed: number | null;
  /** Offsets at or above `committed` that are settled already, from the offset's metadata. */
  readonly settledAbove: number;
  /** Unsettled offsets that retention has deleted: an alarm. */
  readonly lost: number;
  /** Unsettled offsets that are still there; 0 or more. */
  readonly lag: number;
}

export interface LagReader {
  /** Committed first, ends second, so that a lag is never negative by a race. */
  read(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]>;
  close(): Promise<void>;
}

export interface TopicSettings {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  /** Topic configuration by Kafka's own names. */
  readonly config: Readonly<Record<string, string>>;
}

export interface TopicReport {
  readonly topic: string;
  readonly partitions: number;
  /** What was done: `grown` when partitions were added, `changed` when configuration was. */
  readonly action: 'created' | 'grown' | 'changed' | 'unchanged';
  /** Where the topic differs from the settings in a way that is not ours to mend, in words. */
  readonly warnings: readonly string[];
}

export interface TopicAdmin {
  /** Creates what is missing, grows partitions, sets configuration; never shrinks. Idempotent. */
  ensure(topics: readonly TopicSettings[]): Promise<readonly TopicReport[]>;
  /**
   * Commits the log's start for each partition that has no committed offset in `group`, so that a
   * missing offset later means loss. The group must have no members for partitions that are new.
   * Returns how many were set.
   */
  ensureGroupOffsets(group: string, topics: readonly string[]): Promise<number>;
  /** Partition count by topic, `null` where the topic does not exist. */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>>;
  /**
   * How long each topic keeps a record, counted from its timestamp; `null` where it is kept for ever.
   * @throws KafkaPortError `topic-missing`.
   */
  retentionMs(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>>;
  close(): Promise<void>;
}

/** One way to reach a cluster; builds everything else. The process closes what it builds. */
export interface KafkaConnection {
  recordSink(): Promise<RecordSink>;
  topicFollower(): TopicFollower;
  roleSource(options: RoleSourceOptions): RoleSource;
  laneSource(options: LaneSourceOptions): LaneSource;
  lagReader(): Promise<LagReader>;
  topicAdmin(): Promise<TopicAdmin>;
}

export interface RoleSourceOptions {
  readonly group: string;
  readonly transactionalId: string;
  /** Whose loss to retention is told by `onLost`. */
  readonly workTopics: readonly string[];
  /** Read like the others; its ends are told with each term, and what it loses is no loss. */
  readonly reportTopic: string;
  readonly sessionTimeoutMs: number;
}

export interface LaneSourceOptions {
  readonly group: string;
  /** In order of urgency. */
  readonly lanes: readonly { readonly priority: Priority; readonly topic: string }[];
  readonly sessionTimeoutMs: number;
  /** How many bytes may lie fetched and not taken; one record always may. */
  readonly aheadBytesMax: number;
}
