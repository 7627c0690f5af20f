import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import type { Decided } from '../../../../services/policy/scaling/decide.ts';
import { emptyMemory } from '../../../../services/policy/scaling/memory.ts';
import type { Observation } from '../../../../services/policy/scaling/observation.ts';
import {
  beginMs,
  gpuPool,
  nodeOf,
  observationOf,
  scalingSettings,
  workerOf,
} from '../../../support/scaling-world/facts.ts';
import type { DueWork } from '../../../support/scaling-world/facts.ts';
import { calmWorld, runWorld } from '../../../support/scaling-world/little-world.ts';
import type { Arrival, WorldTick } from '../../../support/scaling-world/little-world.ts';

/** One node does 4 s of video a second and takes 20 s to boot. */
const nodeSpeed = gpuPool.slotsPerNode * gpuPool.slotSpeedPrior;

/** Four nodes' worth of live video, due in 28 s. */
const burst: readonly DueWork[] = [{ priority: 'live', mediaMs: 400_000, leftMs: 28_000 }];

const first = (observation: Observation, settings = scalingSettings): Decided =>
  decide(observation, emptyMemory(observation.observedAtMs), settings);

const sizes = ({ decision }: Decided | WorldTick): readonly number[] =>
  decision.pools.map(({ nodesDesired }) => nodesDesired);

const chunks = (priority: Arrival['priority'], count: number): readonly Arrival[] =>
  Array.from({ length: count }, () => ({ priority, mediaMs: 4000 }));

function tickOf(ticks: readonly WorldTick[], second: number): WorldTick {
  const tick = ticks[second];
  if (tick === undefined) throw new Error(`the world of this test has no second ${second}`);
  return tick;
}

/** How often more nodes were wanted than in the tick before, from that second on. */
function orders(ticks: readonly WorldTick[], fromSecond: number): number {
  const desired = ticks.map((tick) => sizes(tick)[0] ?? 0);
  return desired.filter(
    (nodes, second) => second >= Math.max(1, fromSecond) && nodes > (desired[second - 1] ?? 0),
  ).length;
}

describe('constant load', () => {
  it('comes to as many nodes as it keeps busy, and starts none after that', () => {
    // 10 s of video a second: two and a half nodes.
    const arrivals = (second: number): readonly Arrival[] =>
      chunks('live', second % 2 === 0 ? 5 : 0);
    const ticks = runWorld({ ...calmWorld, settings: scalingSettings, seconds: 400, arrivals });
    expect(sizes(tickOf(ticks, 399))).toEqual([3]);
    expect(orders(ticks, 120)).toBe(0);
  });
});

describe('one batch that is due long after a boot', () => {
  const patient = {
    ...scalingSettings,
    objectiveMs: { ...scalingSettings.objectiveMs, bulk: 600_000 },
  };
  const batch = (second: number): readonly Arrival[] => (second === 10 ? chunks('bulk', 1000) : []);
  const mediaMs = 4_000_000;

  it('orders at once what finishes it by its deadline, and nothing later', () => {
    const ticks = runWorld({ ...calmWorld, settings: patient, seconds: 660, arrivals: batch });
    const needed = Math.ceil(mediaMs / (nodeSpeed * (600_000 - gpuPool.bootMsPrior)));
    expect(sizes(tickOf(ticks, 10))).toEqual([needed]);
    expect(orders(ticks, 11)).toBe(0);
    expect(ticks.at(-1)?.lateChunks).toBe(0);
  });

  it('orders less where CPU workers do a part of it', () => {
    const due = [{ priority: 'bulk' as const, mediaMs, leftMs: 600_000 }];
    const cpu = workerOf('cpu', { kind: 'cpu', pool: 'cpu', slots: 4 });
    expect(sizes(first(observationOf({ due }), patient))).toEqual([2]);
    expect(sizes(first(observationOf({ due, workers: [cpu] }), patient))).toEqual([1]);
    const shut = { ...patient, spill: 'shut' as const };
    expect(sizes(first(observationOf({ due, workers: [cpu] }), shut))).toEqual([2]);
  });
});

describe('a burst shorter than a boot', () => {
  const slow = {
    ...scalingSettings,
    pools: [{ ...gpuPool, nodesMin: 1, bootMsPrior: 120_000 }],
    persistenceBoots: 0.1,
  };
  // 320 s of video in 10 s, to a node that does 4 s a second.
  const arrivals = (second: number): readonly Arrival[] =>
    second >= 300 && second < 310 ? chunks('live', 8) : [];

  it('starts no node when ready and CPU workers carry it', () => {
    const ticks = runWorld({ ...calmWorld, settings: slow, seconds: 500, cpuSlots: 8, arrivals });
    expect(orders(ticks, 1)).toBe(0);
    expect(ticks.at(-1)?.lateChunks).toBe(0);
  });

  it('starts some only when it is taken to go on', () => {
    const alone = runWorld({ ...calmWorld, settings: slow, seconds: 500, arrivals });
    expect(orders(alone, 1)).toBe(0);
    const persistent = { ...slow, persistenceBoots: 5 };
    const ticks = runWorld({ ...calmWorld, settings: persistent, seconds: 500, arrivals });
    expect(orders(ticks, 1)).toBeGreaterThan(0);
  });
});

describe('an idle gap', () => {
  /** A burst, a gap of so many seconds, and the same burst; the fewest nodes wanted in between. */
  function fewestInGap(gapSeconds: number): number {
    const again = 60 + gapSeconds;
    const ticks = runWorld({
      ...calmWorld,
      settings: scalingSettings,
      seconds: again + 1,
      arrivals: (second) => (second < 60 || second >= again ? chunks('live', 4) : []),
    });
    return Math.min(...ticks.slice(60).map((tick) => sizes(tick)[0] ?? 0));
  }

  it('shorter than the hold keeps the nodes, a longer one releases them', () => {
    expect(fewestInGap(35)).toBeGreaterThanOrEqual(4);
    expect(fewestInGap(200)).toBe(0);
  });
});

describe('what is learned', () => {
  it('is how long nodes really take to boot', () => {
    const ticks = runWorld({
      ...calmWorld,
      settings: scalingSettings,
      seconds: 120,
      arrivals: () => chunks('live', 2),
      bootMs: () => 33_000,
    });
    expect(ticks[0]?.decision.pools[0]?.figures['bootMs']).toBe(20_000);
    expect(ticks.at(-1)?.decision.pools[0]?.figures['bootMs']).toBe(33_000);
    expect(ticks.at(-1)?.memory.pools[0]?.phaseMs).not.toEqual([]);
  });

  it('is how fast a slot really is', () => {
    const slow = workerOf('slow', { node: 'n1', speeds: [{ model: 'demo', speed: 0.5 }] });
    const booting = [nodeOf('n1', 600_000)];
    const { decision } = first(observationOf({ booting, workers: [slow] }));
    expect(decision.capacity[0]).toMatchObject({ slotsReady: 2, slotSpeed: 0.5 });
  });
});

describe('work that is late already', () => {
  it('orders no more than clears it within an objective from when they come', () => {
    const late = [{ priority: 'live' as const, mediaMs: 400_000, leftMs: -60_000 }];
    const decided = first(observationOf({ due: late }));
    expect(sizes(decided)).toEqual([Math.ceil(400_000 / (nodeSpeed * 30_000))]);
    // Taken as due when nodes could first help, it would be more than all that there may be.
    expect(400_000 / (nodeSpeed * 5000)).toBeGreaterThan(gpuPool.nodesMax);
  });
});

describe('limits', () => {
  it('bound every order, and say what was refused', () => {
    const settings = { ...scalingSettings, pools: [{ ...gpuPool, nodesMax: 2 }] };
    const [pool] = first(observationOf({ due: burst, loaded: 1 }), settings).decision.pools;
    expect(pool).toMatchObject({ nodesDesired: 2, reason: 'ceiling' });
    expect(pool?.refused).toContainEqual({ nodes: 3, cause: 'above-ceiling' });
  });

  it('hold without any work', () => {
    const settings = { ...scalingSettings, pools: [{ ...gpuPool, nodesMin: 2 }] };
    const [pool] = first(observationOf({}), settings).decision.pools;
    expect(pool).toMatchObject({ nodesDesired: 2, reason: 'floor' });
    expect(pool?.refused).toContainEqual({ nodes: 1, cause: 'below-floor' });
  });
});

describe('the time that producers allow', () => {
  const gateWith = (facts: Parameters<typeof observationOf>[0]): string =>
    first(observationOf({ loaded: 1, unreadLive: 20, ...facts })).decision.spill.gate;

  it('counts in place of the objective, once the dispatcher has seen it', () => {
    // 80 s of video: one node does them within an objective of 30 s, and not within 5 s.
    expect(gateWith({})).toBe('shut');
    expect(gateWith({ allowedLiveMs: 5000 })).toBe('open');
  });

  it('is remembered while nothing is read', () => {
    const seen = first(observationOf({ loaded: 1, allowedLiveMs: 5000 }));
    const later = observationOf({ atMs: beginMs + 1000, loaded: 1, unreadLive: 20 });
    expect(decide(later, seen.memory, scalingSettings).decision.spill.gate).toBe('open');
  });
});

describe('the capacity that dispatchers may count on', () => {
  it('leaves out the nodes that the same decision lets go', () => {
    const arrivals = (second: number): readonly Arrival[] => chunks('live', second < 60 ? 3 : 0);
    const ticks = runWorld({ ...calmWorld, settings: scalingSettings, seconds: 300, arrivals });
    const shrinking = ticks.filter((tick, second) => {
      const before = ticks[second - 1];
      return before !== undefined && (sizes(tick)[0] ?? 0) < (sizes(before)[0] ?? 0);
    });
    expect(shrinking.length).toBeGreaterThan(0);
    for (const { decision } of shrinking) {
      const ready = decision.capacity.find(({ pool }) => pool === 'gpu')?.slotsReady;
      expect(ready).toBe((decision.pools[0]?.nodesDesired ?? 0) * gpuPool.slotsPerNode);
    }
  });
});
