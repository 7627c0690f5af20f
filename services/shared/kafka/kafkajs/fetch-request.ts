import type Cluster from 'kafkajs/src/cluster/index.js';
import fetchRequest from 'kafkajs/src/protocol/requests/fetch/v11/request.js';
import { KafkaPortError } from '../ports.ts';
import type { TopicPartition } from '../ports.ts';
import type { AbortedTransaction } from './aborted-records.ts';
import { ByteReader } from './byte-reader.ts';
import { groupByTopic } from './topic-groups.ts';

export interface FetchPosition extends TopicPartition {
  readonly offset: number;
}

export interface FetchOrder {
  readonly positions: readonly FetchPosition[];
  readonly waitMs: number;
  /** Over all partitions; the first record comes whole even if it is larger. */
  readonly bytesMax: number;
  readonly partitionBytesMax: number;
}

/** What the broker said of one partition; `bytes` are record batches. */
export interface FetchedPartition extends TopicPartition {
  /** Kafka's error code; 0 for none. */
  readonly errorCode: number;
  readonly lastStableOffset: number;
  readonly abortedTransactions: readonly AbortedTransaction[];
  readonly bytes: Buffer;
}

export const readCommitted = 1;

const fetchKey = 1;
const fetchVersion = 11;

/** kafkajs's request, and our own reading of the answer (`record-batches.ts` says why). */
export async function fetchPartitions(
  broker: Cluster.Broker,
  order: FetchOrder,
): Promise<readonly FetchedPartition[]> {
  requireFetchVersion(broker);
  return broker.connectionPool.send({
    request: fetchRequest({
      replicaId: -1,
      maxWaitTime: order.waitMs,
      minBytes: 1,
      maxBytes: order.bytesMax,
      isolationLevel: readCommitted,
      topics: groupByTopic(order.positions, ({ partition, offset }) => ({
        partition,
        fetchOffset: offset,
        maxBytes: order.partitionBytesMax,
      })),
    }),
    response: {
      decode: (payload) => Promise.resolve(decodeAnswer(new ByteReader(payload))),
      parse: (answer) => Promise.resolve(answer),
    },
  });
}

function decodeAnswer(reader: ByteReader): readonly FetchedPartition[] {
  // The throttle time: the broker waits by itself before it answers the next request.
  reader.skip(4);
  const errorCode = reader.int16();
  // The fetch session, which we do not use.
  reader.skip(4);
  const partitions = reader.array(() => {
    const topic = reader.text();
    return reader.array(() => decodePartition(reader, topic));
  });
  if (errorCode === 0) return partitions.flat();
  return partitions.flat().map((partition) => ({ ...partition, errorCode }));
}

function decodePartition(reader: ByteReader, topic: string): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  // The high watermark: what is above the last stable offset is not for us yet.
  reader.skip(8);
  const lastStableOffset = reader.int64();
  // The log's start, which the broker leaves out exactly when the position lies outside the log.
  reader.skip(8);
  const abortedTransactions = reader.array(() => ({
    producerId: reader.int64(),
    firstOffset: reader.int64(),
  }));
  // The preferred replica: we name no rack, so it is always the leader.
  reader.skip(4);
  const bytes = reader.int32Bytes() ?? Buffer.alloc(0);
  return { topic, partition, errorCode, lastStableOffset, abortedTransactions, bytes };
}

function requireFetchVersion(broker: Cluster.Broker): void {
  const version = broker.versions?.[fetchKey]?.maxVersion ?? 0;
  if (version >= fetchVersion) return;
  throw new KafkaPortError(
    'unexpected',
    `broker ${broker.nodeId} speaks Fetch only up to version ${version}: Kafka 2.3 or later is needed`,
  );
}
