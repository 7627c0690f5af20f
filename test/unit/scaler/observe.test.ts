import { describe, expect, it } from 'vitest';
import { createDemandView } from '../../../services/scaler/hear-demand.ts';
import { createOperatorView } from '../../../services/scaler/hear-operator.ts';
import { createIntakeLagReader } from '../../../services/scaler/intake-lag.ts';
import { observe, workerFacts } from '../../../services/scaler/observe.ts';
import { memoryNodePools } from '../../../services/scaler/pools/memory.ts';
import { encodeDemand } from '../../../services/shared/chunk/demand.ts';
import type { Demand } from '../../../services/shared/chunk/demand.ts';
import { encodeHeartbeat } from '../../../services/shared/chunk/fleet.ts';
import { topicsWithPrefix } from '../../../services/shared/chunk/topics.ts';
import { createBrokerClock } from '../../../services/shared/clock/broker-clock.ts';
import { ManualClock } from '../../../services/shared/clock/manual.ts';
import { createFleetWatch } from '../../../services/shared/kafka/fleet-watch.ts';
import { KafkaPortError } from '../../../services/shared/kafka/ports.ts';
import type { LagReader, PartitionLag, ReadBatch } from '../../../services/shared/kafka/ports.ts';
import { heartbeatOf } from '../../support/dispatcher-term.ts';

const topics = topicsWithPrefix('seen.');
/** The broker's clock is an hour ahead of this machine's. */
const brokerAheadMs = 3_600_000;

const demand: Demand = {
  term: 'aaa',
  sequence: 1,
  publishedAtMs: brokerAheadMs,
  queues: [],
  tallies: [],
  order: 'earliest-deadline',
  directive: { state: 'none', term: null, sequence: null },
  spill: { isOpen: false, verdicts: [] },
};

const lagOf = (topic: string, own: Partial<PartitionLag> = {}): PartitionLag => ({
  topic,
  partition: 0,
  logStart: 0,
  logEnd: 10,
  committed: 4,
  settledAbove: 1,
  lost: 0,
  lag: 5,
  ...own,
});

const lagReaderOf = (read: LagReader['read']): LagReader => ({
  read,
  close: () => Promise.resolve(),
});

function batchOf(values: readonly (readonly [key: string, json: string])[]): ReadBatch {
  const records = values.map(([key, json], offset) => ({
    topic: 'any',
    partition: 0,
    offset,
    key: Buffer.from(key),
    value: Buffer.from(json),
    headers: [],
    timestampMs: brokerAheadMs,
  }));
  const nextOffset = records.length;
  const place = { topic: 'any', partition: 0, fromOffset: 0, nextOffset };
  return { ...place, records, caughtUp: true, askedAtMs: 0 };
}

function sensesOf(lag: LagReader) {
  const clock = new ManualClock(0);
  const brokerClock = createBrokerClock(clock);
  brokerClock.observe({
    sentAtMonotonicMs: 0,
    acknowledgedAtMonotonicMs: 0,
    appendedAtMs: brokerAheadMs,
  });
  return {
    clock,
    brokerClock,
    intake: createIntakeLagReader({ lag, clock }, topics),
    demand: createDemandView(),
    fleet: createFleetWatch(workerFacts),
    pools: memoryNodePools([{ pool: 'gpu', reachedAfterMs: [] }], clock),
    operator: createOperatorView(),
  };
}

const allIntake = [
  lagOf(topics.intake('live')),
  lagOf(topics.intake('live'), { partition: 1, lag: 2, logEnd: 7 }),
  lagOf(topics.intake('standard'), { lag: 0 }),
  lagOf(topics.intake('bulk'), { lag: 1 }),
];

describe('an observation', () => {
  it('holds everything as of one moment, in the time of the broker', async () => {
    const senses = sensesOf(lagReaderOf(() => Promise.resolve(allIntake)));
    const heartbeat = encodeHeartbeat(heartbeatOf('worker-a', 1));
    for (const nowMs of [0, 1000, 2000, 3000]) {
      senses.fleet.apply({ ...batchOf([['worker-a', heartbeat]]), askedAtMs: nowMs }, nowMs);
    }
    senses.demand.apply(batchOf([['demand', encodeDemand(demand)]]));
    await senses.clock.elapseMs(3000);
    const seen = await observe(senses, ['gpu', 'tpu']);
    expect(seen).toEqual({
      observedAtMs: brokerAheadMs + 3000,
      intake: {
        kind: 'known',
        value: [
          { priority: 'live', chunks: 7, logEnd: 17 },
          { priority: 'standard', chunks: 0, logEnd: 10 },
          { priority: 'bulk', chunks: 1, logEnd: 10 },
        ],
      },
      demand: { kind: 'known', value: demand },
      workers: { kind: 'known', value: [expect.objectContaining({ worker: 'worker-a' })] },
      pools: {
        gpu: {
          kind: 'known',
          value: { pool: 'gpu', nodesDesired: 0, nodes: [], problem: null, pause: null },
        },
        tpu: { kind: 'unknown', cause: 'there is no pool tpu, only gpu' },
      },
      operator: { kind: 'unknown', cause: 'what operators said was not read yet' },
    });
    expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
  });

  it('knows no lag that is refused, late or without a committed offset', async () => {
    const refused = lagReaderOf(() =>
      Promise.reject(new KafkaPortError('unreachable', 'no broker answers')),
    );
    expect((await observe(sensesOf(refused), [])).intake).toEqual({
      kind: 'unknown',
      cause: 'no broker answers',
    });
    const never = lagReaderOf(() =>
      Promise.resolve([lagOf(topics.intake('live'), { committed: null })]),
    );
    expect((await observe(sensesOf(never), [])).intake).toMatchObject({
      cause: expect.stringContaining('has no committed offset'),
    });
  });

  it('waits two seconds for the lag, and asks no second time while the first is out', async () => {
    let reads = 0;
    let answer: (lag: readonly PartitionLag[]) => void = () => undefined;
    const senses = sensesOf(
      lagReaderOf(() => {
        reads += 1;
        return new Promise((resolve) => {
          answer = resolve;
        });
      }),
    );
    const late = observe(senses, []);
    await senses.clock.elapseMs(2000);
    expect((await late).intake).toMatchObject({ cause: 'the lag was not read within 2000 ms' });
    expect((await observe(senses, [])).intake).toMatchObject({
      cause: 'an earlier read of the lag has not ended',
    });
    expect(reads).toBe(1);
    answer(allIntake);
    await senses.clock.elapseMs(0);
    const next = observe(senses, []);
    answer(allIntake);
    expect((await next).intake.kind).toBe('known');
    expect(reads).toBe(2);
  });

  it('knows who works only after three watched seconds, and while it follows the fleet', async () => {
    const senses = sensesOf(lagReaderOf(() => Promise.resolve(allIntake)));
    const follow = async (durationMs: number): Promise<void> => {
      for (let passedMs = 0; passedMs <= durationMs; passedMs += 500) {
        const nowMs = senses.clock.monotonicMs();
        senses.fleet.apply({ ...batchOf([]), askedAtMs: nowMs }, nowMs);
        await senses.clock.elapseMs(500);
      }
    };
    await follow(1000);
    expect((await observe(senses, [])).workers.kind).toBe('unknown');
    await follow(2000);
    expect((await observe(senses, [])).workers).toEqual({ kind: 'known', value: [] });
    await senses.clock.elapseMs(3001);
    expect((await observe(senses, [])).workers.kind).toBe('unknown');
  });

  it('leaves out a worker that was silent for three watched seconds', async () => {
    const senses = sensesOf(lagReaderOf(() => Promise.resolve(allIntake)));
    const heartbeat = encodeHeartbeat(heartbeatOf('worker-a', 1));
    senses.fleet.apply({ ...batchOf([['worker-a', heartbeat]]), askedAtMs: 0 }, 0);
    for (let nowMs = 500; nowMs <= 4000; nowMs += 500) {
      senses.fleet.apply({ ...batchOf([]), askedAtMs: nowMs }, nowMs);
    }
    await senses.clock.elapseMs(4000);
    expect((await observe(senses, [])).workers).toEqual({ kind: 'known', value: [] });
  });
});

describe('the demand', () => {
  const heard = (own: Partial<Demand>, brokerNowMs: number) => {
    const view = createDemandView();
    view.apply(batchOf([['demand', encodeDemand({ ...demand, ...own })]]));
    return view.read(brokerNowMs).kind;
  };

  it('is unknown before the first word and after five seconds of broker time', () => {
    expect(createDemandView().read(0).kind).toBe('unknown');
    expect(heard({}, brokerAheadMs + 5000)).toBe('known');
    expect(heard({}, brokerAheadMs + 5001)).toBe('unknown');
  });

  it('is as old as the dispatcher says, where that hung before it sent', () => {
    expect(heard({ publishedAtMs: brokerAheadMs - 4000 }, brokerAheadMs + 2000)).toBe('unknown');
  });

  it('is unknown where the last word cannot be read', () => {
    const view = createDemandView();
    view.apply(batchOf([['demand', encodeDemand(demand)]]));
    view.apply(batchOf([['demand', '{}']]));
    expect(view.read(brokerAheadMs)).toMatchObject({
      cause: expect.stringContaining('cannot be read'),
    });
  });
});
