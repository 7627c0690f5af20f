import { KafkaPortError } from '../ports.ts';
import type { ActiveTerm, CommittedOffset, TopicPartition } from '../ports.ts';
import { kafkaError } from './errors.ts';
import type { TransactionalProducer } from './transactional-producer.ts';

export interface LiveTermParts {
  readonly term: string;
  readonly group: string;
  readonly committed: readonly CommittedOffset[];
  readonly reportEnds: ReadonlyMap<string, number>;
  readonly producer: TransactionalProducer;
  /** Whether the group confirmed our membership a short while ago. */
  readonly isMemberFresh: () => boolean;
  readonly pause: (partition: TopicPartition) => void;
  readonly resume: (partition: TopicPartition) => void;
}

/** One activation: from a producer that fenced its predecessors to its first error, or its end. */
export class LiveTerm implements ActiveTerm {
  readonly term: string;
  readonly committed: readonly CommittedOffset[];
  readonly reportEnds: ReadonlyMap<string, number>;
  /** Resolves when the term is over, with the error of `settle` that ended it, if one did. */
  readonly ended: Promise<KafkaPortError | null>;
  readonly #parts: LiveTermParts;
  #resolveEnded: (error: KafkaPortError | null) => void = () => undefined;
  #isOver = false;
  #settling: Promise<void> | null = null;

  constructor(parts: LiveTermParts) {
    this.#parts = parts;
    this.term = parts.term;
    this.committed = parts.committed;
    this.reportEnds = parts.reportEnds;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  async settle(step: Parameters<ActiveTerm['settle']>[0]): Promise<void> {
    if (this.#isOver) {
      throw new KafkaPortError('ownership-lost', `settling failed: term ${this.term} is over`);
    }
    if (this.#settling !== null) {
      throw new KafkaPortError('unexpected', 'settling failed: another settle is under way');
    }
    if (step.outcomes.length === 0 && step.offsets.length === 0) return;
    const { producer, group } = this.#parts;
    const { outcomes: records, offsets } = step;
    this.#settling = producer.commit({ group, records, offsets });
    try {
      await this.#settling;
    } catch (cause) {
      const error = kafkaError(cause, 'settling');
      this.end(error);
      throw error;
    } finally {
      this.#settling = null;
    }
  }

  /** Resolves when no settle is under way. */
  async settled(): Promise<void> {
    await this.#settling?.catch(() => undefined);
  }

  isOwnershipFresh(): boolean {
    return !this.#isOver && this.#parts.isMemberFresh();
  }

  pause(partition: TopicPartition): void {
    if (!this.#isOver) this.#parts.pause(partition);
  }

  resume(partition: TopicPartition): void {
    if (!this.#isOver) this.#parts.resume(partition);
  }

  end(error: KafkaPortError | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (error !== null) void this.#parts.producer.abandon();
    this.#resolveEnded(error);
  }
}
