import kafkajs from 'kafkajs';
import { inlineBytesDefault, sizeLimits } from '../../../services/shared/chunk/limits.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import { connectKafka } from '../../../services/shared/kafka/kafkajs/connect.ts';
import type { OutgoingRecord, TopicPartition } from '../../../services/shared/kafka/ports.ts';
import type { ForeignTransaction, KafkaHarness } from './harness.ts';

const silent = (): void => undefined;

/** The real adapter on real brokers; the foreign producer and the tools are plain kafkajs. */
export async function kafkajsHarness(
  brokers: readonly string[],
  prefix: string,
): Promise<KafkaHarness> {
  const foreign = new kafkajs.Kafka({
    clientId: 'contract',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = foreign.admin();
  await admin.connect();
  return {
    name: 'kafkajs',
    clock: systemClock,
    prefix,
    connect: () =>
      connectKafka({
        config: { brokers, tls: null, sasl: null },
        clientId: 'contract',
        limits: sizeLimits(inlineBytesDefault),
        clock: systemClock,
        random: systemRandom,
        log: { debug: silent, info: silent, warn: silent, error: silent },
      }),
    letTimePass: (event) => Promise.race([event, systemClock.sleepMs(50)]),
    openTransaction: (records) => openTransaction(foreign, records),
    deleteBefore: async ({ topic, partition }: TopicPartition, offset) => {
      // Lets the client learn who leads the topic, without which it cannot delete.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({
        topic,
        partitions: [{ partition, offset: String(offset) }],
      });
    },
    memberCount: async (group) => {
      const { groups } = await admin.describeGroups([group]);
      return groups[0]?.members.length ?? 0;
    },
    close: () => admin.disconnect(),
  };
}

async function openTransaction(
  foreign: kafkajs.Kafka,
  records: readonly OutgoingRecord[],
): Promise<ForeignTransaction> {
  const producer = foreign.producer({
    transactionalId: systemRandom.unique(),
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: { initialRetryTime: 5 },
  });
  await producer.connect();
  const transaction = await producer.transaction();
  // One after the other, so that they lie in the log in the order they were given.
  for (const { topic, partition, key, value } of records) {
    const message = { key, value, ...(partition === undefined ? {} : { partition }) };
    await transaction.send({ topic, messages: [message] });
  }
  return {
    end: async (how) => {
      await (how === 'committed' ? transaction.commit() : transaction.abort());
      await producer.disconnect();
    },
  };
}
