import type Cluster from 'kafkajs/src/cluster/index.js';
import produceRequest from 'kafkajs/src/protocol/requests/produce/v7/request.js';
import produceResponse from 'kafkajs/src/protocol/requests/produce/v7/response.js';
import type { OutgoingRecord, RecordHeaders, TopicPartition } from '../ports.ts';
import { partitionKey } from '../ports.ts';
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

export interface AppendAnswer {
  /** Kafka's error code; 0 for none. */
  readonly errorCode: number;
  readonly baseOffset: number;
  /** `null` where the topic keeps the producer's time. */
  readonly appendedAtMs: number | null;
}

/** How long a broker may wait for its replicas; the request itself waits longer. */
const appendTimeoutMs = 8_000;

const acksAll = -1;
const uncompressed = 0;

/**
 * Appends one batch for each of several partitions that one broker leads, and says what became of
 * each, by `partitionKey`. kafkajs's producer is not used: it takes the first error of an answer for
 * all partitions of it, and after a change of leaders it counts a partition as sent because its new
 * leader had answered for others.
 */
export async function appendBatches(
  broker: Cluster.Broker,
  session: ProducerSession,
  batches: readonly AppendBatch[],
): Promise<ReadonlyMap<string, AppendAnswer>> {
  const { topics } = await broker.connectionPool.send({
    request: produceRequest({
      acks: acksAll,
      timeout: appendTimeoutMs,
      compression: uncompressed,
      ...session,
      topicData: groupByTopic(batches, ({ partition, firstSequence, records }) => ({
        partition,
        firstSequence,
        messages: records.map(({ key, value, headers }) => ({
          key,
          value,
          headers: headersByName(headers),
        })),
      })),
    }),
    response: {
      decode: (payload) => produceResponse.decode(payload),
      parse: (answer) => Promise.resolve(answer),
    },
  });
  const answers = new Map<string, AppendAnswer>();
  for (const { topicName, partitions } of topics) {
    for (const { partition, errorCode, baseOffset, logAppendTime } of partitions) {
      const appendedAtMs = Number(logAppendTime) < 0 ? null : Number(logAppendTime);
      const answer = { errorCode, baseOffset: Number(baseOffset), appendedAtMs };
      answers.set(partitionKey({ topic: topicName, partition }), answer);
    }
  }
  return answers;
}

/** kafkajs wants headers by name: several of one name keep their order, but move together. */
function headersByName(headers: RecordHeaders): Readonly<Record<string, readonly Buffer[]>> {
  const byName = new Map<string, Buffer[]>();
  for (const [name, value] of headers) {
    const values = byName.get(name);
    if (values === undefined) byName.set(name, [value]);
    else values.push(value);
  }
  return Object.fromEntries(byName);
}
