import type { PoolDecision, PoolReason, RefusalCause } from '../../shared/chunk/decision.ts';
import { rounded } from './bounded.ts';
import { nodesCounted } from './outlook.ts';
import type { PoolOutlook } from './outlook.ts';
import { withPause } from './pause.ts';
import type { Order } from './sizing.ts';

/** How many nodes a pool is to keep, and what stands in the way of letting others go. */
export interface Keep {
  readonly nodesNow: number;
  /** The most that were needed within the hold. */
  readonly nodesKept: number;
  /** Of the nodes that count beyond these, as many as nothing would be late without. */
  readonly nodesGoing: number;
  readonly holdMs: number;
  readonly letGoInMs: number;
  /** Whether fewer may be decided at all in this tick, and why not. */
  readonly obstacle: 'none' | 'fresh-memory' | 'unknown-pool' | 'overload';
}

/** The size that holds while something is not known; only what a person says moves it. */
export function holdPool(pool: PoolOutlook, reason: PoolReason): PoolDecision {
  const { nodesMin, nodesMax } = pool.settings;
  const nodes = pool.nodesOrdered;
  const isBounded = pool.isKnown && reason !== 'operator-unknown';
  const limited = isBounded ? Math.min(nodesMax, Math.max(nodesMin, nodes)) : nodes;
  const paused = isBounded ? withPause(limited, pool) : nodes;
  const limitReason = limited > nodes ? 'floor' : 'ceiling';
  const boundReason = paused === limited ? limitReason : 'paused';
  const neighbours = [paused - 1, paused + 1].filter((each) => each >= 0);
  const causeAgainst = (each: number): RefusalCause =>
    isBounded && withPause(each, pool) !== each ? 'paused' : 'unknown-input';
  return {
    ...facts(pool),
    nodesDesired: paused,
    reason: paused === limited && limited === nodes ? reason : boundReason,
    figures: figuresOf(pool),
    refused: neighbours.map((each) => ({ nodes: each, cause: causeAgainst(each) })),
  };
}

/** The size that the pool's order and what it has to keep come to. */
export function sizePool(pool: PoolOutlook, order: Order, keep: Keep): PoolDecision {
  if (!pool.isKnown) return holdPool(pool, 'pool-unknown');
  const { nodesDesired, reason } = sizeOf(pool, order, keep);
  return {
    ...facts(pool),
    nodesDesired,
    reason,
    figures: {
      ...figuresOf(pool),
      ...(order.bound === null
        ? {}
        : {
            dueMediaMs: rounded(order.bound.dueMediaMs),
            gpuMediaMs: rounded(order.bound.gpuMediaMs),
            cpuMediaMs: rounded(order.bound.cpuMediaMs),
            withinMs: rounded(order.bound.withinMs),
          }),
      nodesMissing: order.nodesNeeded,
      nodesNeeded: keep.nodesNow,
      nodesKept: keep.nodesKept,
      holdMs: rounded(keep.holdMs),
      letGoInMs: rounded(keep.letGoInMs),
    },
    refused: refusedBeside(pool, { nodesDesired, reason, order, keep }),
  };
}

type Size = Pick<PoolDecision, 'nodesDesired' | 'reason'>;

function sizeOf(pool: PoolOutlook, order: Order, keep: Keep): Size {
  const free = freeSizeOf(pool, order, keep);
  const nodesDesired = withPause(free.nodesDesired, pool);
  return nodesDesired === free.nodesDesired ? free : { nodesDesired, reason: 'paused' };
}

/** As if nobody had paused the pool. */
function freeSizeOf(pool: PoolOutlook, order: Order, keep: Keep): Size {
  const { nodesMin, nodesMax } = pool.settings;
  const { nodesOrdered } = pool;
  const wanted = nodesOrdered + order.nodes;
  if (wanted > nodesMax) return { nodesDesired: nodesMax, reason: 'ceiling' };
  if (wanted < nodesMin) return { nodesDesired: nodesMin, reason: 'floor' };
  if (order.nodes > 0) {
    const reason = order.nodes < order.nodesNeeded ? 'ceiling' : 'deadline';
    return { nodesDesired: wanted, reason };
  }
  if (order.nodesNeeded > 0) {
    return {
      nodesDesired: nodesOrdered,
      reason: pool.backOffLeftMs > 0 ? 'backing-off' : 'ceiling',
    };
  }
  // Nodes that count for nothing, since they did not come, go with the others.
  const least = Math.max(nodesMin, keep.nodesKept, nodesCounted(pool) - keep.nodesGoing);
  if (least < nodesOrdered && keep.obstacle === 'none') {
    return { nodesDesired: least, reason: 'surplus' };
  }
  return { nodesDesired: nodesOrdered, reason: reasonToStay(pool, keep) };
}

function reasonToStay({ settings, nodesOrdered, pause }: PoolOutlook, keep: Keep): PoolReason {
  if (keep.nodesNow >= nodesOrdered) return 'enough';
  if (nodesOrdered <= settings.nodesMin) return 'floor';
  if (pause?.scaleIn === true) return 'paused';
  return keep.obstacle === 'fresh-memory' ? 'fresh-memory' : 'hold';
}

/** Nodes that letting go down to what is kept takes from those that count. */
export function nodesToLetGo(pool: PoolOutlook, nodesKept: number): number {
  if (pool.pause !== null && (pool.pause.scaleIn || pool.pause.nodes !== null)) return 0;
  const least = Math.max(pool.settings.nodesMin, nodesKept);
  return least < pool.nodesOrdered ? Math.max(0, nodesCounted(pool) - least) : 0;
}

interface Sized extends Size {
  readonly order: Order;
  readonly keep: Keep;
}

/** Why not one node fewer, and why not one more. */
function refusedBeside(pool: PoolOutlook, sized: Sized): PoolDecision['refused'] {
  const { nodesDesired } = sized;
  const fewer = { nodes: nodesDesired - 1, cause: causeAgainstFewer(pool, sized) };
  const more = { nodes: nodesDesired + 1, cause: causeAgainstMore(pool, sized) };
  return nodesDesired > 0 ? [fewer, more] : [more];
}

function causeAgainstFewer(pool: PoolOutlook, sized: Sized): RefusalCause {
  const { settings, nodesOrdered } = pool;
  const { nodesDesired, order, keep } = sized;
  if (withPause(nodesDesired - 1, pool) !== nodesDesired - 1) return 'paused';
  if (nodesDesired <= settings.nodesMin) return 'below-floor';
  if (order.nodesNeeded > 0 || keep.nodesNow >= nodesDesired) return 'work-late';
  return nodesDesired <= nodesOrdered && keep.obstacle === 'unknown-pool'
    ? 'unknown-input'
    : 'held';
}

function causeAgainstMore(pool: PoolOutlook, { nodesDesired, order }: Sized): RefusalCause {
  const { settings, backOffLeftMs } = pool;
  if (withPause(nodesDesired + 1, pool) !== nodesDesired + 1) return 'paused';
  if (nodesDesired >= settings.nodesMax) return 'above-ceiling';
  return backOffLeftMs > 0 && order.nodesNeeded > 0 ? 'backing-off' : 'more-than-needed';
}

const facts = (
  pool: PoolOutlook,
): Pick<PoolDecision, 'pool' | 'nodesCurrent' | 'nodesLoaded' | 'pausedBy'> => ({
  pool: pool.settings.pool,
  nodesCurrent: pool.nodesListed,
  nodesLoaded: pool.nodesLoaded,
  pausedBy: pool.pause?.saidBy ?? null,
});

const figuresOf = (pool: PoolOutlook): Readonly<Record<string, number>> => ({
  nodesOrdered: pool.nodesOrdered,
  nodesComing: pool.comingInMs.length,
  bootMs: rounded(pool.bootMs),
  nodeMediaMsPerSecond: rounded(1000 * pool.nodeSpeed),
  ...(pool.backOffLeftMs > 0 ? { backOffLeftMs: rounded(pool.backOffLeftMs) } : {}),
});
