import { existsSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localBrokerConfig } from '../../services/local/broker/config.ts';
import { findFreePorts } from '../../services/local/broker/free-ports.ts';
import {
  startLocalBrokers,
  type LocalBrokers,
  type LocalBrokersOptions,
} from '../../services/local/broker/start.ts';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { Program } from '../../services/local/processes/program.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { systemClock, systemRandom } from '../../services/shared/clock/system.ts';
import { describeWithLocalKafka } from '../support/broker.ts';
import { eventually, isRunning } from '../support/process-probe.ts';

const topic = 'kept';

describeWithLocalKafka('the local broker', () => {
  let keeper: Keeper;

  beforeAll(() => {
    keeper = new Keeper();
  });

  afterAll(async () => {
    await keeper.close();
  });

  function start(count: 1 | 3, more: Partial<LocalBrokersOptions> = {}): Promise<LocalBrokers> {
    return startLocalBrokers({
      ...more,
      count,
      config: localBrokerConfig(process.env),
      keeper,
      clock: systemClock,
      random: systemRandom,
      report: () => undefined,
    });
  }

  describe('alone', () => {
    let local: LocalBrokers;

    beforeAll(async () => {
      local = await start(1);
    });

    afterAll(async () => {
      await local.stop();
    });

    it('keeps its address and what was written through a kill and a restart', async () => {
      const [broker] = local.brokers;
      const [address] = local.addresses;
      await createTopic(local.addresses, 1);
      await sendOne(local.addresses, 'before the kill');
      const pidBefore = broker?.pid ?? 0;

      await broker?.kill();
      expect(isRunning(pidBefore)).toBe(false);
      expect(broker?.pid).toBeNull();

      await broker?.restart();
      expect(broker?.address).toBe(address);
      expect(broker?.pid).not.toBe(pidBefore);
      const written = 'before the kill';
      expect(await readTexts(local.addresses, 1)).toEqual(new Set([written]));
    });

    it('answers nobody while it is paused and everybody again when it is resumed', async () => {
      const [broker] = local.brokers;
      expect(await countBrokers(local.addresses, 5000)).toBe(1);
      broker?.pause();
      try {
        await expect(countBrokers(local.addresses, 500)).rejects.toThrow();
      } finally {
        broker?.resume();
      }
      expect(await countBrokers(local.addresses, 5000)).toBe(1);
    });

    it('is named in the line that says why a second one cannot have its port', async () => {
      const port = Number(local.addresses[0]?.split(':')[1]);
      const [controllerPort = 0] = await findFreePorts(1, systemRandom);
      const places = [{ id: 1, port, controllerPort, advertisedPort: port }];
      await expect(start(1, { places })).rejects.toMatchObject({
        code: 'port-taken',
        message: expect.stringMatching(
          /ended at its start; it said last: .*Address already in use/,
        ),
      });
      expect(await countBrokers(local.addresses, 5000)).toBe(1);
    });

    it('makes no topic that nobody asked for', async () => {
      const producer = client(local.addresses, 5000, 2).producer({ allowAutoTopicCreation: true });
      await producer.connect();
      const record = { topic: 'never-made', messages: [{ value: 'x' }] };
      await expect(producer.send(record)).rejects.toThrow(/does not host this topic/);
      await producer.disconnect();
    });
  });

  it('leaves neither process nor data behind when it is stopped, even twice', async () => {
    const local = await start(1);
    const pid = local.brokers[0]?.pid ?? 0;
    expect(isRunning(pid)).toBe(true);
    expect(existsSync(local.folder)).toBe(true);

    await local.stop();
    expect(isRunning(pid)).toBe(false);
    expect(existsSync(local.folder)).toBe(false);
    await local.stop();
  });

  it('dies with its parent, data and all, when the parent cannot act', async () => {
    const parent = new Program({
      name: 'broker-holder',
      entryFile: join(projectFolder(), 'test/support/broker-holder.mjs'),
      environment: process.env,
      keeper,
      clock: systemClock,
    });
    const held = await parent.waitForLog(
      (line) => line.fields?.['event'] === 'broker-held',
      60_000,
    );
    const pid = Number(held.fields?.['pid']);
    const folder = String(held.fields?.['folder']);
    expect(isRunning(pid)).toBe(true);
    expect(existsSync(folder)).toBe(true);

    parent.kill('SIGKILL');
    await eventually('the broker has ended', () => !isRunning(pid));
    await eventually('its data are removed', () => !existsSync(folder));
  });

  it('forms a cluster of three that keeps three copies and serves while one is down', async () => {
    const local = await start(3);
    try {
      expect(local.addresses).toHaveLength(3);
      await createTopic(local.addresses, 3);
      await local.brokers[0]?.kill();
      await sendOne(local.addresses, 'with two of three');

      await local.brokers[0]?.restart();
      await sendOne(local.addresses.slice(0, 1), 'through the one that came back');
      const written = ['with two of three', 'through the one that came back'];
      expect(await readTexts(local.addresses, written.length)).toEqual(new Set(written));
    } finally {
      await local.stop();
    }
  });
});

function client(
  addresses: readonly string[],
  requestTimeoutMs: number,
  retries = 30,
): kafkajs.Kafka {
  return new kafkajs.Kafka({
    brokers: [...addresses],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries },
  });
}

async function createTopic(addresses: readonly string[], replicationFactor: number): Promise<void> {
  const admin = client(addresses, 5000).admin();
  await admin.connect();
  await admin.createTopics({
    topics: [{ topic, numPartitions: 1, replicationFactor }],
    waitForLeaders: true,
  });
  const [metadata] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
  expect(metadata?.partitions[0]?.replicas).toHaveLength(replicationFactor);
  await admin.disconnect();
}

async function countBrokers(addresses: readonly string[], timeoutMs: number): Promise<number> {
  const admin = client(addresses, timeoutMs, 0).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length;
  } finally {
    await admin.disconnect();
  }
}

async function sendOne(addresses: readonly string[], value: string): Promise<void> {
  const producer = client(addresses, 5000).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ value }] });
  await producer.disconnect();
}

/** The first `count` different texts; a producer that lost an answer may write one twice. */
async function readTexts(
  addresses: readonly string[],
  count: number,
): Promise<ReadonlySet<string>> {
  const consumer = client(addresses, 5000).consumer({
    groupId: `reader-${systemRandom.unique()}`,
    allowAutoTopicCreation: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const texts = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const eachMessage = (payload: kafkajs.EachMessagePayload): Promise<void> => {
      texts.add(payload.message.value?.toString() ?? '');
      if (texts.size === count) resolve();
      return Promise.resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return texts;
}
