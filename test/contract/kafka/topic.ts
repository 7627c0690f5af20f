import { describe, expect, it } from 'vitest';
import { inlineBytesDefault, sizeLimits } from '../../../services/shared/chunk/limits.ts';
import { topicPlan } from '../../../services/shared/chunk/topic-plan.ts';
import { topicsWithPrefix } from '../../../services/shared/chunk/topics.ts';
import type { TopicReport, TopicSettings } from '../../../services/shared/kafka/ports.ts';
import { codeOf, record, sessionTimeoutMs } from './bench.ts';
import type { Bench, CurrentBench } from './bench.ts';

const ensure = async (bench: Bench, settings: TopicSettings): Promise<TopicReport | undefined> => {
  const admin = await bench.harness.connect().topicAdmin();
  try {
    return (await admin.ensure([settings]))[0];
  } finally {
    await admin.close();
  }
};

const settingsFor = (bench: Bench): TopicSettings => ({
  topic: bench.named('topic'),
  partitions: 2,
  replication: 1,
  config: { 'retention.ms': '3600000' },
});

const partitionCount = async (bench: Bench, topic: string): Promise<number | null | undefined> => {
  const admin = await bench.harness.connect().topicAdmin();
  try {
    return (await admin.partitionCounts([topic])).get(topic);
  } finally {
    await admin.close();
  }
};

export function topicContract(current: CurrentBench): void {
  describe('topics', () => {
    it('still takes records after more copies were wanted than it has', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const admin = await bench.harness.connect().topicAdmin();
      const config = { 'min.insync.replicas': '2' };
      const [report] = await admin.ensure([{ topic, partitions: 1, replication: 3, config }]);
      await admin.close();
      expect(report?.warnings.join()).toContain(topic);
      expect(await bench.send(record(topic, 'a'))).toEqual([0]);
    });

    it('are created once, and left alone when they are as they should be', async () => {
      const bench = current();
      const settings = settingsFor(bench);
      const created = await ensure(bench, settings);
      expect(created).toEqual({
        topic: settings.topic,
        partitions: 2,
        action: 'created',
        warnings: [],
      });
      const again = await ensure(bench, settings);
      expect(again).toEqual({
        topic: settings.topic,
        partitions: 2,
        action: 'unchanged',
        warnings: [],
      });
    });

    it('grow, and keep what they hold', async () => {
      const bench = current();
      const settings = settingsFor(bench);
      await ensure(bench, settings);
      await bench.send(record(settings.topic, 'kept', 1));
      const grown = await ensure(bench, { ...settings, partitions: 4 });
      expect([grown?.action, grown?.partitions]).toEqual(['grown', 4]);
      expect(await partitionCount(bench, settings.topic)).toBe(4);
      const following = await bench.follow(settings.topic);
      await bench.until('the kept record', () => following.texts().includes('kept'));
    });

    it('never shrink: what is larger than wanted stays so, with a warning that names it', async () => {
      const bench = current();
      const settings = settingsFor(bench);
      await ensure(bench, settings);
      const report = await ensure(bench, { ...settings, partitions: 1 });
      expect([report?.action, report?.partitions]).toEqual(['unchanged', 2]);
      expect(report?.warnings).toEqual([expect.stringContaining(settings.topic)]);
    });

    it('get the configuration that is wanted, once', async () => {
      const bench = current();
      const settings = settingsFor(bench);
      await ensure(bench, settings);
      const wanted = { ...settings, config: { 'retention.ms': '7200000' } };
      expect((await ensure(bench, wanted))?.action).toBe('changed');
      expect((await ensure(bench, wanted))?.action).toBe('unchanged');
    });

    it('of the plan are all accepted as planned, and found unchanged the second time', async () => {
      const bench = current();
      const plan = topicPlan({
        topics: topicsWithPrefix(bench.named('plan.')),
        limits: sizeLimits(inlineBytesDefault),
        partitions: { intake: 2, lane: { gpu: 2, cpu: 2 }, done: 1, outcomes: 1 },
        replication: 1,
      });
      const admin = await bench.harness.connect().topicAdmin();
      bench.onClose(() => admin.close());
      const created = await admin.ensure(plan);
      expect(created.map(({ action }) => action)).toEqual(plan.map(() => 'created'));
      const again = await admin.ensure(plan);
      expect(again.map(({ action }) => action)).toEqual(plan.map(() => 'unchanged'));
      expect(again.flatMap(({ warnings }) => warnings)).toEqual([]);
    });

    it('tell how long they keep a record, their own time or for ever', async () => {
      const bench = current();
      const days = await bench.createTopic('days');
      const ever = bench.named('ever');
      const hour = settingsFor(bench);
      await ensure(bench, hour);
      await ensure(bench, { ...hour, topic: ever, config: { 'retention.ms': '-1' } });
      const admin = await bench.harness.connect().topicAdmin();
      bench.onClose(() => admin.close());
      expect(await admin.retentionMs([hour.topic, ever, days])).toEqual(
        new Map([
          [hour.topic, 3_600_000],
          [ever, null],
          [days, 604_800_000],
        ]),
      );
    });

    it('that are missing count as null, and asking does not create them', async () => {
      const bench = current();
      const topic = bench.named('nowhere');
      expect(await partitionCount(bench, topic)).toBeNull();
      expect(await partitionCount(bench, topic)).toBeNull();
    });
  });

  describe('first offsets of a group', () => {
    it('are committed at the start of each log, once, and only where none are', async () => {
      const bench = current();
      const settings = { ...settingsFor(bench), partitions: 1 };
      const group = bench.named('group');
      await ensure(bench, settings);
      await bench.send(record(settings.topic, 'gone'), record(settings.topic, 'there'));
      await bench.harness.deleteBefore({ topic: settings.topic, partition: 0 }, 1);
      expect(await bench.ensureGroupOffsets(group, [settings.topic])).toBe(1);
      expect(await bench.ensureGroupOffsets(group, [settings.topic])).toBe(0);
      await ensure(bench, { ...settings, partitions: 3 });
      expect(await bench.ensureGroupOffsets(group, [settings.topic])).toBe(2);
      const lags = await bench.lag(group, settings.topic);
      expect(lags.map(({ committed }) => committed)).toEqual([1, 0, 0]);
    });

    it('are refused to partitions that are new while the group has members', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const [intake = ''] = options.workTopics;
      const dispatching = await bench.dispatch(options);
      await bench.until('an active member', () => dispatching.isActive);
      await ensure(bench, { topic: intake, partitions: 3, replication: 1, config: {} });
      expect(await codeOf(bench.ensureGroupOffsets(options.group, [intake]))).not.toBe('none');
      expect((await bench.lag(options.group, intake))[2]?.committed).toBeNull();
    });
  });

  describe('a topic that is missing', () => {
    it('stops each verb that needs it with topic-missing, and is not created by asking', async () => {
      const bench = current();
      const topic = bench.named('nowhere');
      const connection = bench.harness.connect();
      const group = bench.named('group');
      expect(await codeOf(bench.send(record(topic, 'lost')))).toBe('topic-missing');
      expect(await codeOf(bench.lag(group, topic))).toBe('topic-missing');
      expect(await codeOf(bench.follow(topic))).toBe('topic-missing');
      expect(await codeOf(bench.ensureGroupOffsets(group, [topic]))).toBe('topic-missing');
      const admin = await connection.topicAdmin();
      bench.onClose(() => admin.close());
      expect(await codeOf(admin.retentionMs([topic]))).toBe('topic-missing');
      const transactionalId = bench.named('dispatcher');
      const source = connection.roleSource({
        group,
        transactionalId,
        workTopics: [topic],
        reportTopic: topic,
        sessionTimeoutMs,
      });
      bench.onClose(() => source.stop());
      const ignored = (): void => undefined;
      const handlers = {
        onActive: ignored,
        onBatch: ignored,
        onInactive: ignored,
        onLost: ignored,
        onFatal: ignored,
      };
      expect(await codeOf(source.start(handlers))).toBe('topic-missing');
      expect(await partitionCount(bench, topic)).toBeNull();
    });
  });
}
