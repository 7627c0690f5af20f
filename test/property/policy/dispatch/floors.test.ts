import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyDispatchMemory } from '../../../../services/policy/dispatch/memory.ts';
import { planDispatch } from '../../../../services/policy/dispatch/plan-dispatch.ts';
import type { DispatchSettings } from '../../../../services/policy/dispatch/settings.ts';
import type { Priority } from '../../../../services/shared/chunk/words.ts';
import { priorities } from '../../../../services/shared/chunk/words.ts';
import { nowMs, settings } from './worlds.ts';

interface Saturation {
  /** Time left of the chunks of each priority, from their coming; below 0: late when they come. */
  readonly leftMs: Readonly<Record<Priority, number>>;
  readonly mediaMs: Readonly<Record<Priority, number>>;
  readonly slots: number;
  readonly passMs: number;
}

const saturations: fc.Arbitrary<Saturation> = fc.record({
  leftMs: fc.record({
    live: fc.integer({ min: 20_000, max: 60_000 }),
    standard: fc.integer({ min: -10_000, max: 600_000 }),
    bulk: fc.integer({ min: -10_000, max: 3_600_000 }),
  }),
  mediaMs: fc.record({
    live: fc.integer({ min: 500, max: 4000 }),
    standard: fc.integer({ min: 500, max: 4000 }),
    bulk: fc.integer({ min: 500, max: 4000 }),
  }),
  slots: fc.integer({ min: 1, max: 4 }),
  passMs: fc.integer({ min: 250, max: 1000 }),
});

const speed = 4;
const minuteMs = 60_000;
const lengthMs = 2.5 * minuteMs;
const waitingOfEach = 20;

interface Dispatched {
  readonly atMs: number;
  readonly priority: Priority;
  readonly mediaMs: number;
}

/** Two GPU workers that always have more than they can do, of every priority. */
function saturate(world: Saturation, floors: DispatchSettings['floors']): readonly Dispatched[] {
  const log: Dispatched[] = [];
  const heldMediaMs = new Map([
    ['gpu-1', 0],
    ['gpu-2', 0],
  ]);
  let memory = emptyDispatchMemory();
  let number = 0;
  const come = (priority: Priority, atMs: number) => {
    number += 1;
    return {
      key: `${priority}-${String(number).padStart(7, '0')}`,
      priority,
      model: null,
      mediaMs: world.mediaMs[priority],
      deadlineAtMs: atMs + world.leftMs[priority],
      waitingSinceMs: atMs,
      excludedWorkers: new Set<string>(),
      isSuspect: false,
      mustGoFirst: false,
    };
  };
  let waiting = priorities.flatMap((priority) =>
    Array.from({ length: waitingOfEach }, () => come(priority, nowMs)),
  );
  for (let atMs = nowMs; atMs < nowMs + lengthMs; atMs += world.passMs) {
    const workers = [...heldMediaMs].map(([worker, assignedMediaMs]) => ({
      worker,
      kind: 'gpu' as const,
      priorities: new Set(priorities),
      models: new Set<string>(),
      slots: world.slots,
      speed,
      assignedChunks: Math.ceil(assignedMediaMs / 2000),
      assignedMediaMs,
      holdsSuspect: false,
    }));
    const planned = planDispatch(
      {
        nowMs: atMs,
        waiting,
        workers,
        comingGpu: [],
        gate: 'shut',
        spillMediaMsPerMinuteMax: null,
      },
      memory,
      { ...settings, floors },
    );
    memory = JSON.parse(JSON.stringify(planned.memory)) as typeof memory;
    const placed = new Map(planned.placements.map(({ key, worker }) => [key, worker]));
    waiting = waiting.flatMap((chunk) => {
      const worker = placed.get(chunk.key);
      if (worker === undefined) return [chunk];
      heldMediaMs.set(worker, (heldMediaMs.get(worker) ?? 0) + chunk.mediaMs);
      log.push({ atMs, priority: chunk.priority, mediaMs: chunk.mediaMs });
      return [come(chunk.priority, atMs)];
    });
    for (const [worker, held] of heldMediaMs) {
      heldMediaMs.set(worker, Math.max(0, held - speed * world.slots * world.passMs));
    }
  }
  return log;
}

/** The least share of the media time that the priority got in any full minute, stepped by ten seconds. */
function leastShare(log: readonly Dispatched[], priority: Priority): number {
  const shares: number[] = [];
  for (let fromMs = nowMs; fromMs + minuteMs <= nowMs + lengthMs; fromMs += 10_000) {
    const minute = log.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + minuteMs);
    const sum = (some: readonly Dispatched[]): number =>
      some.reduce((total, { mediaMs }) => total + mediaMs, 0);
    const own = sum(minute.filter((each) => each.priority === priority));
    shares.push(own / sum(minute));
  }
  return Math.min(...shares);
}

/** Of a share, what one chunk more or less and the coarseness of the memory may cost. */
const tolerance = 0.85;

const reachesFloors =
  (floors: DispatchSettings['floors']) =>
  (world: Saturation): boolean => {
    const log = saturate(world, floors);
    return (
      leastShare(log, 'standard') >= settings.floors.standard * tolerance &&
      leastShare(log, 'bulk') >= settings.floors.bulk * tolerance
    );
  };

const parameters = { seed: 20_261_205, numRuns: 6 };

describe('while more waits than the workers can do', () => {
  it('standard and bulk get their shares of every minute, late or not', () => {
    fc.assert(fc.property(saturations, reachesFloors(settings.floors)), parameters);
    const starved = fc.property(saturations, reachesFloors({ standard: 0, bulk: 0 }));
    expect(fc.check(starved, { ...parameters, endOnFailure: true }).failed).toBe(true);
  });

  it('live keeps all but the shares of the others', () => {
    const keepsRest = fc.property(
      saturations.filter(({ leftMs }) => leftMs.standard < 0 && leftMs.bulk < 0),
      (world) => leastShare(saturate(world, settings.floors), 'live') >= 0.85 - 0.05,
    );
    fc.assert(keepsRest, { ...parameters, numRuns: 2 });
  });

  it('what is remembered stays small', () => {
    let memory = emptyDispatchMemory();
    for (let atMs = nowMs; atMs < nowMs + 10 * minuteMs; atMs += 777) {
      const waiting = [
        {
          key: String(atMs),
          priority: 'live' as const,
          model: null,
          mediaMs: 1000,
          deadlineAtMs: atMs + 5000,
          waitingSinceMs: atMs,
          excludedWorkers: new Set<string>(),
          isSuspect: false,
          mustGoFirst: false,
        },
      ];
      const worker = {
        worker: 'gpu-1',
        kind: 'gpu' as const,
        priorities: new Set(priorities),
        models: new Set<string>(),
        slots: 1,
        speed,
        assignedChunks: 0,
        assignedMediaMs: 0,
        holdsSuspect: false,
      };
      memory = planDispatch(
        {
          nowMs: atMs,
          waiting,
          workers: [worker],
          comingGpu: [],
          gate: 'open',
          spillMediaMsPerMinuteMax: null,
        },
        memory,
        settings,
      ).memory;
      expect(memory.buckets.length).toBeLessThanOrEqual(13);
    }
  });
});
