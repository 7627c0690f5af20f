import { describe, expect, it } from 'vitest';
import { memoryNodePools } from '../../../../services/scaler/pools/memory.ts';
import { routedPools } from '../../../../services/scaler/pools/routed-pools.ts';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';

const leader = { term: 1, sequence: 1 };
const order = { nodesDesired: 2, leader };
const holderOf = (pool: string) => {
  const holder = memoryNodePools([{ pool, reachedAfterMs: [] }], new ManualClock(0));
  return { pools: [pool], holder };
};

describe('node pools of several holders', () => {
  it('are each sized by the one that holds them', async () => {
    const [near, far] = [holderOf('near'), holderOf('far')];
    const pools = routedPools([near, far]);
    await pools.setDesired('far', order);
    expect([near.holder.orders, far.holder.orders]).toEqual([[], [{ pool: 'far', ...order }]]);
    await expect(pools.setDesired('other', order)).rejects.toMatchObject({ code: 'unknown-pool' });
  });

  it('stay known where another holder does not answer', async () => {
    const [near, far] = [holderOf('near'), holderOf('far')];
    far.holder.setReachable(false);
    const list = await routedPools([near, far]).list();
    expect([...list].map(([pool, { kind }]) => [pool, kind])).toEqual([
      ['near', 'known'],
      ['far', 'unknown'],
    ]);
  });
});
