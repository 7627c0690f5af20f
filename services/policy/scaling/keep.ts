import { arrivingSpeed } from './due-curve.ts';
import type { DueCurve, Work } from './due-curve.ts';
import { needPointsMax } from './memory.ts';
import type { NeedPoint } from './memory.ts';
import { nodesCounted } from './outlook.ts';
import type { Outlook } from './outlook.ts';
import type { ScalingSettings } from './settings.ts';
import { usefulMs } from './sizing.ts';
import { priorities } from '../../shared/chunk/words.ts';

/** Busier than this share of its time, a node has nothing left for what comes unevenly. */
const safeUseFraction = 0.9;
/** Without any GPU node, CPU workers must have everything done in this share of their time. */
const cpuAloneFraction = 0.5;
const roundingFraction = 0.01;
const stretchesPerHold = 16;

export interface KeepInput {
  readonly outlook: Outlook;
  readonly curve: DueCurve;
  readonly work: Work;
  readonly settings: ScalingSettings;
}

/**
 * How many of the nodes that each pool has would do if all of them were loaded: preferred pools
 * first, so that the others are let go first. CPU workers are not counted on, since a node is paid
 * for what spill costs in quality, unless they can do everything alone with ease.
 */
export function nodesNeededNow(input: KeepInput): ReadonlyMap<string, number> {
  const { outlook, curve, work, settings } = input;
  const { pools, otherSlots, otherSlotSpeed } = outlook;
  if (isEasyForCpu(input)) return new Map(pools.map(({ settings: { pool } }) => [pool, 0]));
  let speed = otherSlots * otherSlotSpeed;
  const steadySpeed = arrivingSpeed(work, settings) / safeUseFraction;
  const needed = new Map<string, number>();
  for (const pool of pools) {
    const { nodeSpeed, bootMs } = pool;
    let speedMissing = steadySpeed - speed;
    for (const [index, horizonMs] of curve.horizonsMs.entries()) {
      if (horizonMs < usefulMs(bootMs)) continue;
      speedMissing = Math.max(speedMissing, (curve.dueMediaMs[index] ?? 0) / horizonMs - speed);
    }
    const wanted = nodeSpeed > 0 ? Math.ceil(speedMissing / nodeSpeed - roundingFraction) : 0;
    const nodes = Math.max(0, Math.min(nodesCounted(pool), wanted));
    needed.set(pool.settings.pool, nodes);
    speed += nodes * nodeSpeed;
  }
  return needed;
}

function isEasyForCpu({ outlook, curve, work, settings }: KeepInput): boolean {
  if (settings.spill === 'shut') return false;
  const isForCpu = priorities.every((priority) => {
    const { queue, unreadChunks, rates, canUseCpu } = work.priorities[priority];
    const isIdle = queue.chunks + unreadChunks + rates.near + rates.far === 0;
    return canUseCpu || (isIdle && queue.dueMediaMs.every((mediaMs) => mediaMs === 0));
  });
  const speed =
    cpuAloneFraction * outlook.cpuSlots * outlook.cpuSlotSpeed +
    outlook.otherSlots * outlook.otherSlotSpeed;
  return (
    isForCpu &&
    arrivingSpeed(work, settings) <= speed &&
    curve.horizonsMs.every(
      (horizonMs, index) => (curve.dueMediaMs[index] ?? 0) <= speed * horizonMs,
    )
  );
}

/** A stretch ends with its last moment of need; until a hold after that it is remembered. */
export function rememberNeed(
  points: readonly NeedPoint[],
  {
    nowMs,
    nodes,
    holdMs,
  }: { readonly nowMs: number; readonly nodes: number; readonly holdMs: number },
): readonly NeedPoint[] {
  const stretchMs = holdMs / stretchesPerHold;
  const recent = points.filter(({ fromMs }) => fromMs + stretchMs + holdMs >= nowMs);
  const last = recent.at(-1);
  if (last === undefined || nowMs - last.fromMs >= stretchMs) {
    return [...recent, { fromMs: nowMs, nodes }].slice(-needPointsMax);
  }
  return [...recent.slice(0, -1), { fromMs: last.fromMs, nodes: Math.max(last.nodes, nodes) }];
}

export const mostNeeded = (points: readonly NeedPoint[]): number =>
  Math.max(0, ...points.map(({ nodes }) => nodes));

/** How long until no more than `nodes` are remembered as needed, if that is so from now on. */
export function heldForMs(
  points: readonly NeedPoint[],
  {
    nowMs,
    nodes,
    holdMs,
  }: { readonly nowMs: number; readonly nodes: number; readonly holdMs: number },
): number {
  const last = points.findLast((point) => point.nodes > nodes);
  if (last === undefined) return 0;
  return Math.max(0, last.fromMs + holdMs / stretchesPerHold + holdMs - nowMs);
}
