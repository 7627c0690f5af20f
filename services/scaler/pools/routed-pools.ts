import { NodePoolsError } from './ports.ts';
import type { NodePools } from './ports.ts';

export interface PoolHolder {
  readonly pools: readonly string[];
  readonly holder: NodePools;
}

/** Several holders of nodes as one: each pool is asked of the one that holds it. */
export function routedPools(holders: readonly PoolHolder[]): NodePools {
  const holderOf = new Map(
    holders.flatMap(({ pools, holder }) => pools.map((pool) => [pool, holder] as const)),
  );
  return {
    async list() {
      const lists = await Promise.all(holders.map(({ holder }) => holder.list()));
      return new Map(lists.flatMap((list) => [...list]));
    },
    async setDesired(pool, order) {
      const holder = holderOf.get(pool);
      if (holder === undefined) {
        throw new NodePoolsError('unknown-pool', `nobody holds a pool ${pool}`);
      }
      await holder.setDesired(pool, order);
    },
  };
}
