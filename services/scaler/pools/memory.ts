import { isLater } from '../../shared/chunk/directive.ts';
import type { LeaderStamp } from '../../shared/chunk/directive.ts';
import type { NodePhase, PoolNode, PoolOrder, PoolState } from '../../shared/chunk/node-pools.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import { NodePoolsError } from './ports.ts';
import type { NodePools } from './ports.ts';

export interface MemoryPool {
  readonly pool: string;
  /** Nodes that are there from the beginning, booted. */
  readonly nodesAtStart?: number;
  /** From the order to each phase; a phase that is left out is never reached. */
  readonly reachedAfterMs: readonly { readonly phase: NodePhase; readonly afterMs: number }[];
  /** The cloud has no more than this; further orders are noted and not filled. */
  readonly nodesAvailable?: number;
}

export interface AcceptedOrder extends PoolOrder {
  readonly pool: string;
}

/** What a test can see of, and do to, node pools. */
export interface MemoryNodePools extends NodePools {
  /** In the order in which they were accepted. */
  readonly orders: readonly AcceptedOrder[];
  /** Until it is called with `true` again, all calls fail as `unreachable`. */
  setReachable(isReachable: boolean): void;
  /** As if another leader had ordered with this stamp. */
  hear(leader: LeaderStamp): void;
  /** A node dies; the pool orders another in its place. */
  lose(node: string): void;
}

interface MemoryNode {
  readonly node: string;
  /** Monotonic. */
  readonly orderedAtMs: number;
}

interface PoolInMemory {
  readonly settings: MemoryPool;
  nodesDesired: number;
  nodes: readonly MemoryNode[];
}

/** The twin of a driver: its nodes boot by the clock, and are gone at once when they are not wanted. */
export function memoryNodePools(pools: readonly MemoryPool[], clock: Clock): MemoryNodePools {
  const orders: AcceptedOrder[] = [];
  let heard: LeaderStamp | null = null;
  let isReachable = true;
  let nodesNamed = 0;
  const named = (pool: string): string => {
    nodesNamed += 1;
    return `${pool}-${nodesNamed}`;
  };
  const fill = (pool: PoolInMemory): void => {
    const { settings } = pool;
    const wanted = Math.min(pool.nodesDesired, settings.nodesAvailable ?? pool.nodesDesired);
    const missing = Math.max(0, wanted - pool.nodes.length);
    const orderedAtMs = clock.monotonicMs();
    const added = Array.from({ length: missing }, () => ({
      node: named(settings.pool),
      orderedAtMs,
    }));
    // The youngest leave first: what has booted is worth most.
    pool.nodes = [...pool.nodes, ...added].slice(0, wanted);
  };
  const byName = new Map(pools.map((settings) => [settings.pool, open(settings, clock)]));
  for (const pool of byName.values()) {
    pool.nodes = pool.nodes.map(({ orderedAtMs }) => ({
      node: named(pool.settings.pool),
      orderedAtMs,
    }));
  }
  const requireReachable = (): void => {
    if (!isReachable) throw new NodePoolsError('unreachable', 'the node pools do not answer');
  };
  return {
    orders,
    async list() {
      requireReachable();
      return [...byName.values()].map((pool) => stateOf(pool, clock.monotonicMs()));
    },
    async setDesired(name, order) {
      requireReachable();
      const pool = byName.get(name);
      if (pool === undefined) throw new NodePoolsError('unknown-pool', `there is no pool ${name}`);
      if (heard !== null && isLater(heard, order.leader)) {
        throw new NodePoolsError('refused', `a leader of term ${heard.term} was heard before`);
      }
      heard = order.leader;
      orders.push({ pool: name, ...order });
      pool.nodesDesired = order.nodesDesired;
      fill(pool);
    },
    setReachable: (value) => {
      isReachable = value;
    },
    hear: (leader) => {
      heard = leader;
    },
    lose: (node) => {
      for (const pool of byName.values()) {
        pool.nodes = pool.nodes.filter((each) => each.node !== node);
        fill(pool);
      }
    },
  };
}

/** Those at the start were ordered long ago. */
function open(settings: MemoryPool, clock: Clock): PoolInMemory {
  const bootMs = Math.max(0, ...settings.reachedAfterMs.map(({ afterMs }) => afterMs));
  const nodesDesired = settings.nodesAtStart ?? 0;
  const orderedAtMs = clock.monotonicMs() - bootMs;
  const nodes = Array.from({ length: nodesDesired }, () => ({ node: '', orderedAtMs }));
  return { settings, nodesDesired, nodes };
}

function stateOf({ settings, nodesDesired, nodes }: PoolInMemory, nowMs: number): PoolState {
  const { pool, reachedAfterMs } = settings;
  const problem = nodes.length < nodesDesired ? 'no capacity' : null;
  return {
    pool,
    nodesDesired,
    problem,
    nodes: nodes.map(({ node, orderedAtMs }): PoolNode => {
      const agoMs = nowMs - orderedAtMs;
      const later = reachedAfterMs
        .filter(({ afterMs }) => afterMs <= agoMs)
        .map(({ phase, afterMs }) => ({ phase, agoMs: agoMs - afterMs }));
      const reached = [{ phase: 'ordered' as const, agoMs }, ...later];
      return { node, phase: reached.at(-1)?.phase ?? 'ordered', reached };
    }),
  };
}
