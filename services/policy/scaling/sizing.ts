import { lateDueMs } from './due-curve.ts';
import type { DueCurve } from './due-curve.ts';
import type { Outlook, PoolOutlook } from './outlook.ts';
import { withPause } from './pause.ts';
import { gpuMediaWith } from './supply.ts';
import type { GpuSupply } from './supply.ts';

/** Less of a node than this is the inexactness of the sum. */
const roundingFraction = 0.01;
/** While nodes are on their way, less than this is no reason for one more: estimates waver. */
const waverFraction = 0.25;
/** A node that is ordered gets at least this long to be of use, or a quarter of its boot. */
const usefulMsMin = 3000;

export const usefulMs = (bootMs: number): number => Math.max(usefulMsMin, bootMs / 4);

/** From when on a node that is ordered now counts as of use. */
export const helpsFromMs = (bootMs: number): number => bootMs + usefulMs(bootMs);

/** The horizon at which a pool has to be largest, and how much is due by then. */
export interface Bound {
  readonly withinMs: number;
  readonly dueMediaMs: number;
  readonly gpuMediaMs: number;
  readonly cpuMediaMs: number;
}

export interface Order {
  readonly pool: string;
  /** As many as the work needs, and as many of them as could be ordered here but for a pause. */
  readonly nodesNeeded: number;
  readonly nodes: number;
  /** `null`: no horizon is near enough to be judged. */
  readonly bound: Bound | null;
}

export interface SizingInput {
  readonly outlook: Outlook;
  readonly curve: DueCurve;
  readonly gpu: GpuSupply;
  readonly cpuMediaMs: readonly number[];
  readonly objectiveMsMin: number;
  /** Nodes of each pool less than it has: whether anything would be ordered again without them. */
  readonly letGo: ReadonlyMap<string, number>;
}

/**
 * What each pool has to order now so that everything is done when it is due, with what is ready and
 * coming. What a pool cannot have goes to the next one at once, with that one's boot and speed.
 */
export function ordersNow(input: SizingInput): readonly Order[] {
  const more = new Map(
    input.outlook.pools.map((pool) => {
      const name = pool.settings.pool;
      return [name, afterPause(pool, 0) - pool.nodesOrdered - (input.letGo.get(name) ?? 0)];
    }),
  );
  return input.outlook.pools.map((pool) => {
    const name = pool.settings.pool;
    const { nodesNeeded, bound } = orderOf(pool, input, more);
    const room = Math.max(0, pool.settings.nodesMax - pool.nodesOrdered);
    const nodes = pool.isKnown && pool.backOffLeftMs === 0 ? Math.min(nodesNeeded, room) : 0;
    const ordered = afterPause(pool, nodes) - afterPause(pool, 0);
    if (ordered > 0) more.set(name, (more.get(name) ?? 0) + ordered);
    return { pool: name, nodesNeeded, nodes, bound };
  });
}

/** The size that a pause leaves of an order. */
const afterPause = (pool: PoolOutlook, nodes: number): number =>
  pool.isKnown ? withPause(pool.nodesOrdered + nodes, pool) : pool.nodesOrdered;

function orderOf(
  pool: PoolOutlook,
  { curve, gpu, cpuMediaMs, objectiveMsMin }: SizingInput,
  more: ReadonlyMap<string, number>,
): Pick<Order, 'nodesNeeded' | 'bound'> {
  const { bootMs, nodeSpeed } = pool;
  if (nodeSpeed <= 0) return { nodesNeeded: 0, bound: null };
  const { horizonsMs } = curve;
  const gpuMediaMs = gpuMediaWith(gpu, more);
  const missing = horizonsMs.map(
    (_, index) =>
      (curve.dueMediaMs[index] ?? 0) - (gpuMediaMs[index] ?? 0) - (cpuMediaMs[index] ?? 0),
  );
  const early = missing.filter((_, index) => (horizonsMs[index] ?? 0) <= bootMs);
  // No order can help with this part in time; what it delays is the part that is due later.
  const unavoidable = Math.max(0, ...early);
  let nodesMost = Number.NEGATIVE_INFINITY;
  let bound: Bound | null = null;
  for (const [index, horizonMs] of horizonsMs.entries()) {
    if (horizonMs < helpsFromMs(bootMs)) continue;
    const put = horizonMs < lateDueMs(bootMs, objectiveMsMin) ? unavoidable : 0;
    const nodes = ((missing[index] ?? 0) - put) / (nodeSpeed * (horizonMs - bootMs));
    if (nodes <= nodesMost) continue;
    nodesMost = nodes;
    bound = {
      withinMs: horizonMs,
      dueMediaMs: (curve.dueMediaMs[index] ?? 0) - put,
      gpuMediaMs: gpuMediaMs[index] ?? 0,
      cpuMediaMs: cpuMediaMs[index] ?? 0,
    };
  }
  const isComing = pool.comingInMs.length > 0;
  const slack = isComing ? waverFraction : roundingFraction;
  const nodesNeeded = bound === null ? 0 : Math.max(0, Math.ceil(nodesMost - slack));
  return { nodesNeeded: Math.min(nodesNeeded, 1_000_000), bound };
}
