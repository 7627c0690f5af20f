import { describe, expect, it } from 'vitest';
import { tellDemand } from '../../../../services/dispatcher/telling/tell-demand.ts';
import { encodeDemand } from '../../../../services/shared/chunk/demand.ts';
import type { Demand } from '../../../../services/shared/chunk/demand.ts';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';
import { KafkaPortError } from '../../../../services/shared/kafka/ports.ts';
import type { OutgoingRecord } from '../../../../services/shared/kafka/ports.ts';
import { recordedLog } from '../../../../services/shared/process/recorded-log.ts';

const demand: Demand = {
  term: 'thisterm',
  sequence: 1,
  publishedAtMs: 0,
  queues: [],
  tallies: [],
  order: 'earliest-deadline',
  directive: { state: 'none', term: null, sequence: null },
  spill: { isOpen: true, verdicts: [] },
};

function telling(next: () => Demand | null) {
  const clock = new ManualClock(0);
  const log = recordedLog();
  const told: OutgoingRecord[] = [];
  const ended = new AbortController();
  let isReachable = true;
  const laneSender = {
    keepTime: () => Promise.resolve(),
    send: () => Promise.resolve(),
    tell: (record: OutgoingRecord) => {
      if (!isReachable) return Promise.reject(new KafkaPortError('unreachable', 'no broker'));
      told.push(record);
      return Promise.resolve();
    },
  };
  void tellDemand({ clock, log, laneSender }, 'demand', { ended: ended.signal, demand: next });
  const reach = (isUp: boolean): void => {
    isReachable = isUp;
  };
  return { clock, log, told, ended, reach };
}

describe('telling the demand', () => {
  it('goes on every second under one key, until the term ends', async () => {
    const { clock, told, ended } = telling(() => demand);
    await clock.elapseMs(3500);
    expect(told).toHaveLength(3);
    expect(told[0]).toMatchObject({ topic: 'demand', key: Buffer.from('dispatcher') });
    expect(told[0]?.value?.toString()).toBe(encodeDemand(demand));
    ended.abort();
    await clock.elapseMs(3000);
    expect(told).toHaveLength(3);
  });

  it('says nothing while nothing is known', async () => {
    const { clock, told } = telling(() => null);
    await clock.elapseMs(3000);
    expect(told).toEqual([]);
  });

  it('goes on when it was not heard, and says so once', async () => {
    const { clock, told, log, reach } = telling(() => demand);
    reach(false);
    await clock.elapseMs(3000);
    reach(true);
    await clock.elapseMs(1000);
    expect(told).toHaveLength(1);
    expect(log.lines.map(({ event }) => event)).toEqual(['demand-not-told']);
  });
});
