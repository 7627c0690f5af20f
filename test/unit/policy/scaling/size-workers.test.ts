import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import type { Decided } from '../../../../services/policy/scaling/decide.ts';
import { describeDecision } from '../../../../services/policy/scaling/describe-decision.ts';
import { emptyMemory } from '../../../../services/policy/scaling/memory.ts';
import type { Memory } from '../../../../services/policy/scaling/memory.ts';
import type { Observation, WorkerFacts } from '../../../../services/policy/scaling/observation.ts';
import type { ScalingSettings } from '../../../../services/policy/scaling/settings.ts';
import type { WorkersDecision } from '../../../../services/shared/chunk/decision.ts';
import {
  beginMs,
  gpuPool,
  observationOf,
  scalingSettings,
  workerOf,
} from '../../../support/scaling-world/facts.ts';
import type { DueWork, Facts } from '../../../support/scaling-world/facts.ts';

/** More live video than one node can do by its deadline in 28 s. */
const burst: readonly DueWork[] = [{ priority: 'live', mediaMs: 400_000, leftMs: 28_000 }];

/** One worker: two slots at 1 s of video a second, of which nine tenths are counted on. */
const settings: ScalingSettings = {
  ...scalingSettings,
  pools: [{ ...gpuPool, workersPerNode: 2 }],
  cpuWorkers: { workersMin: 1, workersMax: 50, slotsPerWorker: 2 },
};
const workerSpeed = 2 * 0.9;
const unknown = { kind: 'unknown' as const, cause: 'nobody answers' };
/** The gate stays open for half a boot. */
const holdMs = 10_000;

const cpuWorkers = (count: number, changes: Partial<WorkerFacts> = {}): readonly WorkerFacts[] =>
  Array.from({ length: count }, (_, index) =>
    workerOf(`cpu-${index}`, { kind: 'cpu', pool: 'cpu', ...changes }),
  );

const first = (observation: Observation, given = settings): Decided =>
  decide(observation, emptyMemory(observation.observedAtMs), given);
const next = (memory: Memory, observation: Observation, given = settings): Decided =>
  decide(observation, memory, given);

function workersOf({ decision }: Decided, kind: 'gpu' | 'cpu'): WorkersDecision | undefined {
  return decision.workers.find((each) => each.kind === kind);
}
const cpuOf = (decided: Decided): string => {
  const cpu = workersOf(decided, 'cpu');
  return `${cpu?.replicas} ${cpu?.reason}`;
};

describe('GPU workers', () => {
  it('are wanted for each node that is ordered, and go as soon as it is not', () => {
    const grown = first(observationOf({ loaded: 1, due: burst }));
    const nodes = grown.decision.pools[0]?.nodesDesired ?? 0;
    expect(nodes).toBeGreaterThan(1);
    expect(workersOf(grown, 'gpu')).toMatchObject({
      pool: 'gpu',
      replicas: 2 * nodes,
      isActive: true,
      reason: 'nodes',
    });
    const shrunk = first(observationOf({ loaded: 3 }), { ...settings, holdBoots: 0 });
    expect(workersOf(shrunk, 'gpu')).toMatchObject({ replicas: 0, isActive: false });
  });

  it('are active while some of them hold work, also those that leave', () => {
    const busy = { state: 'draining' as const, inHandChunks: 1 };
    const activeWith = (worker: WorkerFacts): boolean | undefined =>
      workersOf(first(observationOf({ workers: [worker] })), 'gpu')?.isActive;
    expect(activeWith(workerOf('w', { node: 'n', ...busy }))).toBe(true);
    expect(activeWith(workerOf('w', { node: 'n', ...busy, inHandChunks: 0 }))).toBe(false);
    expect(activeWith(workerOf('w', { node: 'n', pool: 'other', ...busy }))).toBe(false);
    const blind = first({ ...observationOf({}), workers: unknown });
    expect(workersOf(blind, 'gpu')).toMatchObject({ replicas: 0, isActive: true });
  });

  it('are left out until the size of their pool was known once', () => {
    const hidden = { ...observationOf({ loaded: 2 }), pools: { gpu: unknown } };
    const never = first(hidden);
    expect(workersOf(never, 'gpu')).toBeUndefined();
    expect(workersOf(next(never.memory, hidden), 'gpu')).toBeUndefined();
    const { memory } = first(observationOf({ loaded: 2 }));
    expect(workersOf(next(memory, hidden), 'gpu')?.replicas).toBe(4);
  });
});

describe('CPU workers', () => {
  it('are left to others where nobody set how many there may be', () => {
    const { decision } = first(observationOf({ due: burst }), { ...settings, cpuWorkers: null });
    expect(decision.workers.map(({ kind }) => kind)).toEqual(['gpu']);
  });

  it('are the fewest while spill is shut', () => {
    expect(cpuOf(first(observationOf({ loaded: 5 })))).toBe('1 floor');
    const shut = first(observationOf({ loaded: 1, due: burst }), { ...settings, spill: 'shut' });
    expect(cpuOf(shut)).toBe('1 floor');
  });

  it('are as many as do in time what GPU workers cannot', () => {
    const decided = first(observationOf({ loaded: 1, due: burst }));
    // 400 s are due within the bound of 30 s, of which a node of 4 s a second does nine tenths.
    const missing = 400 - 0.9 * 4 * 30;
    expect(cpuOf(decided)).toBe(`${Math.ceil(missing / 30 / workerSpeed)} overload`);
    expect(workersOf(decided, 'cpu')?.figures).toMatchObject({
      mediaMs: 1000 * missing,
      withinMs: 30_000,
      workerMediaMsPerSecond: 2000,
    });
    expect(cpuOf(first(observationOf({ loaded: 2, due: burst })))).toBe('4 overload');
  });

  it('are counted by the speed that was measured', () => {
    const fast = cpuWorkers(1, { speeds: [{ model: 'demo', speed: 4 }] });
    const decided = first(observationOf({ loaded: 1, due: burst, workers: fast }));
    expect(cpuOf(decided)).toBe('2 overload');
  });

  it('are not wanted for what they could not do in time themselves', () => {
    // A chunk of 4 s takes them 40 s.
    const slow = { ...settings, cpuSlotSpeedPrior: 0.1 };
    expect(cpuOf(first(observationOf({ loaded: 1, due: burst }), slow))).toBe('1 floor');
    const bulk = [{ priority: 'bulk' as const, mediaMs: 400_000, leftMs: 28_000 }];
    expect(cpuOf(first(observationOf({ loaded: 1, due: bulk }), slow))).toMatch(
      /overload|ceiling/u,
    );
  });

  it('stay within their limits, and say which', () => {
    const few = { ...settings, cpuWorkers: { workersMin: 1, workersMax: 3, slotsPerWorker: 2 } };
    expect(cpuOf(first(observationOf({ loaded: 1, due: burst }), few))).toBe('3 ceiling');
    const many = { ...settings, cpuWorkers: { workersMin: 9, workersMax: 9, slotsPerWorker: 2 } };
    expect(cpuOf(first(observationOf({ loaded: 1, due: burst }), many))).toBe('9 floor');
  });

  it('do what is due while there is no GPU worker, however far off that is', () => {
    const later = [{ priority: 'bulk' as const, mediaMs: 1_200_000, leftMs: 290_000 }];
    const edge = { ...settings, pools: [] };
    expect(cpuOf(first(observationOf({ due: later }), edge))).toBe(
      `${Math.ceil(1200 / 300 / workerSpeed)} no-gpu`,
    );
    // With a GPU worker there is time to order nodes for it.
    expect(cpuOf(first(observationOf({ loaded: 5, due: later })))).toBe('1 floor');
    const none = { ...edge, cpuWorkers: { workersMin: 0, workersMax: 9, slotsPerWorker: 2 } };
    expect(cpuOf(first(observationOf({}), none))).toBe('0 floor');
  });

  it('are at least one while spill is open and there is something that they may have', () => {
    const none = { workersMin: 0, workersMax: 9, slotsPerWorker: 2 };
    const opened = { ...settings, cpuWorkers: none, spill: 'open' as const };
    const little = [{ priority: 'live' as const, mediaMs: 4000, leftMs: 28_000 }];
    expect(
      workersOf(first(observationOf({ loaded: 5, due: little }), opened), 'cpu'),
    ).toMatchObject({
      replicas: 1,
    });
    expect(cpuOf(first(observationOf({ loaded: 5 }), opened))).toBe('0 floor');
  });

  it('go only when fewer have done for as long as the gate is held', () => {
    const { memory } = first(observationOf({ loaded: 1, due: burst }));
    const before = workersOf(first(observationOf({ loaded: 1, due: burst })), 'cpu')?.replicas;
    const calm = (ms: number): Observation => observationOf({ atMs: beginMs + ms, loaded: 1 });
    const held = next(memory, calm(holdMs));
    expect(cpuOf(held)).toBe(`${before} hold`);
    expect(cpuOf(next(held.memory, calm(holdMs + 1000)))).toBe('1 floor');
  });

  it('that are there already are held by a scaler without memory as well', () => {
    const there = observationOf({ loaded: 1, workers: cpuWorkers(4) });
    const fresh = first(there);
    expect(cpuOf(fresh)).toBe('4 hold');
    const later = observationOf({ atMs: beginMs + 11_000, loaded: 1, workers: cpuWorkers(4) });
    expect(cpuOf(next(fresh.memory, later))).toBe('1 floor');
  });

  it('stay as many as they were while something is not known', () => {
    const before = first(observationOf({ loaded: 1, due: burst }));
    const wanted = workersOf(before, 'cpu')?.replicas;
    const after = observationOf({ atMs: beginMs + 60_000, loaded: 1 });
    expect(cpuOf(next(before.memory, after))).toBe('1 floor');
    for (const input of ['intake', 'demand', 'workers', 'operator'] as const) {
      expect(cpuOf(next(before.memory, { ...after, [input]: unknown }))).toBe(`${wanted} unknown`);
    }
    // And for a hold after that.
    const blind = next(before.memory, { ...after, demand: unknown });
    const again = observationOf({ atMs: beginMs + 61_000, loaded: 1 });
    expect(cpuOf(next(blind.memory, again))).toBe(`${wanted} hold`);
  });

  it('are left out until it was known once who is there', () => {
    const blind = { ...observationOf({ due: burst }), workers: unknown };
    expect(workersOf(first(blind), 'cpu')).toBeUndefined();
  });

  it('are active while there are any, or some hold work', () => {
    const none = { ...settings, cpuWorkers: { workersMin: 0, workersMax: 0, slotsPerWorker: 2 } };
    const activeWith = (workers: readonly WorkerFacts[]): boolean | undefined =>
      workersOf(first(observationOf({ loaded: 1, workers }), none), 'cpu')?.isActive;
    expect(activeWith(cpuWorkers(1))).toBe(false);
    expect(activeWith(cpuWorkers(1, { inHandChunks: 2 }))).toBe(true);
    expect(workersOf(first(observationOf({ loaded: 1 })), 'cpu')?.isActive).toBe(true);
  });

  it('are in the words of the decision', () => {
    const lines = (facts: Facts): readonly string[] =>
      describeDecision(first(observationOf(facts)).decision);
    expect(lines({ loaded: 1, due: burst })[1]).toBe(
      'CPU workers: 6: 292 s of video within 30 s that GPU workers will not have done in time; ' +
        'one does 2 s a second',
    );
    expect(lines({ loaded: 5 })[1]).toBe(
      'CPU workers: 1: the least that their limits allow, and nothing needs more',
    );
  });
});
