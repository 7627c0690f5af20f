import type { PoolDecision } from '../../shared/chunk/decision.ts';
import { nodesToLetGo, sizePool } from './decide-pool.ts';
import type { Keep } from './decide-pool.ts';
import type { DueCurve, Work } from './due-curve.ts';
import { heldForMs, mostNeeded, nodesNeededNow, rememberNeed } from './keep.ts';
import type { Memory, NeedPoint } from './memory.ts';
import type { Outlook, PoolOutlook } from './outlook.ts';
import type { ScalingSettings } from './settings.ts';
import { ordersNow } from './sizing.ts';
import { strainOf } from './spill-gate.ts';
import { cpuSupply } from './supply.ts';
import type { GpuSupply } from './supply.ts';

/** After a longer gap between two ticks that could judge sizes, a hold begins anew. */
const gapMsMax = 15_000;

export interface SizePoolsInput {
  readonly outlook: Outlook;
  readonly curve: DueCurve;
  readonly gpu: GpuSupply;
  readonly work: Work;
  readonly settings: ScalingSettings;
  readonly objectiveMsMin: number;
  readonly nowMs: number;
}

export interface SizedPools {
  readonly pools: readonly PoolDecision[];
  readonly memory: Memory;
}

/** Orders what is missing, or else lets go what has not been needed for a whole hold. */
export function sizePools(memory: Memory, input: SizePoolsInput): SizedPools {
  const { outlook, curve, gpu, work, settings, objectiveMsMin, nowMs } = input;
  const cpuMediaMs = cpuSupply(outlook, { curve, work, settings });
  const sizing = { outlook, curve, gpu, cpuMediaMs, objectiveMsMin };
  const orders = ordersNow({ ...sizing, letGo: new Map() });
  const sizedSinceMs = sizedSince(memory, work.bootMs, nowMs);
  const neededNow = nodesNeededNow(input);
  const plans = outlook.pools.map((pool) => {
    const name = pool.settings.pool;
    const holdMs = settings.holdBoots * pool.bootMs;
    const nodes = neededNow.get(name) ?? 0;
    const before = memory.pools.find((each) => each.pool === name)?.needs ?? [];
    return { pool, holdMs, nodes, needs: rememberNeed(before, { nowMs, nodes, holdMs }) };
  });
  const spare = plans.map(({ pool, needs }) => ({
    pool: pool.settings.pool,
    nodes: nodesToLetGo(pool, mostNeeded(needs)),
  }));
  const letGo = mostThatMayGo(spare, (fewer) => {
    // Nothing is let go that would be ordered again at once.
    const again = ordersNow({ ...sizing, letGo: fewer });
    const isEnough = again.every(({ nodesNeeded }) => nodesNeeded === 0);
    return isEnough && !strainOf({ ...input, letGo: fewer }).isOverloaded;
  });
  const isAnyUnknown = outlook.pools.some(({ isKnown }) => !isKnown);
  const obstacleOf = (holdMs: number): Keep['obstacle'] => {
    if (isAnyUnknown) return 'unknown-pool';
    if (nowMs - sizedSinceMs < holdMs) return 'fresh-memory';
    return letGo === null ? 'overload' : 'none';
  };
  const pools = plans.map(({ pool, holdMs, nodes, needs }, index) => {
    const order = orders[index] ?? { pool: '', nodesNeeded: 0, nodes: 0, bound: null };
    const heldMs = heldForMs(needs, { nowMs, nodes, holdMs });
    return sizePool(pool, order, {
      nodesNow: nodes,
      nodesKept: mostNeeded(needs),
      nodesGoing: letGo?.get(pool.settings.pool) ?? 0,
      holdMs,
      letGoInMs: Math.max(heldMs, sizedSinceMs + holdMs - nowMs, 0),
      obstacle: obstacleOf(holdMs),
    });
  });
  const needsOf = new Map(plans.map(({ pool, needs }) => [pool.settings.pool, needs]));
  return { pools, memory: remember(memory, needsOf, { sizedSinceMs, nowMs }) };
}

interface Spare {
  readonly pool: string;
  readonly nodes: number;
}

/**
 * As many of the spare nodes as may go at once, those of the least preferred pools first; `null`:
 * not even the nodes that count for nothing may be given up.
 */
function mostThatMayGo(
  spare: readonly Spare[],
  mayGo: (letGo: ReadonlyMap<string, number>) => boolean,
): ReadonlyMap<string, number> | null {
  if (!mayGo(new Map())) return null;
  let least = 0;
  let most = spare.reduce((total, { nodes }) => total + nodes, 0);
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (mayGo(firstOf(spare, middle))) least = middle;
    else most = middle - 1;
  }
  return firstOf(spare, least);
}

function firstOf(spare: readonly Spare[], count: number): ReadonlyMap<string, number> {
  let left = count;
  return new Map(
    spare.toReversed().map(({ pool, nodes }) => {
      const going = Math.min(left, nodes);
      left -= going;
      return [pool, going];
    }),
  );
}

function sizedSince(memory: Memory, bootMs: number, nowMs: number): number {
  const { sizedSinceMs, sizedAtMs } = memory;
  if (sizedSinceMs === null || sizedAtMs === null) return nowMs;
  return nowMs - sizedAtMs > Math.max(gapMsMax, bootMs / 4) ? nowMs : sizedSinceMs;
}

function remember(
  memory: Memory,
  needsOf: ReadonlyMap<PoolOutlook['settings']['pool'], readonly NeedPoint[]>,
  { sizedSinceMs, nowMs }: { readonly sizedSinceMs: number; readonly nowMs: number },
): Memory {
  return {
    ...memory,
    sizedSinceMs,
    sizedAtMs: nowMs,
    pools: memory.pools.map((pool) => ({ ...pool, needs: needsOf.get(pool.pool) ?? pool.needs })),
  };
}
