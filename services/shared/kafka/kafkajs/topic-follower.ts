import { partitionKey } from '../ports.ts';
import type { FollowOptions, TopicFollower, TopicPartition } from '../ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import type { FetchPosition } from './fetch-request.ts';
import { logOffsets } from './offsets.ts';
import { PartitionReader } from './partition-reader.ts';

/** How often the follower looks for partitions that were added. */
const growthCheckMs = 30_000;

export class KafkajsTopicFollower implements TopicFollower {
  readonly #link: ClusterLink;
  #topics: readonly string[] = [];
  #reader: PartitionReader | null = null;

  /** The follower owns its link. */
  constructor(link: ClusterLink) {
    this.#link = link;
  }

  async start({ topics, from, onBatch, onFatal }: FollowOptions): Promise<void> {
    this.#topics = topics;
    await this.#link.know(topics);
    const { limits, log } = this.#link.setting;
    const reader = new PartitionReader(this.#link, {
      onBatch,
      // Below the start: retention took it. Beyond the end: a new topic of that name, read whole.
      onOutOfRange: ({ logStart }) => logStart,
      onFailed: (error, partitions) => {
        log('error', 'kafka-follower-stopped', {
          message: `These partitions are not followed any more: ${error.message}`,
          partitions: partitions.map(partitionKey),
          error,
        });
        onFatal(error);
      },
      budgetBytes: () => limits.fetchBytes,
    });
    this.#reader = reader;
    reader.add(await this.#positions(this.#partitions(), from));
    void this.#followGrowth(reader);
  }

  readableEnds(): Promise<ReadonlyMap<string, number>> {
    return logOffsets(this.#link, this.#partitions(), 'end');
  }

  async stop(): Promise<void> {
    this.#reader?.stop();
    await this.#link.close('at-once');
  }

  #partitions(): readonly TopicPartition[] {
    return this.#link.partitionsOf(this.#topics);
  }

  async #positions(
    partitions: readonly TopicPartition[],
    from: FollowOptions['from'],
  ): Promise<readonly FetchPosition[]> {
    const offsets = await this.#offsets(partitions, from);
    return partitions.map((partition) => ({
      ...partition,
      offset: offsets.get(partitionKey(partition)) ?? 0,
    }));
  }

  async #offsets(
    partitions: readonly TopicPartition[],
    from: FollowOptions['from'],
  ): Promise<ReadonlyMap<string, number>> {
    if (from === 'beginning') return logOffsets(this.#link, partitions, 'start');
    const ends = await logOffsets(this.#link, partitions, 'end');
    if (from === 'end') return ends;
    // A partition with nothing so young has no such offset.
    const since = await logOffsets(this.#link, partitions, from);
    return new Map([...ends].map(([key, end]) => [key, since.get(key) ?? end]));
  }

  async #followGrowth(reader: PartitionReader): Promise<void> {
    const { signal, clock, setting } = this.#link;
    const known = new Set(this.#partitions().map(partitionKey));
    for (;;) {
      await clock.sleepMs(growthCheckMs, signal);
      if (signal.aborted) return;
      try {
        await this.#link.refresh();
        const added = this.#partitions().filter((partition) => !known.has(partitionKey(partition)));
        if (added.length === 0) continue;
        // Whatever is there came after we began to follow the topic.
        reader.add(await this.#positions(added, 'beginning'));
        for (const partition of added) known.add(partitionKey(partition));
      } catch (error) {
        setting.log('debug', 'kafka-growth-unknown', { error });
      }
    }
  }
}
