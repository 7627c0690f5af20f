import kafkajs from 'kafkajs';
import { intakeTopics, topicsWithPrefix } from '../../services/shared/chunk/topics.ts';
import { orderBytes, partitions, resultHeadBytes } from './flow-records.ts';

/**
 * What the dispatcher bench compares with: a plain kafkajs program that moves the same records over
 * the same topics, intake to lane and `done` to results, and settles in transactions of results and
 * offsets. It decides nothing, parses nothing and remembers nothing. Arguments: brokers, topic
 * prefix, most results in a transaction.
 */
const [brokers = '', prefix = '', batch = '500'] = process.argv.slice(2);
const batchMax = Number(batch);
const topics = topicsWithPrefix(prefix);
const intake = topics.intake('live');
const lane = topics.lane({ kind: 'gpu', priority: 'live' });
const groupId = `${prefix}bare`;

/** kafkajs sends one batch for a partition and call, which must fit the topic's limit. */
const laneBytesMax = 4 * 1024 * 1024;

/** Its default of 300 ms between tries would rule the speed of transactions. */
const retry = { initialRetryTime: 5, maxRetryTime: 500, retries: 30 };
const kafka = new kafkajs.Kafka({
  clientId: 'bare-mover',
  brokers: brokers.split(','),
  logLevel: kafkajs.logLevel.ERROR,
  retry,
});
const laneProducer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry });
const settler = kafka.producer({
  transactionalId: groupId,
  idempotent: true,
  maxInFlightRequests: 1,
  retry,
});
const reading = { maxWaitTimeInMs: 100, maxBytesPerPartition: laneBytesMax };
const intakeConsumer = kafka.consumer({ groupId: `${groupId}-intake`, ...reading });
const doneConsumer = kafka.consumer({ groupId, ...reading });

interface DoneMessage {
  readonly message: kafkajs.KafkaMessage;
  readonly partition: number;
}

const waiting: DoneMessage[] = [];
let wake = (): void => undefined;

async function moveToLane({ batch: { messages } }: kafkajs.EachBatchPayload): Promise<void> {
  let run: kafkajs.Message[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (run.length > 0) await laneProducer.send({ topic: lane, acks: -1, messages: run });
    run = [];
    bytes = 0;
  };
  for (const { key, value, headers, offset } of messages) {
    const size = value?.length ?? 0;
    if (bytes + size > laneBytesMax) await flush();
    bytes += size;
    const partition = Number(offset) % partitions.lane.gpu;
    const ordered = { ...headers, 'spillway-order': orderBytes };
    run.push({ key, value, partition, headers: ordered });
  }
  await flush();
}

async function settle(done: readonly DoneMessage[]): Promise<void> {
  const transaction = await settler.transaction();
  await transaction.send({
    topic: topics.results,
    acks: -1,
    messages: done.map(({ message }) => ({
      key: message.key,
      value: Buffer.concat([resultHeadBytes, message.value ?? Buffer.alloc(0)]),
      headers: {
        'content-type': 'application/json',
        'spillway-source': 'camera-1',
        'spillway-id': message.offset,
        'spillway-coordinates': `live/0/${message.offset}`,
        'spillway-digest': resultHeadBytes.subarray(0, 64),
      },
    })),
  });
  const next = String(Number(done.at(-1)?.message.offset ?? 0) + 1);
  await transaction.sendOffsets({
    consumerGroupId: groupId,
    topics: [
      { topic: topics.done, partitions: [{ partition: 0, offset: next }] },
      {
        topic: intake,
        partitions: Array.from({ length: partitions.intake }, (_, partition) => ({
          partition,
          offset: String(Math.floor(Number(next) / partitions.intake)),
        })),
      },
    ],
  });
  await transaction.commit();
}

async function settleForEver(): Promise<void> {
  for (;;) {
    if (waiting.length > 0) {
      await settle(waiting.splice(0, batchMax));
      continue;
    }
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

async function start(): Promise<void> {
  await Promise.all(
    [laneProducer, settler, intakeConsumer, doneConsumer].map((client) => client.connect()),
  );
  // Offsets of intake are committed in this group as well, so that a transaction has all of them.
  await intakeConsumer.subscribe({ topics: [...intakeTopics(topics)], fromBeginning: true });
  await doneConsumer.subscribe({ topics: [topics.done], fromBeginning: true });
  await intakeConsumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: partitions.intake,
    eachBatch: moveToLane,
  });
  await doneConsumer.run({
    autoCommit: false,
    eachBatch: ({ batch: { messages, partition } }) => {
      waiting.push(...messages.map((message) => ({ message, partition })));
      wake();
      return Promise.resolve();
    },
  });
}

await start();
console.log('moving');
await settleForEver();
