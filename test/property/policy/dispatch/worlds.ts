import * as fc from 'fast-check';
import { emptyDispatchMemory } from '../../../../services/policy/dispatch/memory.ts';
import type { DispatchObservation } from '../../../../services/policy/dispatch/observation.ts';
import type { DispatchPlan } from '../../../../services/policy/dispatch/plan-dispatch.ts';
import { planDispatch } from '../../../../services/policy/dispatch/plan-dispatch.ts';
import type { DispatchSettings } from '../../../../services/policy/dispatch/settings.ts';
import type { WaitingChunk } from '../../../../services/policy/dispatch/waiting-chunk.ts';
import type { WorkerLoad } from '../../../../services/policy/dispatch/worker-load.ts';
import { priorities } from '../../../../services/shared/chunk/words.ts';

export const nowMs = 1_800_000_000_000;
/** Printed with any failure. */
export const parameters = { seed: 20_261_205, numRuns: 400 };

export const settings: DispatchSettings = {
  laneHorizonMs: 2000,
  spillHorizonMs: 2000,
  otherWorkerWaitMs: 5000,
  pathMs: 300,
  floors: { standard: 0.1, bulk: 0.05 },
  overloadHoldMs: 30_000,
  marginFraction: { gpu: 0, cpu: 0.1 },
  unmeasuredSpeed: { gpu: 5, cpu: 1 },
};

const names = ['w1', 'w2', 'w3', 'w4', 'w5'] as const;

const chunk = fc.record({
  priority: fc.constantFrom(...priorities),
  model: fc.constantFrom(null, null, 'demo', 'other', 'unknown'),
  mediaMs: fc.integer({ min: 1, max: 10_000 }),
  deadlineAtMs: fc.integer({ min: nowMs - 10_000, max: nowMs + 40_000 }),
  waitingSinceMs: fc.integer({ min: nowMs - 10_000, max: nowMs }),
  excludedWorkers: fc
    .oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.subarray([...names]))
    .map((excluded) => new Set<string>(excluded)),
  isSuspect: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.boolean()),
  mustGoFirst: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.boolean()),
});

const worker = fc.record({
  kind: fc.constantFrom('gpu' as const, 'gpu' as const, 'cpu' as const),
  priorities: fc
    .oneof({ weight: 4, arbitrary: fc.constant([...priorities]) }, fc.subarray([...priorities]))
    .map((some) => new Set(some)),
  models: fc.subarray(['demo', 'other']).map((some) => new Set(some)),
  slots: fc.integer({ min: 1, max: 4 }),
  speed: fc.option(fc.double({ min: 0.2, max: 20, noNaN: true })),
  assignedChunks: fc.integer({ min: 0, max: 6 }),
  assignedMediaMs: fc.integer({ min: 0, max: 20_000 }),
  holdsSuspect: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.boolean()),
});

/** Any moment of any installation. */
export const worlds: fc.Arbitrary<DispatchObservation> = fc.record({
  nowMs: fc.constant(nowMs),
  waiting: fc
    .array(chunk, { maxLength: 25 })
    .map((chunks) => chunks.map((each, index) => ({ ...each, key: `chunk-${index}` }))),
  workers: fc
    .array(worker, { maxLength: names.length })
    .map((loads) => loads.map((load, index) => ({ ...load, worker: names[index] ?? 'w0' }))),
  comingGpu: fc.array(
    fc.record({
      atMs: fc.integer({ min: nowMs - 5000, max: nowMs + 60_000 }),
      slots: fc.integer({ min: 1, max: 8 }),
      slotSpeed: fc.double({ min: 0.2, max: 20, noNaN: true }),
    }),
    { maxLength: 3 },
  ),
  gate: fc.constantFrom('open', 'open', 'shut'),
  spillMediaMsPerMinuteMax: fc.option(fc.integer({ min: 0, max: 40_000 })),
});

/** A world without what binds single chunks to single workers. */
export const plainWorlds: fc.Arbitrary<DispatchObservation> = worlds.map((world) => ({
  ...world,
  waiting: world.waiting.map((each) => ({
    ...each,
    model: null,
    excludedWorkers: new Set<string>(),
    isSuspect: false,
    mustGoFirst: false,
  })),
  workers: world.workers.map((each) => ({
    ...each,
    priorities: new Set(priorities),
    holdsSuspect: false,
  })),
}));

export type Planner = (observation: DispatchObservation) => DispatchPlan;

export const plan: Planner = (observation) =>
  planDispatch(observation, emptyDispatchMemory(), settings);

export type Law = (planned: DispatchPlan, world: DispatchObservation, planner: Planner) => boolean;

interface Trial {
  readonly among?: fc.Arbitrary<DispatchObservation>;
  readonly planner?: Planner;
}

/** Fails with a counter-example unless the law holds in all worlds that are tried. */
export function holds(law: Law, { among = worlds, planner = plan }: Trial = {}): void {
  fc.assert(
    fc.property(among, (world) => law(planner(world), world, planner)),
    parameters,
  );
}

/** Whether the law finds a planted fault out: a law that holds for any plan protects nothing. */
export function findsOut(law: Law, trial: Trial & { readonly planner: Planner }): boolean {
  const { among = worlds, planner } = trial;
  const property = fc.property(among, (world) => law(planner(world), world, planner));
  return fc.check(property, { ...parameters, endOnFailure: true }).failed;
}

export function chunkOf(world: DispatchObservation, key: string): WaitingChunk {
  const found = world.waiting.find((each) => each.key === key);
  if (found === undefined) throw new Error(`no chunk ${key} waits`);
  return found;
}

export function workerOf(world: DispatchObservation, name: string): WorkerLoad {
  const found = world.workers.find((each) => each.worker === name);
  if (found === undefined) throw new Error(`there is no worker ${name}`);
  return found;
}

/** What a worker has once the first `count` placements are made. */
export function loadAfter(
  { placements }: DispatchPlan,
  world: DispatchObservation,
  { name, count }: { readonly name: string; readonly count: number },
): { readonly chunks: number; readonly mediaMs: number } {
  const load = workerOf(world, name);
  const given = placements.slice(0, count).filter((each) => each.worker === name);
  return {
    chunks: load.assignedChunks + given.length,
    mediaMs: given.reduce(
      (sum, { key }) => sum + chunkOf(world, key).mediaMs,
      load.assignedMediaMs,
    ),
  };
}

/** Wall milliseconds until a worker with this load would have done a chunk, from now, no margin. */
export function doneAfterMs(
  load: WorkerLoad,
  held: { readonly chunks: number; readonly mediaMs: number },
  mediaMs: number,
): number {
  const speed = load.speed ?? settings.unmeasuredSpeed[load.kind];
  const startMs = held.chunks < load.slots ? 0 : held.mediaMs / speed / load.slots;
  return startMs + mediaMs / speed;
}
