import kafkajs from 'kafkajs';
import type { OutgoingRecord } from '../ports.ts';
import type { ClusterLink } from './cluster-link.ts';

/** Chooses a partition for a record of a topic that the link knows. */
export type ChoosePartition = (record: OutgoingRecord) => number;

/**
 * kafkajs's default partitioner: the named partition, else murmur2 of the key as in Kafka's Java
 * clients, else each in turn. A choice is made once: kafkajs's own producer asks again for each try,
 * so a record without a key may land in two partitions.
 */
export function partitionChooser(link: ClusterLink): ChoosePartition {
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  return ({ topic, partition, key, value }) =>
    choose({
      topic,
      partitionMetadata: [...link.metadataOf(topic)],
      message: { key, value, ...(partition === undefined ? {} : { partition }) },
    });
}
