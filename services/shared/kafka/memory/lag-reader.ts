import { partitionLag } from '../partition-lag.ts';
import type { LagReader, PartitionLag } from '../ports.ts';
import type { MemoryProcess } from './process.ts';

export class MemoryLagReader implements LagReader {
  readonly #process: MemoryProcess;

  constructor(process: MemoryProcess) {
    this.#process = process;
  }

  async read(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]> {
    const { cluster, link } = this.#process;
    await link.reach();
    return topics
      .flatMap((topic) => cluster.topics.logs(topic))
      .map((log) =>
        partitionLag({
          topic: log.topic,
          partition: log.partition,
          logStart: log.start,
          logEnd: log.readableEnd,
          committed: cluster.group(group).committed(log),
        }),
      );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
