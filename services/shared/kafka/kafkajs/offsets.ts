import type { CommittedOffset, TopicPartition } from '../ports.ts';
import { partitionKey } from '../ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import { kafkaError } from './errors.ts';
import { readCommitted } from './fetch-request.ts';
import { groupBy, groupByTopic } from './topic-groups.ts';

/** Kafka's two special timestamps. With `read_committed` the latest is the last stable offset. */
const timestamps = { start: -2, end: -1 } as const;

/**
 * The log's start, its readable end, or the first offset at or after a time, for each partition, by
 * `partitionKey`. Partitions with no record at or after the time are left out.
 *
 * @throws KafkaPortError
 */
export async function logOffsets(
  link: ClusterLink,
  partitions: readonly TopicPartition[],
  which: keyof typeof timestamps | { readonly sinceMs: number },
): Promise<ReadonlyMap<string, number>> {
  const timestamp = typeof which === 'string' ? timestamps[which] : Math.round(which.sinceMs);
  const place = typeof which === 'string' ? `the ${which}` : 'an offset by its time';
  const doing = `asking for ${place} of ${partitions.length} partitions`;
  return link.retrying(doing, async () => {
    try {
      return await askLeaders(link, partitions, timestamp);
    } catch (error) {
      if (kafkaError(error, doing).retriable) await link.refresh();
      throw error;
    }
  });
}

async function askLeaders(
  link: ClusterLink,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<ReadonlyMap<string, number>> {
  const byLeader = groupBy(partitions, (partition) => link.leaderIdOf(partition));
  const found = new Map<string, number>();
  await Promise.all(
    [...byLeader].map(async ([nodeId, led]) => {
      const broker = nodeId === null ? await link.anyBroker() : await link.broker(nodeId);
      const { responses } = await broker.listOffsets({
        isolationLevel: readCommitted,
        topics: groupByTopic(led, ({ partition }) => ({ partition, timestamp })),
      });
      for (const { topic, partitions: answers } of responses) {
        for (const { partition, offset } of answers) {
          if (Number(offset) < 0) continue;
          found.set(partitionKey({ topic, partition }), Number(offset));
        }
      }
    }),
  );
  return found;
}

/**
 * What the group committed, by `partitionKey`; partitions without a commit are left out.
 *
 * @throws KafkaPortError
 */
export async function committedOffsets(
  link: ClusterLink,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, CommittedOffset>> {
  const doing = `reading committed offsets of group ${group}`;
  const topics = groupByTopic(partitions, ({ partition }) => ({ partition }));
  const { responses } = await link.askCoordinator({ kind: 'group', id: group, doing }, (broker) =>
    broker.offsetFetch({ groupId: group, topics }),
  );
  const committed = new Map<string, CommittedOffset>();
  for (const { topic, partitions: answers } of responses) {
    for (const { partition, offset, metadata } of answers) {
      if (Number(offset) < 0) continue;
      const entry = { topic, partition, offset: Number(offset), metadata: metadata ?? '' };
      committed.set(partitionKey(entry), entry);
    }
  }
  return committed;
}

/** The body of an offset commit, plain or in a transaction. */
export const offsetsToCommit = (
  offsets: readonly CommittedOffset[],
): {
  readonly topic: string;
  readonly partitions: { partition: number; offset: number; metadata: string }[];
}[] =>
  groupByTopic(offsets, ({ partition, offset, metadata }) => ({ partition, offset, metadata }));
