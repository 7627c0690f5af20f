import { partitionLag } from '../partition-lag.ts';
import { partitionKey } from '../ports.ts';
import type { LagReader, PartitionLag } from '../ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import { committedOffsets, logOffsets } from './offsets.ts';

export class KafkajsLagReader implements LagReader {
  readonly #link: ClusterLink;

  /** The reader owns its link. */
  constructor(link: ClusterLink) {
    this.#link = link;
  }

  async read(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]> {
    await this.#link.know(topics);
    const partitions = this.#link.partitionsOf(topics);
    // One after the other: an end that was read before the progress could lie below it.
    const committed = await committedOffsets(this.#link, group, partitions);
    const [starts, ends] = await Promise.all([
      logOffsets(this.#link, partitions, 'start'),
      logOffsets(this.#link, partitions, 'end'),
    ]);
    return partitions.map(({ topic, partition }) => {
      const key = partitionKey({ topic, partition });
      return partitionLag({
        topic,
        partition,
        logStart: starts.get(key) ?? 0,
        logEnd: ends.get(key) ?? 0,
        committed: committed.get(key) ?? null,
      });
    });
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}
