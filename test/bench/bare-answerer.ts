import kafkajs from 'kafkajs';
import { topicsWithPrefix } from '../../services/shared/chunk/topics.ts';
import { answerBody, partitions } from './flow-records.ts';

/**
 * The other process of the bare half of the dispatcher bench: answers each lane record in `done`, by
 * plain kafkajs. Arguments: brokers, topic prefix.
 */
const [brokers = '', prefix = ''] = process.argv.slice(2);
const topics = topicsWithPrefix(prefix);
const kafka = new kafkajs.Kafka({
  clientId: 'bare-answerer',
  brokers: brokers.split(','),
  logLevel: kafkajs.logLevel.ERROR,
});
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
const consumer = kafka.consumer({
  groupId: `${prefix}bare-answerer`,
  maxWaitTimeInMs: 100,
  maxBytesPerPartition: 4 * 1024 * 1024,
});

const doneText = JSON.stringify({
  kind: 'result',
  assignment: 'live/0/1042@7kq2x7kq2x7kq2x7kq2x.1',
  worker: '7kq2x7kq2x7kq2x7kq2x7kq2x',
  durationMs: 2000,
  computeMs: 1,
});

await Promise.all([producer.connect(), consumer.connect()]);
const lane = topics.lane({ kind: 'gpu', priority: 'live' });
await consumer.subscribe({ topics: [lane], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  partitionsConsumedConcurrently: partitions.lane.gpu,
  eachBatch: async ({ batch: { messages } }) => {
    await producer.send({
      topic: topics.done,
      acks: -1,
      messages: messages.map(({ key }) => ({
        key,
        value: answerBody(null),
        headers: { 'spillway-done': doneText },
      })),
    });
  },
});
console.log('answering');
