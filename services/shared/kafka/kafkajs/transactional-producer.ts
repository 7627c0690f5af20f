import { KafkaPortError, partitionKey } from '../ports.ts';
import type { CommittedOffset, OutgoingRecord, TopicPartition } from '../ports.ts';
import { appendAll, isTooLarge, refusal } from './append.ts';
import { batchBytesMax, cutByBytes, recordBytes } from './batching.ts';
import type { ClusterLink } from './cluster-link.ts';
import { offsetsToCommit } from './offsets.ts';
import { partitionChooser } from './partitioner.ts';
import type { ChoosePartition } from './partitioner.ts';
import type { AppendBatch, ProducerSession } from './produce-request.ts';
import { groupBy, groupByTopic } from './topic-groups.ts';

export interface Transaction {
  readonly group: string;
  readonly records: readonly OutgoingRecord[];
  readonly offsets: readonly CommittedOffset[];
}

/** An open transaction blocks every `read_committed` reader, so the broker aborts it after this. */
const transactionTimeoutMs = 10_000;

/**
 * How long one step of a transaction may be tried: together they stay below the time-out for all
 * but the rarest failures, and then the broker's own abort makes the commit fail, which is safe.
 */
const stepBudgetMs = 6_000;

/** A predecessor's transaction may be open until its time-out; the broker ends it for us. */
const openBudgetMs = 15_000;

type Session = ProducerSession & { readonly transactionalId: string };

/**
 * Kafka transactions under one transactional id, by kafkajs's requests. Its own producer is not
 * used: `connect` there does not fence, it waits 300 ms where 5 suffice, some steps are never tried
 * again, and after a change of leaders it may commit without having sent everything.
 *
 * Every step says the same when it is repeated, so each is tried again while brokers change. After
 * any error of `commit` the producer is useless: `abandon` it and open another.
 */
export class TransactionalProducer {
  readonly #link: ClusterLink;
  readonly #session: Session;
  readonly #choose: ChoosePartition;
  readonly #sequences = new Map<string, number>();

  private constructor(link: ClusterLink, session: Session) {
    this.#link = link;
    this.#session = session;
    this.#choose = partitionChooser(link);
  }

  /**
   * Fences every producer that has the id, and ends its open transaction: after this no unfinished
   * offsets of a predecessor can come to light. Uses the link, which stays its owner's. `mayFence`
   * is asked before each try, since this may last, and the ownership with it may be over meanwhile.
   *
   * @throws KafkaPortError, `ownership-lost` when `mayFence` says no.
   */
  static async open(
    link: ClusterLink,
    transactionalId: string,
    mayFence: () => boolean,
  ): Promise<TransactionalProducer> {
    const doing = `taking over transactional id ${transactionalId}`;
    const { producerId, producerEpoch } = await link.askCoordinator(
      { kind: 'transaction', id: transactionalId, doing },
      (broker) => {
        if (!mayFence()) {
          throw new KafkaPortError('ownership-lost', `${doing} failed: the group is silent`);
        }
        return broker.initProducerId({ transactionalId, transactionTimeout: transactionTimeoutMs });
      },
      openBudgetMs,
    );
    return new TransactionalProducer(link, { transactionalId, producerId, producerEpoch });
  }

  /**
   * Appends the records and commits the offsets together, or neither. Not concurrent.
   *
   * @throws KafkaPortError, `fenced` when another producer took the id over.
   */
  async commit({ group, records, offsets }: Transaction): Promise<void> {
    await this.#link.know([...new Set(records.map(({ topic }) => topic))]);
    if (records.length > 0) await this.#append(records);
    if (offsets.length > 0) await this.#addOffsets(group, offsets);
    await this.#end(true, stepBudgetMs);
  }

  /** Best effort, so that readers need not wait for the time-out. Does not throw. */
  async abandon(): Promise<void> {
    await this.#end(false, 0).catch((error: unknown) => {
      this.#link.setting.log('debug', 'kafka-abort-failed', { error });
    });
  }

  async #append(records: readonly OutgoingRecord[]): Promise<void> {
    const placed = records.map((record) => {
      const { topic, key, value, headers } = record;
      return { topic, partition: this.#choose(record), key, value, headers };
    });
    const byPartition = [...groupBy(placed, partitionKey).values()];
    await this.#addPartitions(byPartition.flatMap((group) => group.slice(0, 1)));
    const runs = byPartition.map((group) => cutByBytes(group, recordBytes, batchBytesMax));
    const rounds = Math.max(...runs.map(({ length }) => length));
    // The batches of one partition follow each other, since its sequence counts on.
    for (let round = 0; round < rounds; round += 1) {
      const batches = runs.flatMap((run) => this.#batch(run[round] ?? []));
      const order = { batches, budgetMs: stepBudgetMs };
      const answers = await appendAll(this.#link, this.#session, order);
      for (const batch of batches) {
        const answer = answers.get(partitionKey(batch));
        if (answer !== undefined && isTooLarge(answer)) await this.#appendOneByOne(batch);
      }
    }
  }

  /** Together they were too large for the topic; the sequence that they did not take is theirs. */
  async #appendOneByOne(refused: AppendBatch): Promise<void> {
    for (const [index, record] of refused.records.entries()) {
      const batch = { ...refused, records: [record], firstSequence: refused.firstSequence + index };
      const order = { batches: [batch], budgetMs: stepBudgetMs };
      const answers = await appendAll(this.#link, this.#session, order);
      const answer = answers.get(partitionKey(batch));
      if (answer !== undefined && isTooLarge(answer)) throw refusal(answer, batch);
    }
  }

  #batch(records: readonly (OutgoingRecord & TopicPartition)[]): readonly AppendBatch[] {
    const [first] = records;
    if (first === undefined) return [];
    const key = partitionKey(first);
    const firstSequence = this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, firstSequence + records.length);
    return [{ topic: first.topic, partition: first.partition, records, firstSequence }];
  }

  async #addPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    const topics = groupByTopic(partitions, ({ partition }) => partition);
    await this.#ask('adding partitions to a transaction', (broker) =>
      broker.addPartitionsToTxn({ ...this.#session, topics }),
    );
  }

  async #addOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#ask('adding offsets to a transaction', (broker) =>
      broker.addOffsetsToTxn({ ...this.#session, groupId: group }),
    );
    const request = { ...this.#session, groupId: group, topics: offsetsToCommit(offsets) };
    const doing = `committing offsets of group ${group} in a transaction`;
    await this.#link.askCoordinator(
      { kind: 'group', id: group, doing },
      (broker) => broker.txnOffsetCommit(request),
      stepBudgetMs,
    );
  }

  async #end(isCommit: boolean, budgetMs: number): Promise<void> {
    await this.#ask(
      isCommit ? 'committing a transaction' : 'aborting a transaction',
      (broker) => broker.endTxn({ ...this.#session, transactionResult: isCommit }),
      budgetMs,
    );
  }

  #ask(
    doing: string,
    ask: Parameters<ClusterLink['askCoordinator']>[1],
    budgetMs = stepBudgetMs,
  ): Promise<unknown> {
    const id = this.#session.transactionalId;
    return this.#link.askCoordinator({ kind: 'transaction', id, doing }, ask, budgetMs);
  }
}
