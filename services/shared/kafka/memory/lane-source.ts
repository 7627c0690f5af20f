import { KafkaPortError, laneHandicapMs, partitionKey } from '../ports.ts';
import type {
  LaneHandlers,
  LaneSource,
  LaneSourceOptions,
  ReceivedRecord,
  TopicPartition,
} from '../ports.ts';
import { Membership } from './membership.ts';
import type { MemoryProcess } from './process.ts';

/**
 * Looks into the log whenever it is asked instead of fetching ahead, so nothing fetched can be
 * stale and `aheadBytesMax` always holds.
 */
export class MemoryLaneSource implements LaneSource {
  readonly #process: MemoryProcess;
  readonly #options: LaneSourceOptions;
  #handlers: LaneHandlers | null = null;
  #membership: Membership | null = null;
  #unwatch: () => void = () => undefined;
  #positions = new Map<string, number>();
  #positionsOf = { id: '', generation: 0 };
  #isTaking = false;
  #isScheduled = false;
  #isStopped = false;

  constructor(process: MemoryProcess, options: LaneSourceOptions) {
    this.#process = process;
    this.#options = options;
  }

  async start(handlers: LaneHandlers): Promise<void> {
    const { cluster, link } = this.#process;
    const topics = this.#options.lanes.map(({ topic }) => topic);
    await link.reach();
    if (this.#isStopped) return;
    this.#unwatch = cluster.topics.watch(topics, () => this.#tellChange());
    this.#handlers = handlers;
    this.#membership = new Membership(this.#process, cluster.group(this.#options.group), {
      topics,
      strategy: 'balanced',
      sessionTimeoutMs: this.#options.sessionTimeoutMs,
      onSync: () => this.#look(),
    });
  }

  partitions(): readonly TopicPartition[] {
    return this.#membership?.partitions ?? [];
  }

  hasWaiting(): boolean {
    return this.#next() !== null;
  }

  async take(): Promise<ReceivedRecord | null> {
    if (this.#isTaking) {
      throw new KafkaPortError('unexpected', 'One take must end before the next one begins.');
    }
    const record = this.#next();
    if (record === null) return null;
    this.#isTaking = true;
    try {
      return (await this.#commit(record)) ? record : null;
    } finally {
      this.#isTaking = false;
    }
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#unwatch();
    this.#membership?.stop();
    return Promise.resolve();
  }

  /** Commits behind `record`; false when the group has moved on since it was chosen. */
  async #commit(record: ReceivedRecord): Promise<boolean> {
    const { cluster, link } = this.#process;
    const { id, generation } = this.#positionsOf;
    await link.reach();
    if (this.#isStopped) return false;
    const { topic, partition } = record;
    const offset = { topic, partition, offset: record.offset + 1, metadata: '' };
    const isCommitted = cluster.group(this.#options.group).commitAs(id, generation, offset);
    if (isCommitted) this.#positions.set(partitionKey(record), offset.offset);
    else this.#membership?.sync();
    return isCommitted;
  }

  /** Of the records that stand first in their partitions, the one that is due first. */
  #next(): ReceivedRecord | null {
    let best: { readonly record: ReceivedRecord; readonly dueAtMs: number } | null = null;
    // Lanes are looked at in order of urgency, so that the first of equals is the most urgent.
    for (const { topic, priority } of this.#options.lanes) {
      for (const partition of this.partitions()) {
        if (partition.topic !== topic) continue;
        const position = this.#positions.get(partitionKey(partition)) ?? 0;
        const record = this.#process.cluster.topics.log(partition).read(position, 1).records[0];
        if (record === undefined) continue;
        const dueAtMs = record.timestampMs + laneHandicapMs[priority];
        if (best === null || dueAtMs < best.dueAtMs) best = { record, dueAtMs };
      }
    }
    return best?.record ?? null;
  }

  #look(): void {
    const { id, generation } = this.#membership ?? { id: null, generation: 0 };
    const isSame = this.#positionsOf.id === id && this.#positionsOf.generation === generation;
    if (id === null || isSame || this.#isStopped) return;
    this.#positionsOf = { id, generation };
    const group = this.#process.cluster.group(this.#options.group);
    this.#positions = new Map(
      this.partitions().map((owned) => [partitionKey(owned), group.committed(owned)?.offset ?? 0]),
    );
    this.#tellChange();
  }

  #tellChange(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (!this.#isStopped && this.#process.link.isUp()) this.#handlers?.onChange();
    });
  }
}
