import { backOffAgain, forgetBackOff, isBackingOff } from './back-off.ts';
import { bootMsP90, comesInMs, watchBoots } from './boots.ts';
import { learnedSpeed } from './learned-speed.ts';
import type { PoolMemory } from './memory.ts';
import type { PoolSettings } from './settings.ts';
import type { FleetView, PoolView } from './situation.ts';

/** Longer ago than this, the last look says nothing about when a node became loaded. */
const freshLookMs = 10_000;

export function emptyPoolMemory(pool: string): PoolMemory {
  return {
    pool,
    slotSpeed: null,
    bootMs: [],
    phaseMs: [],
    nodes: [],
    nodesDesired: null,
    unlistedSinceMs: null,
    backOff: null,
    needs: [],
  };
}

export interface PoolNews {
  readonly settings: PoolSettings;
  readonly backOffMs: number;
  /** `null`: not known. */
  readonly view: PoolView | null;
  readonly fleet: FleetView;
  readonly nowMs: number;
  readonly sinceLastTickMs: number;
}

/** What a look at a pool and its workers adds to what is known of it. */
export function learnPool(memory: PoolMemory, news: PoolNews): PoolMemory {
  const { view, fleet, nowMs, sinceLastTickMs } = news;
  const seen = fleet.gpu.get(memory.pool)?.slotSpeed ?? null;
  const learned = {
    ...memory,
    slotSpeed: learnedSpeed(memory.slotSpeed, seen, sinceLastTickMs),
  };
  if (view === null) return learned;
  const bootMs = bootMsP90(memory.bootMs, news.settings.bootMsPrior);
  const boots = watchBoots(learned, {
    pool: view,
    loadedNodes: fleet.loadedNodes,
    nowMs,
    bootMs,
    canMeasure: sinceLastTickMs <= Math.max(freshLookMs, bootMs / 4),
  });
  const unlistedSinceMs = sinceUnlisted(memory, view, nowMs);
  const isUnlistedOverdue =
    unlistedSinceMs !== null && comesInMs(nowMs - unlistedSinceMs, bootMs) === null;
  const isRefused =
    view.hasProblem &&
    (unlistedSinceMs !== null || boots.memory.nodes.some(({ state }) => state === 'refused'));
  const known = forgetBackOff(memory.backOff, nowMs, news.backOffMs);
  const isInTrouble = isRefused || isUnlistedOverdue || boots.nodesFailed > 0;
  if (isInTrouble && !isBackingOff(known, nowMs)) {
    const backOff = backOffAgain(known, nowMs, news.backOffMs);
    const isMissing = unlistedSinceMs !== null;
    return { ...boots.memory, backOff, unlistedSinceMs: isMissing ? backOff.untilMs : null };
  }
  const isOver = boots.nodesLoaded > 0 && !isInTrouble && !isBackingOff(known, nowMs);
  return { ...boots.memory, backOff: isOver ? null : known, unlistedSinceMs };
}

function sinceUnlisted(memory: PoolMemory, view: PoolView, nowMs: number): number | null {
  if (view.nodesDesired <= view.nodes.length) return null;
  return memory.unlistedSinceMs ?? nowMs;
}
