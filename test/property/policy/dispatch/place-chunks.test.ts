import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { placeChunks } from '../../../../services/policy/dispatch/place-chunks.ts';
import type { Placement, WaitingChunk, WorkerLoad } from '../../../../services/policy/dispatch/place-chunks.ts';
import { priorities } from '../../../../services/shared/chunk/words.ts';

const settings = { laneHorizonMs: 2000, otherWorkerWaitMs: 5000 };
const names = ['w1', 'w2', 'w3', 'w4'] as const;
const parameters = { seed: 20_261_122, numRuns: 500 };

const chunks: fc.Arbitrary<readonly WaitingChunk[]> = fc
  .array(
    fc.record({
      priority: fc.constantFrom(...priorities),
      model: fc.constantFrom(null, 'demo', 'other'),
      mediaMs: fc.integer({ min: 1, max: 10_000 }),
      waitedMs: fc.integer({ min: 0, max: 10_000 }),
      excludedWorkers: fc.subarray([...names]).map((excluded) => new Set<string>(excluded)),
      isSuspect: fc.boolean(),
    }),
    { maxLength: 20 },
  )
  .map((waiting) => waiting.map((chunk, index) => ({ ...chunk, key: `chunk-${index}` })));

const workers: fc.Arbitrary<readonly WorkerLoad[]> = fc
  .array(
    fc.record({
      priorities: fc.subarray([...priorities]).map((some) => new Set(some)),
      models: fc.subarray(['demo', 'other']).map((some) => new Set(some)),
      slots: fc.integer({ min: 1, max: 4 }),
      speed: fc.option(fc.double({ min: 0.1, max: 50, noNaN: true })),
      assignedChunks: fc.integer({ min: 0, max: 6 }),
      assignedMediaMs: fc.integer({ min: 0, max: 20_000 }),
      holdsSuspect: fc.boolean(),
    }),
    { maxLength: names.length },
  )
  .map((loads) => loads.map((load, index) => ({ ...load, worker: names[index] ?? 'w0' })));

/** What a worker has after these placements. */
function loadAfter(
  placements: readonly Placement[],
  waiting: readonly WaitingChunk[],
  worker: WorkerLoad,
): { readonly chunks: number; readonly mediaMs: number } {
  const earlier = placements.filter((each) => each.worker === worker.worker);
  const mediaMs = earlier
    .map(({ key }) => waiting.find((chunk) => chunk.key === key)?.mediaMs ?? 0)
    .reduce((sum, each) => sum + each, worker.assignedMediaMs);
  return { chunks: worker.assignedChunks + earlier.length, mediaMs };
}

function holds(
  law: (
    placements: readonly Placement[],
    waiting: readonly WaitingChunk[],
    loads: readonly WorkerLoad[],
  ) => boolean,
): void {
  const property = fc.property(chunks, workers, (waiting, loads) =>
    law(placeChunks(waiting, loads, settings), waiting, loads),
  );
  fc.assert(property, parameters);
}

describe('whatever waits and whoever works, placing', () => {
  it('binds a chunk to a worker only if it can start there within the lane horizon', () => {
    holds((placements, waiting, loads) =>
      placements.every(({ worker }, index) => {
        const load = loads.find((each) => each.worker === worker);
        if (load === undefined) return false;
        const before = loadAfter(placements.slice(0, index), waiting, load);
        if (before.chunks < load.slots) return true;
        if (load.speed === null) return false;
        return before.mediaMs / load.speed / load.slots <= settings.laneHorizonMs;
      }),
    );
  });

  it('binds each chunk at most once, in the order in which they wait', () => {
    holds((placements, waiting) => {
      const places = placements.map(({ key }) => waiting.findIndex((chunk) => chunk.key === key));
      return places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1));
    });
  });

  it('sends a suspect alone', () => {
    holds((placements, waiting, loads) =>
      placements.every(({ key, worker }) => {
        const load = loads.find((each) => each.worker === worker);
        const beside = placements.filter((each) => each.worker === worker).length;
        const isSuspect = waiting.find((chunk) => chunk.key === key)?.isSuspect === true;
        if (load?.holdsSuspect === true) return false;
        return !isSuspect || (beside === 1 && load?.assignedChunks === 0);
      }),
    );
  });

  it('uses a worker that failed on a chunk only after the wait, and only if no other serves it', () => {
    holds((placements, waiting, loads) =>
      placements.every(({ key, worker }) => {
        const chunk = waiting.find((each) => each.key === key);
        if (chunk?.excludedWorkers.has(worker) !== true) return true;
        if (chunk.waitedMs < settings.otherWorkerWaitMs) return false;
        const reachable = loads.filter((load) => load.priorities.has(chunk.priority));
        const { model } = chunk;
        const serving = reachable.filter((load) => model === null || load.models.has(model));
        const able = serving.length > 0 ? serving : reachable;
        return able.every((load) => chunk.excludedWorkers.has(load.worker));
      }),
    );
  });

  it('does not depend on the order in which workers are given', () => {
    const property = fc.property(
      chunks,
      workers,
      fc.infiniteStream(fc.nat()),
      (waiting, loads, order) => {
        const ranks = new Map(loads.map(({ worker }) => [worker, order.next().value ?? 0]));
        const shuffled = loads.toSorted(
          (a, b) => (ranks.get(a.worker) ?? 0) - (ranks.get(b.worker) ?? 0),
        );
        const placements = JSON.stringify(placeChunks(waiting, loads, settings));
        return JSON.stringify(placeChunks(waiting, shuffled, settings)) === placements;
      },
    );
    fc.assert(property, parameters);
  });

  it('leaves no room unused that an ordinary chunk could have', () => {
    holds((placements, waiting, loads) => {
      if (waiting.some(({ isSuspect }) => isSuspect)) return true;
      const placed = new Set(placements.map(({ key }) => key));
      return waiting
        .filter(({ key, excludedWorkers }) => !placed.has(key) && excludedWorkers.size === 0)
        .every((chunk) =>
          loads
            .filter((load) => load.priorities.has(chunk.priority) && !load.holdsSuspect)
            .filter((load) => chunk.model === null || load.models.has(chunk.model))
            .every((load) => loadAfter(placements, waiting, load).chunks >= load.slots),
        );
    });
  });
});
