import { describe, expect, it } from 'vitest';
import { createIntakeRetention } from '../../../../services/dispatcher/reading/intake-retention.ts';
import { ManualClock, seededRandom } from '../../../../services/shared/clock/manual.ts';
import { MemoryKafka } from '../../../../services/shared/kafka/memory/kafka.ts';
import { recordedLog } from '../../../../services/shared/process/recorded-log.ts';

const kept = (topic: string, retentionMs: number) => ({
  topic,
  partitions: 1,
  replication: 1,
  config: { 'retention.ms': String(retentionMs) },
});

async function retentionOf(...topics: readonly string[]) {
  const clock = new ManualClock(0);
  const log = recordedLog();
  const connection = new MemoryKafka({ clock, random: seededRandom(1) }).connect();
  const admin = await connection.topicAdmin();
  const retention = createIntakeRetention({ admin, clock, log }, topics);
  return { clock, log, admin, retention };
}

describe('how long intake keeps its records', () => {
  it('is what the broker says, without what is kept for ever', async () => {
    const { clock, admin, retention } = await retentionOf('live', 'bulk');
    await admin.ensure([kept('live', 60_000), kept('bulk', -1)]);
    expect(retention.current().size).toBe(0);
    void retention.keepCurrent(new AbortController().signal);
    await clock.elapseMs(1);
    expect(retention.current()).toEqual(new Map([['live', 60_000]]));
  });

  it('follows an operator who changes it, within minutes', async () => {
    const { clock, admin, retention } = await retentionOf('live');
    await admin.ensure([kept('live', 60_000)]);
    void retention.keepCurrent(new AbortController().signal);
    await clock.elapseMs(1);
    await admin.ensure([kept('live', 30_000)]);
    await clock.elapseMs(5 * 60_000);
    expect(retention.current()).toEqual(new Map([['live', 30_000]]));
  });

  it('is asked for until it is told, with one line about it', async () => {
    const { clock, admin, retention, log } = await retentionOf('live');
    void retention.keepCurrent(new AbortController().signal);
    await clock.elapseMs(12_000);
    expect(log.lines.map(({ event }) => event)).toEqual(['intake-retention-unknown']);
    await admin.ensure([kept('live', 60_000)]);
    await clock.elapseMs(5000);
    expect(retention.current()).toEqual(new Map([['live', 60_000]]));
  });
});
