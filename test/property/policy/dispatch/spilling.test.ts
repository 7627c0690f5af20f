import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeSpill } from '../../../../services/policy/dispatch/judge-spill.ts';
import { emptyDispatchMemory } from '../../../../services/policy/dispatch/memory.ts';
import type { DispatchObservation } from '../../../../services/policy/dispatch/observation.ts';
import { planDispatch } from '../../../../services/policy/dispatch/plan-dispatch.ts';
import type { Law, Planner } from './worlds.ts';
import {
  chunkOf,
  doneAfterMs,
  findsOut,
  holds,
  loadAfter,
  nowMs,
  parameters,
  plan,
  plainWorlds,
  settings,
  workerOf,
  worlds,
} from './worlds.ts';

const isLate = (deadlineAtMs: number): boolean => deadlineAtMs <= nowMs;

const keepsGate: Law = ({ placements }, world) =>
  world.gate === 'open' || placements.every(({ worker }) => workerOf(world, worker).kind === 'gpu');

const keepsBudget: Law = ({ placements }, world) => {
  const spilledMediaMs = placements
    .filter(({ isSpilled }) => isSpilled)
    .reduce((sum, { key }) => sum + chunkOf(world, key).mediaMs, 0);
  return spilledMediaMs <= (world.spillMediaMsPerMinuteMax ?? Number.POSITIVE_INFINITY);
};

/** What a CPU worker gets beside a GPU worker that could have it is in time there, margin and all. */
const spillsInTime: Law = (planned, world) =>
  planned.placements.every(({ key, worker }, index) => {
    const load = workerOf(world, worker);
    if (load.kind === 'gpu' || world.workers.every(({ kind }) => kind === 'cpu')) return true;
    const { mediaMs, deadlineAtMs } = chunkOf(world, key);
    const before = loadAfter(planned, world, { name: worker, count: index });
    const stretchedMs = doneAfterMs(load, before, mediaMs) * (1 + settings.marginFraction.cpu);
    return nowMs + settings.pathMs + stretchedMs <= deadlineAtMs + 0.001;
  });

/** Media that the GPU slots, ready and coming, compute until then if they always have work. */
function gpuMediaMs({ workers, comingGpu }: DispatchObservation, untilMs: number): number {
  const ready = workers
    .filter(({ kind }) => kind === 'gpu')
    .reduce(
      (sum, { slots, speed }) =>
        sum + slots * (speed ?? settings.unmeasuredSpeed.gpu) * (untilMs - nowMs),
      0,
    );
  return comingGpu.reduce(
    (sum, { atMs, slots, slotSpeed }) =>
      sum + slots * slotSpeed * Math.max(0, untilMs - Math.max(nowMs, atMs)),
    ready,
  );
}

/** Nothing is spilled that the GPU would have done in time even after all else that waits. */
const sparesGpuWork: Law = ({ placements }, world) => {
  const held = world.workers
    .filter(({ kind }) => kind === 'gpu')
    .reduce((sum, { assignedMediaMs }) => sum + assignedMediaMs, 0);
  const total = world.waiting.reduce((sum, { mediaMs }) => sum + mediaMs, held);
  const slowest = Math.min(
    ...world.workers
      .filter(({ kind }) => kind === 'gpu')
      .map(({ speed }) => speed ?? settings.unmeasuredSpeed.gpu),
    ...world.comingGpu.map(({ slotSpeed }) => slotSpeed),
  );
  return placements
    .filter(({ isSpilled }) => isSpilled)
    .map(({ key }) => chunkOf(world, key))
    .every(({ mediaMs, deadlineAtMs }) => {
      const startByMs = deadlineAtMs - settings.pathMs - mediaMs / slowest;
      return startByMs < nowMs || gpuMediaMs(world, startByMs) < total;
    });
};

describe('whatever waits and whoever works, CPU workers', () => {
  it('get nothing while the gate is shut', () => {
    holds(keepsGate);
    const planner: Planner = (world) => plan({ ...world, gate: 'open' });
    expect(findsOut(keepsGate, { planner })).toBe(true);
  });

  it('get no more spilled work than the minute allows', () => {
    holds(keepsBudget);
    const planner: Planner = (world) => plan({ ...world, spillMediaMsPerMinuteMax: null });
    expect(findsOut(keepsBudget, { planner })).toBe(true);
  });

  it('get only what they finish in time with their margin, unless they are alone', () => {
    holds(spillsInTime, { among: plainWorlds });
    const planner: Planner = (world) =>
      planDispatch(world, emptyDispatchMemory(), {
        ...settings,
        marginFraction: { gpu: 0, cpu: 0 },
      });
    expect(findsOut(spillsInTime, { among: plainWorlds, planner })).toBe(true);
  });

  it('get nothing that the GPU will have done in time', () => {
    holds(sparesGpuWork);
    const planner: Planner = (world) => {
      const { placements } = plan({ ...world, comingGpu: [], workers: withoutGpu(world) });
      return {
        ...plan(world),
        placements: placements.map((each) => ({ ...each, isSpilled: true })),
      };
    };
    expect(findsOut(sparesGpuWork, { planner })).toBe(true);
  });

  it('get nothing spilled where no GPU is nor comes', () => {
    holds((_, world, planner) => {
      const alone = { ...world, comingGpu: [], workers: withoutGpu(world) };
      return planner(alone).placements.every(({ isSpilled }) => !isSpilled);
    });
  });

  it('do all work, late or not, where no GPU is nor comes', () => {
    holds(
      (_, world, planner) => {
        const workers = withoutGpu(world).map((load) => ({ ...load, assignedChunks: 0 }));
        const alone = { ...world, workers, comingGpu: [], gate: 'open' as const };
        const due = world.waiting.filter(({ deadlineAtMs }) => isLate(deadlineAtMs));
        const slots = workers.reduce((sum, load) => sum + load.slots, 0);
        const { placements } = planner({ ...alone, waiting: due });
        return placements.length === Math.min(slots, due.length);
      },
      { among: plainWorlds },
    );
  });
});

const withoutGpu = ({ workers }: DispatchObservation): DispatchObservation['workers'] =>
  workers.filter(({ kind }) => kind === 'cpu');

describe('whatever waits, its verdicts', () => {
  it('count each chunk once, and as spilled what a pass spills', () => {
    const property = fc.property(worlds, (world) => {
      const verdicts = judgeSpill(world, emptyDispatchMemory(), settings);
      const sum = Object.values(verdicts).reduce((total, chunks) => total + chunks, 0);
      expect(sum).toBe(world.waiting.length);
      const toCpu = plan(world).placements.filter(
        ({ worker }) => workerOf(world, worker).kind === 'cpu',
      );
      expect(verdicts.spilled).toBe(toCpu.length);
      if (world.gate === 'shut') expect(verdicts['cpu-busy'] + verdicts['cpu-too-slow']).toBe(0);
      else expect(verdicts['gate-shut']).toBe(0);
    });
    fc.assert(property, parameters);
  });
});
