import type { Clock } from '../../clock/ports.ts';
import { KafkaPortError } from '../ports.ts';
import type { CommittedOffset, OutgoingRecord, TopicPartition } from '../ports.ts';
import type { Group } from './group.ts';
import type { PartitionLog, Transaction } from './partition-log.ts';
import type { MemoryTopics } from './topics.ts';

interface OpenTransaction {
  readonly transaction: Transaction;
  readonly touched: Set<PartitionLog>;
  readonly offsets: { readonly group: Group; readonly committed: CommittedOffset }[];
  cancelTimeout: () => void;
}

interface TransactionalId {
  epoch: number;
  open: OpenTransaction | null;
}

export interface TransactionStep {
  readonly id: string;
  /** From `connect`; an older one is fenced. */
  readonly epoch: number;
  readonly group: Group;
  readonly outcomes: readonly OutgoingRecord[];
  readonly offsets: readonly CommittedOffset[];
  /** `open` leaves the transaction as a producer does that dies in the middle. */
  readonly end: 'committed' | 'open';
}

/** As the product sets it: an open transaction blocks every reader, so it must not last. */
const transactionTimeoutMs = 10_000;

/** `offset.metadata.max.bytes` of a broker, at its default. */
const metadataBytesMax = 4096;

/** The transaction coordinator: ids with epochs, of which only the newest may write. */
export class Transactions {
  readonly #clock: Clock;
  readonly #topics: MemoryTopics;
  readonly #ids = new Map<string, TransactionalId>();

  constructor(world: { clock: Clock; topics: MemoryTopics }) {
    this.#clock = world.clock;
    this.#topics = world.topics;
  }

  /** Aborts what an earlier holder of the id left open, fences it, and returns the new epoch. */
  connect(id: string): number {
    const state = this.#ids.get(id) ?? { epoch: 0, open: null };
    this.#ids.set(id, state);
    this.#end(state, 'aborted');
    state.epoch += 1;
    return state.epoch;
  }

  /**
   * @throws KafkaPortError `fenced`; `record-too-large`, `topic-missing` or `unexpected` after
   *   aborting, so that what was appended before stays in the log and is never read.
   */
  run(step: TransactionStep): void {
    const state = this.#ids.get(step.id);
    if (state?.epoch !== step.epoch) {
      throw new KafkaPortError(
        'fenced',
        `Transactional id ${step.id} has been taken over by a newer producer.`,
      );
    }
    const open = this.#begin(state);
    try {
      for (const outcome of step.outcomes) {
        const appended = this.#topics.append(outcome, open.transaction);
        open.touched.add(this.#topics.log(appended));
      }
      for (const offset of step.offsets) {
        this.#checkOffset(offset);
        open.offsets.push({ group: step.group, committed: offset });
      }
    } catch (error) {
      this.#end(state, 'aborted');
      throw error;
    }
    if (step.end !== 'open') this.#end(state, step.end);
  }

  /** Ends what the id has open, if anything. */
  end(id: string, end: 'committed' | 'aborted'): void {
    const state = this.#ids.get(id);
    if (state !== undefined) this.#end(state, end);
  }

  #begin(state: TransactionalId): OpenTransaction {
    const open: OpenTransaction = {
      transaction: { state: 'open' },
      touched: new Set(),
      offsets: [],
      cancelTimeout: this.#clock.after(transactionTimeoutMs, () => {
        this.#end(state, 'aborted');
        state.epoch += 1;
      }),
    };
    state.open = open;
    return open;
  }

  #checkOffset({ metadata, ...partition }: CommittedOffset & TopicPartition): void {
    this.#topics.log(partition);
    const bytes = Buffer.byteLength(metadata);
    if (bytes <= metadataBytesMax) return;
    throw new KafkaPortError(
      'unexpected',
      `The offset's metadata has ${bytes} bytes, the broker takes ${metadataBytesMax}.`,
    );
  }

  #end(state: TransactionalId, end: 'committed' | 'aborted'): void {
    const { open } = state;
    if (open === null) return;
    state.open = null;
    open.cancelTimeout();
    open.transaction.state = end;
    if (end === 'committed') {
      for (const { group, committed } of open.offsets) group.commit([committed]);
    }
    for (const log of open.touched) log.mark(open.transaction);
    for (const topic of new Set([...open.touched].map((log) => log.topic))) {
      this.#topics.changed(topic);
    }
  }
}
