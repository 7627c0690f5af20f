import { KafkaPortError } from '../ports.ts';
import type { TopicAdmin, TopicReport, TopicSettings } from '../ports.ts';
import type { MemoryProcess } from './process.ts';

export class MemoryTopicAdmin implements TopicAdmin {
  readonly #process: MemoryProcess;

  constructor(process: MemoryProcess) {
    this.#process = process;
  }

  async ensure(topics: readonly TopicSettings[]): Promise<readonly TopicReport[]> {
    await this.#process.link.reach();
    return topics.map((settings) => this.#process.cluster.topics.ensure(settings));
  }

  async ensureGroupOffsets(group: string, topics: readonly string[]): Promise<number> {
    const { cluster, link } = this.#process;
    await link.reach();
    const coordinator = cluster.group(group);
    const missing = topics
      .flatMap((topic) => cluster.topics.logs(topic))
      .filter((log) => coordinator.committed(log) === null);
    if (missing.length > 0 && coordinator.size > 0) {
      throw new KafkaPortError(
        'unexpected',
        `Group ${group} has ${coordinator.size} members; stop them before the first offsets of ${missing.length} partitions can be committed.`,
      );
    }
    for (const { topic, partition, start } of missing) {
      coordinator.commit([{ topic, partition, offset: start, metadata: '' }]);
    }
    return missing.length;
  }

  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    await this.#process.link.reach();
    const known = this.#process.cluster.topics;
    return new Map(topics.map((topic) => [topic, known.partitionCount(topic)]));
  }

  async retentionMs(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    await this.#process.link.reach();
    const known = this.#process.cluster.topics;
    return new Map(topics.map((topic) => [topic, known.retentionMs(topic)]));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
