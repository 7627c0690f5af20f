import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { localBrokerConfig } from '../../../services/local/broker/config.ts';
import { startLocalBrokers } from '../../../services/local/broker/start.ts';
import type { LocalBrokers } from '../../../services/local/broker/start.ts';
import { Keeper } from '../../../services/local/processes/keeper.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import type { KafkaConnection } from '../../../services/shared/kafka/ports.ts';
import { describeWithLocalKafka } from '../../support/broker.ts';
import { eventually } from '../../support/process-probe.ts';
import {
  followTexts,
  makeTopics,
  realKafka,
  TermLog,
  textRecord,
} from '../../support/real-kafka.ts';

const [intake, done, outcomes, lane] = ['intake', 'done', 'outcomes', 'lane'];
const group = 'dispatcher';
const patienceMs = 45_000;

const options = {
  group,
  transactionalId: group,
  workTopics: [intake],
  reportTopic: done,
  sessionTimeoutMs: 6000,
};

describeWithLocalKafka('while brokers come and go', () => {
  let keeper: Keeper;
  const cleanups: (() => Promise<void>)[] = [];

  beforeAll(() => {
    keeper = new Keeper();
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  afterAll(async () => {
    await keeper.close();
  });

  async function startCluster(count: 1 | 3): Promise<LocalBrokers> {
    const local = await startLocalBrokers({
      count,
      config: localBrokerConfig(process.env),
      keeper,
      clock: systemClock,
      random: systemRandom,
      report: () => undefined,
    });
    cleanups.push(() => local.stop());
    const topics = [intake, done, outcomes, lane].map((topic) => ({
      topic,
      partitions: 3,
      replication: count,
      config: { 'min.insync.replicas': count === 3 ? '2' : '1' },
    }));
    await makeTopics(realKafka(local.addresses), topics, { group, topics: [intake, done] });
    return local;
  }

  async function activeDispatcher(kafka: KafkaConnection): Promise<TermLog> {
    const log = new TermLog();
    const source = kafka.roleSource(options);
    cleanups.push(() => source.stop());
    await source.start(log);
    await eventually('an active member', () => log.isActive, patienceMs);
    return log;
  }

  describe('one broker that restarts', () => {
    it('is survived by every part, without a restart of ours', async () => {
      const local = await startCluster(1);
      const kafka = realKafka(local.addresses);
      const dispatcher = await activeDispatcher(kafka);
      const sink = await kafka.recordSink();
      cleanups.push(() => sink.close());
      const following = await followTexts(kafka, [outcomes]);
      cleanups.push(() => following.stop());
      const worker = kafka.laneSource({
        group: 'workers',
        lanes: [{ priority: 'live', topic: lane }],
        sessionTimeoutMs: 6000,
        aheadBytesMax: 1_048_576,
      });
      cleanups.push(() => worker.stop());
      const fatal: unknown[] = [];
      await worker.start({ onChange: () => undefined, onFatal: (error) => fatal.push(error) });
      await sink.send([textRecord(intake, 'before'), textRecord(lane, 'before')]);
      await eventually('the first chunk', () => dispatcher.texts.includes('before'), patienceMs);
      await eventually('the first lane record', () => worker.hasWaiting(), patienceMs);

      await local.brokers[0]?.restart();

      await sink.send([textRecord(intake, 'after'), textRecord(lane, 'after')]);
      await eventually('the next chunk', () => dispatcher.texts.includes('after'), patienceMs);
      await eventually('a lease', () => dispatcher.term.isOwnershipFresh(), patienceMs);
      const outcome = textRecord(outcomes, 'outcome');
      await dispatcher.term.settle({ outcomes: [outcome], offsets: [] });
      await eventually('the outcome', () => following.texts.includes('outcome'), patienceMs);
      const taken: string[] = [];
      while (taken.length < 2) {
        await eventually('a lane record', () => worker.hasWaiting(), patienceMs);
        const record = await worker.take();
        if (record !== null) taken.push(record.value?.toString() ?? '');
      }
      expect(taken).toEqual(['before', 'after']);
      expect([...fatal, ...dispatcher.fatal]).toEqual([]);
    }, 120_000);
  });

  describe('one of three brokers that is killed under load', () => {
    it('loses and doubles nothing that was sent or settled', async () => {
      const local = await startCluster(3);
      const kafka = realKafka(local.addresses);
      const dispatcher = await activeDispatcher(kafka);
      const sink = await kafka.recordSink();
      cleanups.push(() => sink.close());
      const sent: string[] = [];
      const settled: string[] = [];
      const load = new AbortController();
      const sending = (async () => {
        for (let round = 0; !load.signal.aborted; round += 1) {
          const names = [0, 1, 2].map((partition) => `sent-${round}-${partition}`);
          await sink.send(names.map((name, partition) => textRecord(lane, name, partition)));
          sent.push(...names);
        }
      })();
      const settling = (async () => {
        for (let round = 0; !load.signal.aborted; round += 1) {
          const names = [0, 1, 2].map((partition) => `settled-${round}-${partition}`);
          const records = names.map((name, partition) => textRecord(outcomes, name, partition));
          const { term } = dispatcher;
          const offsets = [{ topic: intake, partition: 0, offset: 0, metadata: `${round}` }];
          try {
            await term.settle({ outcomes: records, offsets });
            settled.push(...names);
          } catch {
            // Whether it came about is unknown; the names of a round are not used again.
            await eventually('a fresh term', () => dispatcher.term !== term, patienceMs);
          }
        }
      })();
      const enough = (): number => Math.min(sent.length, settled.length);
      await eventually('some load', () => enough() > 30, patienceMs);
      const [broker] = local.brokers;
      const before = enough();
      await broker?.kill();
      await eventually('work without it', () => enough() > before + 30, patienceMs);
      await broker?.restart();
      const whole = enough();
      await eventually('work with all', () => enough() > whole + 30, patienceMs);
      load.abort();
      await Promise.all([sending, settling]);

      const following = await followTexts(kafka, [lane, outcomes]);
      cleanups.push(() => following.stop());
      const all = [...sent, ...settled];
      await eventually(
        'all of it',
        () => all.every((name) => following.texts.includes(name)),
        patienceMs,
      );
      const counts = new Map<string, number>();
      for (const text of following.texts) counts.set(text, (counts.get(text) ?? 0) + 1);
      expect([...counts].filter(([, count]) => count > 1)).toEqual([]);
      // A settle whose fate was unknown may have come about, but then as a whole.
      const unknown = [...counts.keys()].filter((name) => !all.includes(name));
      expect(unknown.length % 3).toBe(0);
      expect(dispatcher.fatal).toEqual([]);
    }, 180_000);
  });
});
