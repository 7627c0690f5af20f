import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import type { Decided } from '../../../../services/policy/scaling/decide.ts';
import { emptyMemory } from '../../../../services/policy/scaling/memory.ts';
import type { Memory } from '../../../../services/policy/scaling/memory.ts';
import type { Observation } from '../../../../services/policy/scaling/observation.ts';
import type { ScalingSettings } from '../../../../services/policy/scaling/settings.ts';
import type { PoolState } from '../../../../services/shared/chunk/node-pools.ts';
import {
  beginMs,
  gpuPool,
  nodeOf,
  observationOf,
  scalingSettings,
  workerOf,
} from '../../../support/scaling-world/facts.ts';
import type { DueWork, Facts } from '../../../support/scaling-world/facts.ts';

/** More live video than one node can do by its deadline in 28 s; a node takes 20 s to boot. */
const burst: readonly DueWork[] = [{ priority: 'live', mediaMs: 400_000, leftMs: 28_000 }];

const first = (observation: Observation, settings = scalingSettings): Decided =>
  decide(observation, emptyMemory(observation.observedAtMs), settings);

const sizes = ({ decision }: Decided): readonly number[] =>
  decision.pools.map(({ nodesDesired }) => nodesDesired);
const reasons = ({ decision }: Decided): readonly string[] =>
  decision.pools.map(({ reason }) => reason);

const dearPool = { ...gpuPool, pool: 'dear', bootMsPrior: 30_000, pricePerHour: 3 };
const twoPools: ScalingSettings = { ...scalingSettings, pools: [gpuPool, dearPool] };
const stateOf = (pool: string): PoolState => ({
  pool,
  nodesDesired: 0,
  nodes: [],
  problem: null,
  pause: null,
});

describe('nodes that do not come', () => {
  it('are ordered from the next pool in the same tick when the pool says it cannot', () => {
    const ordered = observationOf({
      due: burst,
      nodesDesired: 4,
      problem: 'no capacity in this zone',
      pools: [stateOf('dear')],
    });
    const decided = first(ordered, twoPools);
    expect(reasons(decided)).toEqual(['backing-off', 'deadline']);
    expect(sizes(decided)[0]).toBe(4);
    expect(sizes(decided)[1]).toBeGreaterThan(1);
    const fine = first(observationOf({ due: burst, pools: [stateOf('dear')] }), twoPools);
    expect(sizes(fine)[1]).toBe(0);
  });

  /** Four nodes ordered this long ago, in the second of two looks. */
  function afterMs(agoMs: number): Decided {
    const booting = (ago: number): NonNullable<Facts['booting']> =>
      [1, 2, 3, 4].map((index) => nodeOf(`n${index}`, ago));
    const pools = [stateOf('dear')];
    const before = first(observationOf({ booting: booting(1000), pools }), twoPools);
    const later = observationOf({
      atMs: beginMs + agoMs - 1000,
      due: [{ priority: 'live', mediaMs: 250_000, leftMs: 28_000 }],
      booting: booting(agoMs),
      pools,
    });
    return decide(later, before.memory, twoPools);
  }

  it('count as half a boot away once they are a fifth late', () => {
    const coming = (decided: Decided): readonly number[] =>
      (decided.decision.capacity[0]?.coming ?? []).map(({ atMs }) => atMs - decided.decision.atMs);
    expect(coming(afterMs(15_000))).toEqual([5000, 5000, 5000, 5000]);
    expect(coming(afterMs(23_000))).toEqual([0, 0, 0, 0]);
    expect(coming(afterMs(25_000))).toEqual([10_000, 10_000, 10_000, 10_000]);
    expect(coming(afterMs(41_000))).toEqual([]);
  });

  it('count for nothing after twice a boot: that pool backs off and the next one takes over', () => {
    expect(sizes(afterMs(39_000))).toEqual([4, 0]);
    const late = afterMs(41_000);
    expect(reasons(late)).toEqual(['backing-off', 'deadline']);
    expect(sizes(late)[0]).toBe(4);
  });

  it('make the pool wait twice as long each time, up to six times the first', () => {
    let memory: Memory = emptyMemory(beginMs);
    const lengths = new Set<number>();
    for (let tick = 0; tick < 2000; tick += 1) {
      const atMs = beginMs + tick * 1000;
      const refused = observationOf({ atMs, due: burst, nodesDesired: 4, problem: 'none left' });
      ({ memory } = decide(refused, memory, scalingSettings));
      const backOff = memory.pools[0]?.backOff ?? null;
      if (backOff !== null) lengths.add(backOff.lengthMs);
    }
    expect([...lengths]).toEqual([60_000, 120_000, 240_000, 360_000]);
  });
});

describe('what is not known', () => {
  const unknown = { kind: 'unknown' as const, cause: 'nobody answers' };
  const known = observationOf({ due: burst, loaded: 1 });
  const cases: readonly (readonly [string, Observation])[] = [
    ['lag-unknown', { ...known, intake: unknown }],
    ['demand-unknown', { ...known, demand: unknown }],
    ['fleet-unknown', { ...known, workers: unknown }],
    ['pool-unknown', { ...known, pools: { gpu: unknown } }],
  ];

  it.each(cases)('holds the size and says so: %s', (reason, observation) => {
    const decided = first(observation);
    expect(reasons(decided)).toEqual([reason]);
    if (reason !== 'pool-unknown') expect(sizes(decided)).toEqual([1]);
  });

  it('would have moved it if it had been known', () => {
    expect(reasons(first(known))).toEqual(['deadline']);
    expect(sizes(first(known))).not.toEqual([1]);
  });

  it('of one pool does not keep the others from growing, and lets none of them shrink', () => {
    const pools = { ...known.pools, dear: unknown };
    const grown = first({ ...known, pools }, twoPools);
    expect(reasons(grown)).toEqual(['deadline', 'pool-unknown']);
    const idle = { ...twoPools, holdBoots: 0 };
    const quiet = observationOf({ loaded: 3, pools: [stateOf('dear')] });
    expect(sizes(first(quiet, idle))).toEqual([0, 0]);
    const blind = { ...quiet, pools: { ...quiet.pools, dear: unknown } };
    expect(sizes(first(blind, idle))[0]).toBe(3);
  });

  it('counts what was ordered where a pool cannot be asked any more', () => {
    const { memory, decision } = first(known);
    const wanted = decision.pools[0]?.nodesDesired ?? 0;
    const blind = { ...known, observedAtMs: beginMs + 1000, pools: { gpu: unknown } };
    const again = decide(blind, memory, scalingSettings);
    expect(sizes(again)).toEqual([wanted]);
    expect(again.decision.capacity[0]?.coming).toHaveLength(wanted - 1);
  });

  it('opens spill where demand or fleet are unknown, so that each deadline decides', () => {
    expect(first({ ...known, demand: unknown }).decision.spill.reason).toBe('unknown');
    const { decision } = first({ ...known, workers: unknown });
    expect(decision.spill).toMatchObject({ gate: 'open', reason: 'unknown' });
    expect(decision.capacity).toEqual([]);
  });
});

describe('a clock that jumps', () => {
  const watched = first(observationOf({ loaded: 4 }), { ...scalingSettings, holdBoots: 0.01 });

  it.each([
    ['backwards', -5000],
    ['by hours', 7_200_000],
  ])('%s holds every size for that tick', (_, byMs) => {
    const observation = observationOf({ atMs: beginMs + byMs, loaded: 4, due: burst });
    const jumped = decide(observation, watched.memory, scalingSettings);
    expect(reasons(jumped)).toEqual(['clock-jumped']);
    expect(sizes(jumped)).toEqual([4]);
    const later = { ...observation, observedAtMs: observation.observedAtMs + 1000 };
    expect(reasons(decide(later, jumped.memory, scalingSettings))).not.toContain('clock-jumped');
  });

  it('lets no node go until a hold has passed after it', () => {
    const settings = { ...scalingSettings, holdBoots: 1 };
    let { memory } = decide(observationOf({ atMs: beginMs - 5000, loaded: 4 }), watched.memory, {
      ...settings,
    });
    const wanted: number[] = [];
    for (let second = 1; second <= 23; second += 1) {
      const atMs = beginMs - 5000 + second * 1000;
      const decided = decide(observationOf({ atMs, loaded: 4 }), memory, settings);
      ({ memory } = decided);
      wanted.push(sizes(decided)[0] ?? 0);
    }
    expect(wanted.slice(0, 19)).toEqual(Array.from({ length: 19 }, () => 4));
    expect(wanted.at(-1)).toBe(0);
  });
});

describe('a scaler that starts again while nodes boot', () => {
  const booting = [nodeOf('n1', 10_000), nodeOf('n2', 10_000)];

  it('counts them by the age of their order, without any memory', () => {
    const { decision } = first(observationOf({ booting }));
    const coming = decision.capacity[0]?.coming ?? [];
    expect(coming.map(({ atMs }) => atMs - decision.atMs)).toEqual([10_000, 10_000]);
  });

  it('orders more if they do not suffice, and lets none go if they are too many', () => {
    expect(sizes(first(observationOf({ booting, due: burst })))[0]).toBeGreaterThan(2);
    const quiet = first(observationOf({ booting }));
    expect(sizes(quiet)).toEqual([2]);
    expect(reasons(quiet)).toEqual(['fresh-memory']);
  });

  it('takes an old node without a worker for one whose worker comes again', () => {
    const lost = first(observationOf({ booting: [nodeOf('n1', 900_000)] }));
    expect(lost.decision.capacity[0]?.coming).toHaveLength(1);
  });
});

describe('nodes that leave', () => {
  it('count for nothing, and neither do their workers', () => {
    const leaving = [nodeOf('n1', 600_000, { phase: 'leaving' })];
    const workers = [workerOf('w1', { node: 'n1' })];
    const { decision } = first(observationOf({ booting: leaving, nodesDesired: 0, workers }));
    expect(decision.pools[0]).toMatchObject({ nodesCurrent: 0, nodesLoaded: 0 });
    expect(decision.capacity[0]?.slotsReady).toBe(0);
    expect(decision.spill.reason).toBe('no-gpu');
  });
});
