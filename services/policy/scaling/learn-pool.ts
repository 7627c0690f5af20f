import { backOffAgain, forgetBackOff, isBackingOff } from './back-off.ts';
import { bootMsP90 } from './boot-time.ts';
import { watchBoots } from './boots.ts';
import type { BootNews } from './boots.ts';
import { learnedSpeed } from './learned-speed.ts';
import type { PoolMemory } from './memory.ts';
import { phaseLimits } from './phase-limits.ts';
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
    missingSinceMs: null,
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
  const limits = phaseLimits(memory, news.settings, bootMs);
  const missingSinceMs = sinceMissing(memory, view, news);
  const isMissing = missingSinceMs !== null;
  const hasWaited = isMissing && nowMs - missingSinceMs > limits.launchMs;
  const watched = (canLaunch: boolean): BootNews =>
    watchBoots(learned, {
      pool: view,
      loadedNodes: fleet.loadedNodes,
      nowMs,
      bootMs,
      sinceLastTickMs,
      limits,
      canLaunch,
      canMeasure: sinceLastTickMs <= Math.max(freshLookMs, bootMs / 4),
    });
  const first = watched(!hasWaited && !(isMissing && missingSinceMs > nowMs));
  // One that is given no machine speaks for those that were ordered after it.
  const boots = first.launchesFailed > 0 ? watched(false) : first;
  const isRefused =
    view.hasProblem && (isMissing || boots.memory.nodes.some(({ state }) => state === 'refused'));
  const isWithoutMachines = isRefused || hasWaited || first.launchesFailed > 0;
  const isInTrouble = isWithoutMachines || boots.nodesFailed > 0;
  const known = forgetBackOff(memory.backOff, nowMs, news.backOffMs);
  const isOver = boots.nodesLoaded > 0 && !isInTrouble && !isBackingOff(known, nowMs);
  const backOff =
    isInTrouble && !isBackingOff(known, nowMs)
      ? backOffAgain(known, nowMs, news.backOffMs)
      : isOver
        ? null
        : known;
  const isHopeless = isMissing && isWithoutMachines && backOff !== null;
  return {
    ...boots.memory,
    backOff,
    missingSinceMs: isHopeless ? backOff.untilMs : missingSinceMs,
  };
}

/**
 * Since when fewer nodes have had a machine than were ordered, without one more getting one; `null`:
 * all have. What is listed under a new name each time is missing all the same.
 */
function sinceMissing(
  memory: PoolMemory,
  view: PoolView,
  { nowMs, sinceLastTickMs }: PoolNews,
): number | null {
  const launched = view.nodes.filter(({ phase }) => phase !== 'ordered');
  if (view.nodesDesired <= launched.length) return null;
  const isAnyNew = launched.some(({ reached }) => {
    const agos = reached.filter(({ phase }) => phase !== 'ordered').map(({ agoMs }) => agoMs);
    return agos.length > 0 && Math.max(...agos) <= sinceLastTickMs;
  });
  return isAnyNew ? nowMs : (memory.missingSinceMs ?? nowMs);
}
