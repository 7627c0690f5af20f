import { KafkaPortError, partitionKey } from '../ports.ts';
import type { AppendedRecord, OutgoingRecord, RecordSink, TopicPartition } from '../ports.ts';
import { appendAll, isTooLarge, refusal } from './append.ts';
import { batchBytesMax, countFitting, recordBytes } from './batching.ts';
import { answerBudgetMs } from './cluster-link.ts';
import type { ClusterLink } from './cluster-link.ts';
import { kafkaError } from './errors.ts';
import { partitionChooser } from './partitioner.ts';
import type { ChoosePartition } from './partitioner.ts';
import type { AppendAnswer, AppendBatch, ProducerSession } from './produce-request.ts';

/**
 * From the start of one append to a partition to the start of the next, unless a batch is full: at a
 * thousand records a second, one by one, broker and process would do little but requests. The first
 * after a pause starts at once.
 */
const spacingMs = 5;

interface WaitingRecord {
  readonly record: OutgoingRecord;
  readonly resolve: (appended: AppendedRecord) => void;
  readonly reject: (error: KafkaPortError) => void;
}

interface PartitionQueue extends TopicPartition {
  readonly waiting: WaitingRecord[];
  /** So many of the next records travel alone: together they were too large for the topic. */
  aloneCount: number;
}

/** A producer id and how far its sequence is in each partition. */
interface SinkSession extends ProducerSession {
  readonly sequences: Map<string, number>;
}

/** The transaction time-out that a producer without transactions has to name all the same. */
const unusedTransactionTimeoutMs = 10_000;

/**
 * An idempotent producer. Each partition has one batch under way at most, which grows out of
 * everything that was sent meanwhile; that keeps order and lets the broker recognise a repetition.
 * When a batch fails for good its fate is unknown, and later records get a new producer id.
 */
export class KafkajsRecordSink implements RecordSink {
  readonly #link: ClusterLink;
  readonly #choose: ChoosePartition;
  /** Only partitions that have records to send, or had some a moment ago. */
  readonly #queues = new Map<string, PartitionQueue>();
  readonly #knownTopics = new Map<string, Promise<void>>();
  #session: Promise<SinkSession> | null = null;
  #isClosed = false;

  /** The sink owns its link. */
  constructor(link: ClusterLink) {
    this.#link = link;
    this.#choose = partitionChooser(link);
  }

  async send(records: readonly OutgoingRecord[]): Promise<readonly AppendedRecord[]> {
    if (this.#isClosed) throw new KafkaPortError('unexpected', 'this record sink is closed');
    if (records.length === 0) return [];
    // Calls that wait for one topic go on in the order in which they came.
    await Promise.all(
      [...new Set(records.map(({ topic }) => topic))].map((topic) => this.#know(topic)),
    );
    const appended = records.map((record) => this.#enqueue(record));
    // All are waited for, so that no record is still under way when the caller learns of a failure.
    await Promise.allSettled(appended);
    return Promise.all(appended);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#link.close();
  }

  #know(topic: string): Promise<void> {
    const known = this.#knownTopics.get(topic);
    if (known !== undefined) return known;
    const asked = this.#link.know([topic]).catch((error: unknown) => {
      this.#knownTopics.delete(topic);
      throw error;
    });
    this.#knownTopics.set(topic, asked);
    return asked;
  }

  #enqueue(record: OutgoingRecord): Promise<AppendedRecord> {
    const place = { topic: record.topic, partition: this.#choose(record) };
    const key = partitionKey(place);
    return new Promise((resolve, reject) => {
      const waiting = { record, resolve, reject };
      const queue = this.#queues.get(key);
      if (queue !== undefined) {
        queue.waiting.push(waiting);
        return;
      }
      const opened = { ...place, waiting: [waiting], aloneCount: 0 };
      this.#queues.set(key, opened);
      void this.#drain(opened);
    });
  }

  async #drain(queue: PartitionQueue): Promise<void> {
    const { clock, signal } = this.#link;
    // One turn of the microtasks, so that records of one call come together.
    await Promise.resolve();
    while (queue.waiting.length > 0) {
      const beganAtMs = clock.monotonicMs();
      const fitting = countFitting(
        queue.waiting,
        ({ record }) => recordBytes(record),
        batchBytesMax,
      );
      const isFull = fitting < queue.waiting.length;
      const count = queue.aloneCount > 0 ? 1 : fitting;
      queue.aloneCount = Math.max(0, queue.aloneCount - 1);
      await this.#append(queue, queue.waiting.splice(0, count));
      const earlyMs = beganAtMs + spacingMs - clock.monotonicMs();
      if (!isFull && earlyMs > 0) await clock.sleepMs(earlyMs, signal);
    }
    this.#queues.delete(partitionKey(queue));
  }

  async #append(queue: PartitionQueue, taken: readonly WaitingRecord[]): Promise<void> {
    const { topic, partition } = queue;
    const key = partitionKey(queue);
    try {
      const session = await this.#currentSession();
      const firstSequence = session.sequences.get(key) ?? 0;
      const batch = { topic, partition, firstSequence, records: taken.map(({ record }) => record) };
      const answer = await this.#appendBatch(session, batch);
      if (isTooLarge(answer)) {
        if (taken.length === 1) throw refusal(answer, batch);
        queue.waiting.unshift(...taken);
        queue.aloneCount = taken.length;
        return;
      }
      session.sequences.set(key, firstSequence + taken.length);
      const { baseOffset, appendedAtMs } = answer;
      for (const [index, { resolve }] of taken.entries()) {
        resolve({ topic, partition, offset: baseOffset + index, appendedAtMs });
      }
    } catch (cause) {
      const error = kafkaError(cause, `appending to ${key}`);
      for (const { reject } of taken) reject(error);
    }
  }

  async #appendBatch(session: SinkSession, batch: AppendBatch): Promise<AppendAnswer> {
    const key = partitionKey(batch);
    try {
      const order = { batches: [batch], budgetMs: answerBudgetMs };
      const answer = (await appendAll(this.#link, session, order)).get(key);
      if (answer === undefined) throw new KafkaPortError('unexpected', `no answer for ${key}`);
      return answer;
    } catch (error) {
      // The batch may be there or not: under this producer id nothing can follow it safely.
      this.#session = null;
      throw error;
    }
  }

  #currentSession(): Promise<SinkSession> {
    this.#session ??= this.#openSession().catch((error: unknown) => {
      this.#session = null;
      throw error;
    });
    return this.#session;
  }

  #openSession(): Promise<SinkSession> {
    return this.#link.retrying('asking for a producer id', async () => {
      const broker = await this.#link.anyBroker();
      const { producerId, producerEpoch } = await broker.initProducerId({
        transactionalId: undefined,
        transactionTimeout: unusedTransactionTimeoutMs,
      });
      return { transactionalId: null, producerId, producerEpoch, sequences: new Map() };
    });
  }
}
