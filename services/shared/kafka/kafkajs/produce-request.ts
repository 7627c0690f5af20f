import type Cluster from 'kafkajs/src/cluster/index.js';
import type { OutgoingRecord, TopicPartition } from '../ports.ts';
import { partitionKey } from '../ports.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { encodeRecordBatch } from './encode-record-batch.ts';
import { sendPieces } from './send-pieces.ts';
import { groupByTopic } from './topic-groups.ts';

/** Who appends: the broker drops what it has already from the same producer, epoch and sequence. */
export interface ProducerSession {
  readonly transactionalId: string | null;
  readonly producerId: string;
  readonly producerEpoch: number;
}

/** Records for one partition that are appended together or not at all. */
export interface AppendBatch extends TopicPartition {
  readonly records: readonly OutgoingRecord[];
  /** How many records this session appended to the partition before. */
  readonly firstSequence: number;
}

/** Batches for partitions that one broker leads, no two for one partition. */
export interface Append {
  readonly session: ProducerSession;
  readonly batches: readonly AppendBatch[];
  /** Epoch milliseconds, for topics that keep the producer's time. */
  readonly createdAtMs: number;
}

export interface AppendAnswer {
  /** Kafka's error code; 0 for none. */
  readonly errorCode: number;
  readonly baseOffset: number;
  /** `null` where the topic keeps the producer's time. */
  readonly appendedAtMs: number | null;
}

/** How long a broker may wait for its replicas; the request itself waits longer. */
const appendTimeoutMs = 8_000;

const produce = { apiKey: 0, apiName: 'Produce', apiVersion: 7 };
const acksAll = -1;

/**
 * Appends one batch for each of several partitions that one broker leads, and says what became of
 * each, by `partitionKey`. kafkajs's producer is not used: it takes the first error of an answer for
 * all partitions of it, and after a change of leaders it counts a partition as sent because its new
 * leader had answered for others.
 */
export async function appendBatches(
  broker: Cluster.Broker,
  append: Append,
): Promise<ReadonlyMap<string, AppendAnswer>> {
  const pieces = encodeProduceRequest(append);
  return decodeAnswers(new ByteReader(await sendPieces(broker, { ...produce, pieces })));
}

/** The request's body. */
function encodeProduceRequest({ session, batches, createdAtMs }: Append): readonly Buffer[] {
  const topics = groupByTopic(batches, ({ partition, ...batch }) => ({
    partition,
    pieces: encodeRecordBatch({
      ...batch,
      createdAtMs,
      producerId: BigInt(session.producerId),
      producerEpoch: session.producerEpoch,
      isTransactional: session.transactionalId !== null,
    }),
  }));
  const { transactionalId } = session;
  return [
    written(10 + textBytes(transactionalId ?? ''), (writer) => {
      if (transactionalId === null) writer.int16(-1);
      else writeText(writer, transactionalId);
      writer.int16(acksAll);
      writer.int32(appendTimeoutMs);
      writer.int32(topics.length);
    }),
    ...topics.flatMap(({ topic, partitions }) => [
      written(4 + textBytes(topic), (writer) => {
        writeText(writer, topic);
        writer.int32(partitions.length);
      }),
      ...partitions.flatMap(({ partition, pieces }) => [
        written(8, (writer) => {
          writer.int32(partition);
          writer.int32(pieces.reduce((sum, { length }) => sum + length, 0));
        }),
        ...pieces,
      ]),
    ]),
  ];
}

function decodeAnswers(reader: ByteReader): ReadonlyMap<string, AppendAnswer> {
  const answers = new Map<string, AppendAnswer>();
  reader.array(() => {
    const topic = reader.text();
    reader.array(() => {
      const key = partitionKey({ topic, partition: reader.int32() });
      const errorCode = reader.int16();
      const baseOffset = reader.int64();
      const logAppendTime = reader.int64();
      // Where the log starts.
      reader.skip(8);
      answers.set(key, {
        errorCode,
        baseOffset,
        appendedAtMs: logAppendTime < 0 ? null : logAppendTime,
      });
    });
  });
  return answers;
}

function written(lengthMax: number, write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(lengthMax);
  write(writer);
  return writer.written();
}

const textBytes = (text: string): number => 2 + Buffer.byteLength(text);

function writeText(writer: ByteWriter, text: string): void {
  const length = Buffer.byteLength(text);
  writer.int16(length);
  writer.text(text, length);
}
