import { priorities } from '../../shared/chunk/words.ts';
import { arrivalSpans, learnArrivals } from './arrivals.ts';
import { longestBootMs } from './boot-time.ts';
import { emptyPoolMemory, learnPool } from './learn-pool.ts';
import { learnedSpeed } from './learned-speed.ts';
import type { ArrivalMemory, Memory } from './memory.ts';
import { mapPriorities } from './read-settings.ts';
import type { ScalingSettings } from './settings.ts';
import type { Situation } from './situation.ts';

/** After a longer pause nobody can say what happened in it. */
const pauseMsMax = 3_600_000;

/** Whether the time of this look cannot follow the last one: it is before it, or hours after it. */
export function hasClockJumped(nowMs: number, memory: Memory): boolean {
  return nowMs < memory.tickAtMs || nowMs - memory.tickAtMs > pauseMsMax;
}

/**
 * A memory as if the last tick had been now: how long everything lasts stays what it was. Arrivals
 * are forgotten, since what came in between would look like a flood or like nothing.
 */
export function rebased(memory: Memory, nowMs: number): Memory {
  const byMs = nowMs - memory.tickAtMs;
  const moved = (atMs: number | null): number | null => (atMs === null ? null : atMs + byMs);
  return {
    ...memory,
    tickAtMs: nowMs,
    sizedSinceMs: null,
    sizedAtMs: null,
    arrivals: memory.arrivals.map((each) => ({ ...each, points: [] })),
    pools: memory.pools.map((pool) => ({
      ...pool,
      nodes: pool.nodes.map((node) => ({ ...node, sinceMs: node.sinceMs + byMs })),
      missingSinceMs: moved(pool.missingSinceMs),
      backOff: pool.backOff && { ...pool.backOff, untilMs: pool.backOff.untilMs + byMs },
      needs: pool.needs.map((need) => ({ ...need, fromMs: need.fromMs + byMs })),
    })),
    cpuWorkers: memory.cpuWorkers && {
      ...memory.cpuWorkers,
      needs: memory.cpuWorkers.needs.map((need) => ({ ...need, fromMs: need.fromMs + byMs })),
    },
    spill: { ...memory.spill, overloadedAtMs: moved(memory.spill.overloadedAtMs) },
  };
}

/** The memory with what this look taught; what is not known teaches nothing. */
export function learn(situation: Situation, memory: Memory, settings: ScalingSettings): Memory {
  const { nowMs, fleet, intake, demand } = situation;
  const sinceLastTickMs = nowMs - memory.tickAtMs;
  const pools = settings.pools.map((pool) => {
    const known =
      memory.pools.find((each) => each.pool === pool.pool) ?? emptyPoolMemory(pool.pool);
    if (fleet === null) return known;
    const view = situation.pools.get(pool.pool) ?? null;
    const { backOffMs } = settings;
    return learnPool(known, { settings: pool, backOffMs, view, fleet, nowMs, sinceLastTickMs });
  });
  const learned = {
    ...memory,
    tickAtMs: nowMs,
    pools,
    cpuSlotSpeed: learnedSpeed(memory.cpuSlotSpeed, fleet?.cpu.slotSpeed ?? null, sinceLastTickMs),
  };
  const spans = arrivalSpans(longestBootMs(settings.pools, pools));
  const arrivals = priorities.map((priority) =>
    learnArrivals(arrivalsOf(memory, priority), {
      nowMs,
      spans,
      lag: intake?.[priority] ?? null,
      queue: demand?.queues[priority] ?? null,
      allowedMs: demand?.allowedMs[priority] ?? null,
    }),
  );
  return { ...learned, arrivals };
}

export const arrivalsOf = (memory: Memory, priority: ArrivalMemory['priority']): ArrivalMemory =>
  memory.arrivals.find((each) => each.priority === priority) ?? {
    priority,
    points: [],
    chunkMediaMs: null,
    allowedMs: null,
  };

/** The settings with the time that producers really allow in place of what was configured. */
export function withAllowedTimes(settings: ScalingSettings, memory: Memory): ScalingSettings {
  const objectiveMs = mapPriorities(
    (priority) => arrivalsOf(memory, priority).allowedMs ?? settings.objectiveMs[priority],
  );
  return { ...settings, objectiveMs };
}
