import { partitionKey } from '../ports.ts';
import type { FollowOptions, TopicFollower } from '../ports.ts';
import type { PartitionLog } from './partition-log.ts';
import type { MemoryProcess } from './process.ts';
import { Reading } from './reading.ts';

export class MemoryTopicFollower implements TopicFollower {
  readonly #process: MemoryProcess;
  #reading: Reading | null = null;
  #logs: readonly PartitionLog[] = [];
  #isStopped = false;

  constructor(process: MemoryProcess) {
    this.#process = process;
  }

  async start(options: FollowOptions): Promise<void> {
    await this.#process.link.reach();
    if (this.#isStopped) return;
    const { topics } = this.#process.cluster;
    this.#logs = options.topics.flatMap((topic) => topics.logs(topic));
    this.#reading = new Reading(this.#process, {
      positions: this.#logs.map((log) => ({
        topic: log.topic,
        partition: log.partition,
        offset: firstOffset(log, options.from),
      })),
      onBatch: options.onBatch,
      onGap: () => undefined,
    });
  }

  async readableEnds(): Promise<ReadonlyMap<string, number>> {
    await this.#process.link.reach();
    return new Map(this.#logs.map((log) => [partitionKey(log), log.readableEnd]));
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#reading?.stop();
    return Promise.resolve();
  }
}

function firstOffset(log: PartitionLog, from: FollowOptions['from']): number {
  if (from === 'beginning') return log.start;
  return from === 'end' ? log.readableEnd : log.offsetSince(from.sinceMs);
}
