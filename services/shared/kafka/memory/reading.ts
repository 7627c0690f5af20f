import { partitionKey } from '../ports.ts';
import type { ReadBatch, TopicPartition } from '../ports.ts';
import type { MemoryProcess } from './process.ts';

/** An empty answer of a broker comes at least this often. */
const idleMs = 500;

/** Bytes in one batch; one record may be larger. */
const batchBytesMax = 1_048_576;

export interface ReadingOptions {
  readonly positions: readonly (TopicPartition & { readonly offset: number })[];
  readonly onBatch: (batch: ReadBatch) => void;
  /** Retention took what was to be read next. */
  readonly onGap: (gap: TopicPartition & { readonly from: number; readonly until: number }) => void;
}

interface Position extends TopicPartition {
  offset: number;
  isPaused: boolean;
}

/** Reads partitions on and on, in order of their numbers, until it is stopped. */
export class Reading {
  readonly #process: MemoryProcess;
  readonly #options: ReadingOptions;
  readonly #positions: ReadonlyMap<string, Position>;
  readonly #unwatch: readonly (() => void)[];
  #cancelIdle: () => void = () => undefined;
  #isStopped = false;
  #isScheduled = false;
  /** Whether each partition owes an answer, even if it is an empty one. */
  #owesAnswers = true;

  constructor(process: MemoryProcess, options: ReadingOptions) {
    this.#process = process;
    this.#options = options;
    this.#positions = new Map(
      options.positions.map((start) => [partitionKey(start), { ...start, isPaused: false }]),
    );
    const topics = [...new Set(options.positions.map(({ topic }) => topic))];
    const wake = (): void => this.#schedule();
    this.#unwatch = [process.cluster.topics.watch(topics, wake), process.link.watch(wake)];
    this.#answerWhenIdle();
    this.#schedule();
  }

  pause(partition: TopicPartition, isPaused: boolean): void {
    const position = this.#positions.get(partitionKey(partition));
    if (position === undefined) return;
    position.isPaused = isPaused;
    if (!isPaused) this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelIdle();
    for (const unwatch of this.#unwatch) unwatch();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#readAll();
    });
  }

  #answerWhenIdle(): void {
    this.#cancelIdle = this.#process.cluster.clock.after(idleMs, () => {
      this.#owesAnswers = true;
      this.#readAll();
      if (!this.#isStopped) this.#answerWhenIdle();
    });
  }

  #readAll(): void {
    if (!this.#process.link.isUp()) return;
    const owesAnswers = this.#owesAnswers;
    this.#owesAnswers = false;
    for (const position of this.#positions.values()) {
      if (this.#isStopped || !this.#process.link.isUp()) return;
      if (!position.isPaused) this.#readOne(position, owesAnswers);
    }
  }

  #readOne(position: Position, owesAnswer: boolean): void {
    const { topic, partition } = position;
    const log = this.#process.cluster.topics.log(position);
    if (position.offset < log.start) {
      const from = position.offset;
      position.offset = log.start;
      this.#options.onGap({ topic, partition, from, until: log.start });
      if (this.#isStopped) return;
    }
    const fromOffset = position.offset;
    const { records, nextOffset, caughtUp } = log.read(fromOffset, batchBytesMax);
    if (nextOffset === fromOffset && !owesAnswer) return;
    position.offset = nextOffset;
    if (!caughtUp) this.#schedule();
    const askedAtMs = this.#process.cluster.clock.monotonicMs();
    this.#options.onBatch({
      topic,
      partition,
      records,
      nextOffset,
      fromOffset,
      caughtUp,
      askedAtMs,
    });
  }
}
