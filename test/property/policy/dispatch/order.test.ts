import { describe, expect, it } from 'vitest';
import { emptyDispatchMemory } from '../../../../services/policy/dispatch/memory.ts';
import type { DispatchObservation } from '../../../../services/policy/dispatch/observation.ts';
import { planDispatch } from '../../../../services/policy/dispatch/plan-dispatch.ts';
import type { WaitingChunk } from '../../../../services/policy/dispatch/waiting-chunk.ts';
import type { Law, Planner } from './worlds.ts';
import {
  chunkOf,
  doneAfterMs,
  findsOut,
  holds,
  loadAfter,
  nowMs,
  plainWorlds,
  settings,
  workerOf,
} from './worlds.ts';

const unfloored: Planner = (world) =>
  planDispatch(world, emptyDispatchMemory(), { ...settings, floors: { standard: 0, bulk: 0 } });

const isLate = ({ deadlineAtMs }: WaitingChunk): boolean => deadlineAtMs <= nowMs;

/** Late chunks that a planner puts before all else. */
const lateFirst: Planner = (world) =>
  unfloored({
    ...world,
    waiting: world.waiting.map((chunk) => ({ ...chunk, mustGoFirst: isLate(chunk) })),
  });

const delaysNone: Law = (planned, world, planner) => {
  const without = planner({ ...world, waiting: world.waiting.filter((chunk) => !isLate(chunk)) });
  return without.placements
    .filter(({ key, worker }, count) => {
      const { mediaMs, deadlineAtMs } = chunkOf(world, key);
      const before = loadAfter(without, world, { name: worker, count });
      const doneMs = doneAfterMs(workerOf(world, worker), before, mediaMs);
      return nowMs + settings.pathMs + doneMs <= deadlineAtMs;
    })
    .every(({ key, worker }) =>
      planned.placements.some((each) => each.key === key && each.worker === worker),
    );
};

const queuesNone: Law = (planned, world) =>
  planned.placements.every(({ key, worker }, index) => {
    const before = loadAfter(planned, world, { name: worker, count: index });
    return !isLate(chunkOf(world, key)) || before.chunks < workerOf(world, worker).slots;
  });

const keepsOrder: Law = ({ placements, order }, world) => {
  const rank = { live: 0, standard: 1, bulk: 2 };
  const chunks = placements.map(({ key }) => chunkOf(world, key));
  return world.waiting
    .filter(({ key }) => chunks.every((chunk) => chunk.key !== key))
    .every((waiting) =>
      chunks
        .filter((chunk) => !isLate(chunk) && chunk.mediaMs >= waiting.mediaMs)
        .every(
          (chunk) =>
            isLate(waiting) ||
            chunk.deadlineAtMs <= waiting.deadlineAtMs ||
            (order === 'strict-priority' && rank[chunk.priority] < rank[waiting.priority]) ||
            isBeyond(world, waiting),
        ),
    );
};

/** Whether no GPU worker would have it done in time even if it started at once. */
const isBeyond = (world: DispatchObservation, { mediaMs, deadlineAtMs }: WaitingChunk): boolean =>
  world.workers
    .filter(({ kind }) => kind === 'gpu')
    .every(({ speed, assignedMediaMs, slots, assignedChunks }) => {
      const mediaSpeed = speed ?? settings.unmeasuredSpeed.gpu;
      // Whoever is busy may be too late for it after the chunks that went before.
      const startMs = assignedChunks < slots ? 0 : assignedMediaMs / mediaSpeed / slots;
      const reserveMs = settings.laneHorizonMs + 10_000 / mediaSpeed;
      return nowMs + settings.pathMs + startMs + reserveMs + mediaMs / mediaSpeed > deadlineAtMs;
    });

describe('whatever waits and whoever works, a chunk that nobody can finish in time', () => {
  it('delays none that can be in time', () => {
    holds(delaysNone, { among: plainWorlds, planner: unfloored });
    expect(findsOut(delaysNone, { among: plainWorlds, planner: lateFirst })).toBe(true);
  });

  it('is bound only to a slot that is idle, unless a floor owes its priority', () => {
    holds(queuesNone, { among: plainWorlds, planner: unfloored });
    expect(findsOut(queuesNone, { among: plainWorlds, planner: lateFirst })).toBe(true);
  });
});

describe('whatever waits and whoever works, the order', () => {
  it('leaves no chunk behind for one that is due later, but for a more urgent one in overload', () => {
    // With one worker nothing goes to another one because this one would be too late.
    const oneGpu = plainWorlds.map((world) => ({
      ...world,
      workers: world.workers.filter(({ kind }) => kind === 'gpu').slice(0, 1),
      comingGpu: [],
    }));
    holds(keepsOrder, { among: oneGpu, planner: unfloored });
    const latestFirst: Planner = (world) => {
      const mirrored = world.waiting.map((chunk) => ({
        ...chunk,
        deadlineAtMs: isLate(chunk) ? chunk.deadlineAtMs : 2 * nowMs + 60_000 - chunk.deadlineAtMs,
      }));
      return unfloored({ ...world, waiting: mirrored });
    };
    expect(findsOut(keepsOrder, { among: oneGpu, planner: latestFirst })).toBe(true);
  });
});
