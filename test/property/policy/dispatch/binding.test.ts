import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyDispatchMemory } from '../../../../services/policy/dispatch/memory.ts';
import type { DispatchObservation } from '../../../../services/policy/dispatch/observation.ts';
import { planDispatch } from '../../../../services/policy/dispatch/plan-dispatch.ts';
import type { Law, Planner } from './worlds.ts';
import {
  chunkOf,
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

const startsWithinHorizon: Law = (planned, world) =>
  planned.placements.every(({ worker }, index) => {
    const load = workerOf(world, worker);
    const before = loadAfter(planned, world, { name: worker, count: index });
    if (before.chunks < load.slots) return true;
    if (load.speed === null) return false;
    return before.mediaMs / load.speed / load.slots <= settings.laneHorizonMs;
  });

const bindsOnce: Law = ({ placements }, world) => {
  const keys = new Set(placements.map(({ key }) => key));
  return keys.size === placements.length && [...keys].every((key) => chunkOf(world, key) !== null);
};

const ownsLane: Law = ({ placements }, world) =>
  placements.every(({ key, worker }) =>
    workerOf(world, worker).priorities.has(chunkOf(world, key).priority),
  );

const servesModel: Law = ({ placements }, world) =>
  placements.every(({ key, worker }) => {
    const { model } = chunkOf(world, key);
    const load = workerOf(world, worker);
    if (model === null || load.models.has(model)) return true;
    const isServed = world.workers.some(({ models }) => models.has(model));
    const isGpuAround =
      world.comingGpu.length > 0 || world.workers.some(({ kind }) => kind === 'gpu');
    return !isServed && (load.kind === 'gpu' || !isGpuAround);
  });

const sendsSuspectsAlone: Law = ({ placements }, world) =>
  placements.every(({ key, worker }) => {
    const load = workerOf(world, worker);
    const beside = placements.filter((each) => each.worker === worker).length;
    if (load.holdsSuspect) return false;
    return !chunkOf(world, key).isSuspect || (beside === 1 && load.assignedChunks === 0);
  });

const sparesExcluded: Law = ({ placements }, world) =>
  placements.every(({ key, worker }) => {
    const { excludedWorkers, waitingSinceMs, priority, model } = chunkOf(world, key);
    if (!excludedWorkers.has(worker)) return true;
    if (nowMs - waitingSinceMs < settings.otherWorkerWaitMs) return false;
    const { kind } = workerOf(world, worker);
    return world.workers
      .filter((load) => load.kind === kind && load.priorities.has(priority))
      .filter((load) => model === null || load.models.has(model))
      .every((load) => excludedWorkers.has(load.worker));
  });

const withSettings =
  (changes: Partial<typeof settings>): Planner =>
  (world) =>
    planDispatch(world, emptyDispatchMemory(), { ...settings, ...changes });

/** Plans as if the world were another. */
const misled =
  (change: (world: DispatchObservation) => DispatchObservation): Planner =>
  (world) =>
    plan(change(world));

const withChunks = (
  world: DispatchObservation,
  changes: Partial<DispatchObservation['waiting'][number]>,
): DispatchObservation => ({
  ...world,
  waiting: world.waiting.map((chunk) => ({ ...chunk, ...changes })),
});

const withWorkers = (
  world: DispatchObservation,
  changes: Partial<DispatchObservation['workers'][number]>,
): DispatchObservation => ({
  ...world,
  workers: world.workers.map((load) => ({ ...load, ...changes })),
});

describe('whatever waits and whoever works, a pass', () => {
  it('binds a chunk to a worker only if it can start there within the lane horizon', () => {
    holds(startsWithinHorizon);
    expect(findsOut(startsWithinHorizon, { planner: withSettings({ laneHorizonMs: 4000 }) })).toBe(
      true,
    );
  });

  it('binds each chunk at most once', () => {
    holds(bindsOnce);
    const twice: Planner = (world) => {
      const planned = plan(world);
      return { ...planned, placements: [...planned.placements, ...planned.placements] };
    };
    expect(findsOut(bindsOnce, { planner: twice })).toBe(true);
  });

  it('uses only workers that own a lane of the priority', () => {
    holds(ownsLane);
    const all = new Set(['live', 'standard', 'bulk'] as const);
    const planner = misled((world) => withWorkers(world, { priorities: all }));
    expect(findsOut(ownsLane, { planner })).toBe(true);
  });

  it('asks a worker for a model that it lacks only if nobody has it and a GPU worker, if any, says so', () => {
    holds(servesModel);
    const planner = misled((world) => withChunks(world, { model: null }));
    expect(findsOut(servesModel, { planner })).toBe(true);
  });

  it('sends a suspect alone', () => {
    holds(sendsSuspectsAlone);
    const planner = misled((world) => withChunks(world, { isSuspect: false }));
    expect(findsOut(sendsSuspectsAlone, { planner })).toBe(true);
  });

  it('uses a worker that failed on a chunk only after the wait, and only if no other of its kind may', () => {
    holds(sparesExcluded);
    const planner = misled((world) => withChunks(world, { excludedWorkers: new Set<string>() }));
    expect(findsOut(sparesExcluded, { planner })).toBe(true);
  });

  it('does not depend on the order of the lists that it is given', () => {
    const property = fc.property(worlds, fc.infiniteStream(fc.nat()), (world, ranks) => {
      const shuffle = <Item>(items: readonly Item[]): readonly Item[] =>
        items
          .map((item) => ({ item, rank: ranks.next().value ?? 0 }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ item }) => item);
      const shuffled = {
        ...world,
        waiting: shuffle(world.waiting),
        workers: shuffle(world.workers),
        comingGpu: shuffle(world.comingGpu),
      };
      expect(plan(shuffled)).toEqual(plan(world));
    });
    fc.assert(property, parameters);
  });

  it('depends on how long it is until something, not on what time it is', () => {
    const property = fc.property(worlds, fc.integer({ min: -1e9, max: 1e9 }), (world, byMs) => {
      const moved = {
        ...world,
        nowMs: world.nowMs + byMs,
        waiting: world.waiting.map((chunk) => ({
          ...chunk,
          deadlineAtMs: chunk.deadlineAtMs + byMs,
          waitingSinceMs: chunk.waitingSinceMs + byMs,
        })),
        comingGpu: world.comingGpu.map((each) => ({ ...each, atMs: each.atMs + byMs })),
      };
      expect(plan(moved).placements).toEqual(plan(world).placements);
    });
    fc.assert(property, parameters);
  });

  it('leaves no room at a GPU worker unused that would have a chunk done in time', () => {
    const usesRoom: Law = (planned, world) => {
      const placed = new Set(planned.placements.map(({ key }) => key));
      return world.waiting
        .filter(({ key }) => !placed.has(key))
        .every((chunk) =>
          world.workers
            .filter(({ kind }) => kind === 'gpu')
            .every((load) => {
              const count = planned.placements.length;
              const after = loadAfter(planned, world, { name: load.worker, count });
              const speed = load.speed ?? settings.unmeasuredSpeed.gpu;
              const doneAtMs = nowMs + settings.pathMs + chunk.mediaMs / speed;
              return after.chunks >= load.slots || doneAtMs > chunk.deadlineAtMs;
            }),
        );
    };
    holds(usesRoom, { among: plainWorlds });
    const idle: Planner = (world) => ({ ...plan(world), placements: [] });
    expect(findsOut(usesRoom, { among: plainWorlds, planner: idle })).toBe(true);
  });
});

describe('whatever it is given, a pass ends with a plan', () => {
  const odd = fc.oneof(
    fc.double(),
    fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );

  it('is planned with speeds of zero, deadlines in the past and numbers that are none', () => {
    const property = fc.property(worlds, fc.infiniteStream(odd), (world, numbers) => {
      const next = (): number => numbers.next().value ?? 0;
      const waiting = world.waiting.map((chunk) => ({
        ...chunk,
        mediaMs: next(),
        deadlineAtMs: next(),
        waitingSinceMs: next(),
      }));
      const strange: DispatchObservation = {
        ...world,
        nowMs: next(),
        waiting,
        workers: world.workers.map((load) => ({
          ...load,
          slots: Math.min(4, next()),
          speed: next(),
          assignedChunks: next(),
          assignedMediaMs: next(),
        })),
        comingGpu: world.comingGpu.map(() => ({ atMs: next(), slots: next(), slotSpeed: next() })),
        spillMediaMsPerMinuteMax: next(),
      };
      const { placements, memory } = plan(strange);
      expect(new Set(placements.map(({ key }) => key)).size).toBe(placements.length);
      expect(planDispatch(world, memory, settings).placements.length).toBeGreaterThanOrEqual(0);
    });
    fc.assert(property, parameters);
  });
});
