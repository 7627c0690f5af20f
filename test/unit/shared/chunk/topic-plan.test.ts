import { describe, expect, it } from 'vitest';
import { mebibyte, sizeLimits } from '../../../../services/shared/chunk/limits.ts';
import { topicPlan } from '../../../../services/shared/chunk/topic-plan.ts';
import type { PlannedTopic } from '../../../../services/shared/chunk/topic-plan.ts';
import {
  allLanes,
  defaultTopicPrefix,
  isTopicPrefix,
  topicsWithPrefix,
} from '../../../../services/shared/chunk/topics.ts';

const topics = topicsWithPrefix(defaultTopicPrefix);
const limits = sizeLimits(8 * mebibyte);

const planFor = (replication: number): ReadonlyMap<string, PlannedTopic> =>
  new Map(
    topicPlan({
      topics,
      limits,
      replication,
      partitions: { intake: 12, lane: { gpu: 32, cpu: 64 }, done: 6, outcomes: 3 },
    }).map((planned) => [planned.topic, planned]),
  );

const config = (topic: string, name: string): string | undefined =>
  planFor(3).get(topic)?.config[name];

const retentionMs = (topic: string): number => Number(config(topic, 'retention.ms'));

describe('the topic plan', () => {
  it('has every topic once, with its partitions', () => {
    const partitions = [...planFor(3)].map(([topic, planned]) => `${topic} ${planned.partitions}`);
    expect(partitions).toEqual([
      'spillway.intake.live 12',
      'spillway.intake.standard 12',
      'spillway.intake.bulk 12',
      'spillway.gpu.live 32',
      'spillway.gpu.standard 32',
      'spillway.gpu.bulk 32',
      'spillway.cpu.live 64',
      'spillway.cpu.standard 64',
      'spillway.cpu.bulk 64',
      'spillway.done 6',
      'spillway.results 3',
      'spillway.dead-letters 3',
      'spillway.expired 3',
      'spillway.fleet 1',
      'spillway.demand 1',
      'spillway.directive 1',
      'spillway.operator 1',
    ]);
  });

  it('lets each record pass on: nothing is smaller than what is copied into it', () => {
    const bytes = (topic: string): number => Number(config(topic, 'max.message.bytes'));
    const intake = bytes(topics.intake('live'));
    expect(intake).toBe(limits.intakeRecordBytesMax);
    for (const topic of [...allLanes.map((lane) => topics.lane(lane)), topics.deadLetters]) {
      expect([topic, bytes(topic) - intake]).toEqual([topic, 64 * 1024]);
    }
    expect(bytes(topics.done)).toBe(limits.innerRecordBytesMax);
    expect(bytes(topics.results)).toBeGreaterThan(bytes(topics.done));
  });

  it('never asks for a segment that is smaller than a record, or than Kafka allows', () => {
    for (const { topic, config: settings } of planFor(3).values()) {
      const segmentBytes = Number(settings['segment.bytes'] ?? 1024 * mebibyte);
      expect([topic, segmentBytes >= Number(settings['max.message.bytes'])]).toEqual([topic, true]);
      expect(segmentBytes).toBeGreaterThanOrEqual(mebibyte);
    }
  });

  it('has the broker’s time and no compression everywhere', () => {
    for (const { config: settings } of planFor(3).values()) {
      expect(settings['message.timestamp.type']).toBe('LogAppendTime');
      expect(settings['compression.type']).toBe('uncompressed');
    }
  });

  it('waits for two copies when there are three, and for one when there are fewer', () => {
    const inSync = (replication: number): ReadonlySet<string | undefined> =>
      new Set([...planFor(replication).values()].map((each) => each.config['min.insync.replicas']));
    expect(inSync(3)).toEqual(new Set(['2']));
    expect(inSync(5)).toEqual(new Set(['2']));
    expect(inSync(2)).toEqual(new Set(['1']));
    expect(inSync(1)).toEqual(new Set(['1']));
  });

  it('keeps intake longer than anything that only repeats it, and lanes for minutes', () => {
    const lane = topics.lane({ kind: 'gpu', priority: 'live' });
    expect(retentionMs(lane)).toBe(600_000);
    expect(Number(config(lane, 'segment.ms'))).toBeLessThan(retentionMs(lane));
    expect(retentionMs(topics.done)).toBeGreaterThan(retentionMs(lane));
    expect(retentionMs(topics.intake('bulk'))).toBeGreaterThan(retentionMs(topics.done));
    // The window of known identities is read back from the outcomes: an hour by default.
    for (const topic of [topics.results, topics.deadLetters, topics.expired]) {
      expect(retentionMs(topic)).toBeGreaterThan(24 * 3_600_000);
    }
  });

  it('compacts fleet and forgets it after an hour', () => {
    expect(config(topics.fleet, 'cleanup.policy')).toBe('compact,delete');
    expect(retentionMs(topics.fleet)).toBe(3_600_000);
    expect(config(topics.done, 'cleanup.policy')).toBe('delete');
  });

  it('forgets nothing of the directive by age: the memory of the scaler stands there', () => {
    expect(config(topics.directive, 'cleanup.policy')).toBe('compact');
    expect(config(topics.directive, 'retention.ms')).toBeUndefined();
    expect(config(topics.demand, 'cleanup.policy')).toBe('compact,delete');
  });

  it('writes all configuration as text, as Kafka wants it', () => {
    for (const { config: settings } of planFor(1).values()) {
      for (const value of Object.values(settings)) expect(value).toMatch(/^[a-zA-Z0-9.,-]+$/);
    }
  });
});

describe('a topic prefix', () => {
  it('is what Kafka allows in a topic’s name, with room for the rest', () => {
    const { prefix } = topics;
    const good = [prefix, '', 'a-b_c.', 'x'.repeat(200)];
    expect(good.map(isTopicPrefix)).toEqual([true, true, true, true]);
    const bad = ['a b', 'a/b', 'ä', 'x'.repeat(201), 'a\n'];
    expect(bad.map(isTopicPrefix)).toEqual([false, false, false, false, false]);
  });
});
