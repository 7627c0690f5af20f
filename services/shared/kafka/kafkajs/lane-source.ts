import { KafkaPortError, partitionKey } from '../ports.ts';
import type {
  LaneHandlers,
  LaneSource,
  LaneSourceOptions,
  ReceivedRecord,
  TopicPartition,
} from '../ports.ts';
import { AheadBuffer } from './ahead-buffer.ts';
import { assignBalanced } from './assignment.ts';
import type { ClusterLink } from './cluster-link.ts';
import { kafkaError } from './errors.ts';
import type { FetchPosition } from './fetch-request.ts';
import { GroupMember } from './group-member.ts';
import type { Membership } from './group-member.ts';
import { committedOffsets, logOffsets } from './offsets.ts';
import { PartitionReader } from './partition-reader.ts';
import { BackOff } from './retry.ts';

/** Two ways to the cluster: commits and heartbeats must not wait behind a long poll. */
export interface LaneLinks {
  readonly group: ClusterLink;
  readonly reading: ClusterLink;
}

/**
 * A worker's share of its lanes. Reading goes on while records wait to be taken, up to a limit in
 * bytes. With every join all that was fetched and not taken is forgotten and read again from what
 * the group has committed, since anyone may have taken it meanwhile.
 */
export class KafkajsLaneSource implements LaneSource {
  readonly #links: LaneLinks;
  readonly #options: LaneSourceOptions;
  readonly #member: GroupMember;
  readonly #reader: PartitionReader;
  readonly #ahead: AheadBuffer;
  #handlers: LaneHandlers | null = null;
  #joining = new AbortController();
  #isTaking = false;
  #stopping: Promise<void> | null = null;

  /** The source owns its links. */
  constructor(links: LaneLinks, options: LaneSourceOptions) {
    this.#links = links;
    this.#options = options;
    this.#ahead = new AheadBuffer(options.lanes);
    this.#member = new GroupMember(
      links.group,
      {
        group: options.group,
        topics: this.#topics,
        protocol: 'spillway-lanes',
        assign: assignBalanced,
        sessionTimeoutMs: options.sessionTimeoutMs,
        followsGrowth: true,
      },
      {
        onJoined: (membership) => this.#onJoined(membership),
        onLost: () => this.#forget(),
        onFatal: (error) => this.#handlers?.onFatal(error),
      },
    );
    this.#reader = new PartitionReader(links.reading, {
      onBatch: (batch) => {
        if (this.#ahead.add(batch)) this.#handlers?.onChange();
      },
      // Below the start: retention took it. Beyond the end: a new topic of that name.
      onOutOfRange: ({ logStart }) => logStart,
      onFailed: (error) => this.#handlers?.onFatal(error),
      budgetBytes: () => options.aheadBytesMax - this.#ahead.bytes,
    });
  }

  async start(handlers: LaneHandlers): Promise<void> {
    this.#handlers = handlers;
    const { group, reading } = this.#links;
    await Promise.all([group, reading].map((link) => link.know(this.#topics)));
    if (this.#stopping === null) this.#member.start();
  }

  partitions(): readonly TopicPartition[] {
    return this.#member.membership?.partitions ?? [];
  }

  hasWaiting(): boolean {
    return this.#ahead.first() !== null;
  }

  async take(): Promise<ReceivedRecord | null> {
    if (this.#isTaking) throw new KafkaPortError('unexpected', 'another take is under way');
    const membership = this.#member.membership;
    const first = this.#ahead.first();
    if (membership === null || first === null) return null;
    this.#isTaking = true;
    const { record, behind } = first;
    const { topic, partition } = record;
    try {
      await this.#member.commit(membership, [{ topic, partition, offset: behind, metadata: '' }]);
    } catch (error) {
      // After another error the record stays: committing the same once more does no harm.
      if (kafkaError(error, 'taking a record').code !== 'ownership-lost') throw error;
      return null;
    } finally {
      this.#isTaking = false;
    }
    // Acknowledged in the generation in which it was read, so it is ours even if the group has
    // shared out anew since then and the buffer forgot it: whoever reads on begins behind it.
    this.#ahead.remove(first);
    this.#reader.look();
    return record;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  get #topics(): readonly string[] {
    return this.#options.lanes.map(({ topic }) => topic);
  }

  async #stop(): Promise<void> {
    this.#handlers = null;
    this.#reader.stop();
    this.#forget();
    await this.#member.leave();
    await Promise.all([this.#links.group.close(), this.#links.reading.close('at-once')]);
  }

  #onJoined(membership: Membership): void {
    this.#forget();
    void this.#beginReading(membership, this.#joining.signal);
  }

  #forget(): void {
    this.#joining.abort();
    this.#joining = new AbortController();
    this.#ahead.clear();
    this.#reader.assign([]);
    this.#handlers?.onChange();
  }

  async #beginReading({ partitions }: Membership, joining: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#links.reading.setting;
    const backOff = new BackOff({ firstPauseMs: 50, pauseMsMax: 1_000 });
    while (!joining.aborted) {
      try {
        const positions = await this.#positions(partitions);
        if (joining.aborted) return;
        this.#reader.assign(positions);
        this.#handlers?.onChange();
        return;
      } catch (cause) {
        if (joining.aborted) return;
        const error = kafkaError(cause, 'beginning to read lanes');
        if (!error.retriable) {
          this.#handlers?.onFatal(error);
          return;
        }
        log('warn', 'kafka-lanes-stalled', { error });
        await clock.sleepMs(backOff.next(random), joining);
      }
    }
  }

  /** A lane that nobody committed is read from its start: the dispatcher expects it to be emptied. */
  async #positions(partitions: readonly TopicPartition[]): Promise<readonly FetchPosition[]> {
    const { group: link } = this.#links;
    const committed = await committedOffsets(link, this.#options.group, partitions);
    const unknown = partitions.filter((partition) => !committed.has(partitionKey(partition)));
    const starts = unknown.length === 0 ? new Map() : await logOffsets(link, unknown, 'start');
    return partitions.map((partition) => {
      const key = partitionKey(partition);
      return { ...partition, offset: committed.get(key)?.offset ?? starts.get(key) ?? 0 };
    });
  }
}
