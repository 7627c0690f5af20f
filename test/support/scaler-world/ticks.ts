import { loggedTick } from '../logged-tick.ts';
import type { LoggedTick } from '../logged-tick.ts';
import type { ScalerWorld, WorldScaler } from './scaler-world.ts';

/** Until a scaler leads and has watched the fleet for long enough. */
export const settleInMs = 10_000;
export const takeOverMsMax = 15_000;
export const burst = { mediaMs: 4_000_000, withinMs: 60_000 };

export const ticksOf = (scaler: WorldScaler): readonly LoggedTick[] =>
  scaler.of('tick').map(({ fields }) => loggedTick(fields));
export const isLeading = (scaler: WorldScaler): boolean =>
  scaler.of('leading').length > scaler.of('standing-by').length;
export const ordered = (world: ScalerWorld): readonly number[] =>
  world.pools.orders.map(({ nodesDesired }) => nodesDesired);
export const nodesNow = async (world: ScalerWorld): Promise<number> => {
  const pool = (await world.pools.list()).get('gpu');
  return pool?.kind === 'known' ? pool.value.nodes.length : 0;
};
