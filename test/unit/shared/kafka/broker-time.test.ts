import { describe, expect, it } from 'vitest';
import { createBrokerClock } from '../../../../services/shared/clock/broker-clock.ts';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';
import { keepBrokerTime } from '../../../../services/shared/kafka/broker-time.ts';
import { KafkaPortError } from '../../../../services/shared/kafka/ports.ts';
import type { OutgoingRecord } from '../../../../services/shared/kafka/ports.ts';
import { recordedLog } from '../../../../services/shared/process/recorded-log.ts';

const brokerAheadMs = 5_000_000;

function keptTime() {
  const clock = new ManualClock(0);
  const brokerClock = createBrokerClock(clock);
  const log = recordedLog();
  const sent: OutgoingRecord[] = [];
  const broker = { isUp: true };
  const ended = new AbortController();
  const sink = {
    send: (records: readonly OutgoingRecord[]) => {
      if (!broker.isUp) return Promise.reject(new KafkaPortError('unreachable', 'no broker'));
      sent.push(...records);
      const appendedAtMs = clock.monotonicMs() + brokerAheadMs;
      const place = { topic: 'fleet', partition: 0, offset: sent.length };
      return Promise.resolve([{ ...place, appendedAtMs }]);
    },
    close: () => Promise.resolve(),
  };
  const keeping = keepBrokerTime({ clock, brokerClock, sink, log }, 'fleet', ended.signal);
  return { clock, brokerClock, log, sent, broker, ended, keeping };
}

describe('keeping the time of the broker', () => {
  it('asks at once and each minute, by records that mean nothing to readers', async () => {
    const { clock, brokerClock, sent, ended, keeping } = keptTime();
    await clock.elapseMs(0);
    expect(brokerClock.nowMs()).toBe(brokerAheadMs);
    await clock.elapseMs(120_000);
    expect(sent).toHaveLength(3);
    expect(sent[0]).toMatchObject({ topic: 'fleet', partition: 0, value: null });
    ended.abort();
    await keeping;
    expect(clock.waitingCount()).toBe(0);
  });

  it('asks again soon while no broker answers, and says so', async () => {
    const { clock, brokerClock, log, sent, broker, ended, keeping } = keptTime();
    broker.isUp = false;
    await clock.elapseMs(60_500);
    expect(log.lines.map(({ event }) => event)).toContain('clock-probe-failed');
    expect(brokerClock.isSet()).toBe(true);
    broker.isUp = true;
    await clock.elapseMs(250);
    expect(sent).toHaveLength(2);
    ended.abort();
    await keeping;
  });
});
