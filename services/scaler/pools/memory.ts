import type { Known } from '../../policy/scaling/observation.ts';
import { isLater } from '../../shared/chunk/directive.ts';
import type { LeaderStamp } from '../../shared/chunk/directive.ts';
import type { NodePhase, PoolNode, PoolOrder, PoolState } from '../../shared/chunk/node-pools.ts';
import type { Pause } from '../../shared/chunk/operator.ts';
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
  /** Until it is called with `true` again, no pool is known and orders fail as `unreachable`. */
  setReachable(isReachable: boolean): void;
  /** As if the pool carried annotations; `null` takes them off. */
  setPause(pool: string, pause: Pause | null): void;
  /** From now on the cloud has no more nodes than this for the pool. */
  setAvailable(pool: string, nodesAvailable: number): void;
  /** Somebody else writes the pool's size: the next order for it is refused as `conflict`. */
  interfere(pool: string, nodesDesired: number): void;
  /** As if another leader had ordered with this stamp. */
  hear(leader: LeaderStamp): void;
  /** A node dies; the pool orders another in its place. */
  lose(node: string): void;
}

const silence = 'the node pools do not answer';

interface MemoryNode {
  readonly node: string;
  /** Monotonic. */
  readonly orderedAtMs: number;
}

interface PoolInMemory {
  readonly settings: MemoryPool;
  nodesAvailable: number;
  nodesDesired: number;
  pause: Pause | null;
  /** Whether it was written by another since it was last listed. */
  isStale: boolean;
  nodes: readonly MemoryNode[];
}

/** The twin of a driver: its nodes boot by the clock, and are gone at once when they are not wanted. */
export function memoryNodePools(pools: readonly MemoryPool[], clock: Clock): MemoryNodePools {
  const orders: AcceptedOrder[] = [];
  let heard: LeaderStamp | null = null;
  let isReachable = true;
  let nodesNamed = 0;
  const named = (pool: string): string => `${pool}-${++nodesNamed}`;
  const fill = (pool: PoolInMemory): void => resize(pool, named, clock.monotonicMs());
  const byName = new Map(pools.map((settings) => [settings.pool, open(settings, clock)]));
  for (const pool of byName.values()) {
    pool.nodes = pool.nodes.map(({ orderedAtMs }) => ({
      node: named(pool.settings.pool),
      orderedAtMs,
    }));
  }
  const requirePool = (name: string): PoolInMemory => {
    const pool = byName.get(name);
    if (pool !== undefined) return pool;
    throw new NodePoolsError('unknown-pool', `there is no pool ${name}`);
  };
  const look = (pool: PoolInMemory): Known<PoolState> => {
    if (!isReachable) return { kind: 'unknown', cause: silence };
    pool.isStale = false;
    return { kind: 'known', value: stateOf(pool, clock.monotonicMs()) };
  };
  return {
    orders,
    async list() {
      return new Map([...byName].map(([name, pool]) => [name, look(pool)]));
    },
    async setDesired(name, order) {
      if (!isReachable) throw new NodePoolsError('unreachable', silence);
      const pool = requirePool(name);
      if (pool.isStale) throw new NodePoolsError('conflict', `somebody else has sized ${name}`);
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
    setPause: (name, pause) => {
      requirePool(name).pause = pause;
    },
    setAvailable: (name, nodesAvailable) => {
      const pool = requirePool(name);
      pool.nodesAvailable = nodesAvailable;
      fill(pool);
    },
    interfere: (name, nodesDesired) => {
      const pool = requirePool(name);
      Object.assign(pool, { nodesDesired, isStale: true });
      fill(pool);
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
  const nodesAvailable = settings.nodesAvailable ?? Number.POSITIVE_INFINITY;
  return { settings, nodesAvailable, nodesDesired, pause: null, isStale: false, nodes };
}

/** The youngest leave first: what has booted is worth most. */
function resize(pool: PoolInMemory, named: (pool: string) => string, orderedAtMs: number): void {
  const wanted = Math.min(pool.nodesDesired, pool.nodesAvailable);
  const missing = Math.max(0, wanted - pool.nodes.length);
  const added = Array.from({ length: missing }, () => ({
    node: named(pool.settings.pool),
    orderedAtMs,
  }));
  pool.nodes = [...pool.nodes, ...added].slice(0, wanted);
}

function stateOf(of: PoolInMemory, nowMs: number): PoolState {
  const { settings, nodesDesired, nodes, pause } = of;
  const { pool, reachedAfterMs } = settings;
  const problem = nodes.length < nodesDesired ? 'no capacity' : null;
  return {
    pool,
    nodesDesired,
    problem,
    pause,
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
