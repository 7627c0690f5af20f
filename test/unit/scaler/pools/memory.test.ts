import { describe, expect, it } from 'vitest';
import { memoryNodePools } from '../../../../services/scaler/pools/memory.ts';
import type { NodePools } from '../../../../services/scaler/pools/ports.ts';
import type { PoolState } from '../../../../services/shared/chunk/node-pools.ts';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';

const gpu = {
  pool: 'gpu',
  reachedAfterMs: [
    { phase: 'launched' as const, afterMs: 100 },
    { phase: 'allocatable' as const, afterMs: 1000 },
  ],
};
const leader = { term: 2, sequence: 1 };

async function gpuOf(pools: NodePools): Promise<PoolState> {
  const state = (await pools.list()).get('gpu');
  if (state?.kind === 'known') return state.value;
  throw new Error(`expected a known pool, found ${JSON.stringify(state)}`);
}

describe('node pools in memory', () => {
  it('boot by the clock', async () => {
    const clock = new ManualClock(0);
    const pools = memoryNodePools([gpu], clock);
    await pools.setDesired('gpu', { nodesDesired: 1, leader });
    const phases = [];
    for (const stepMs of [0, 100, 900]) {
      clock.advanceMs(stepMs);
      phases.push((await gpuOf(pools)).nodes[0]?.phase);
    }
    expect(phases).toEqual(['ordered', 'launched', 'allocatable']);
    expect((await gpuOf(pools)).nodes[0]?.reached).toEqual([
      { phase: 'ordered', agoMs: 1000 },
      { phase: 'launched', agoMs: 900 },
      { phase: 'allocatable', agoMs: 0 },
    ]);
  });

  it('keep the oldest nodes, replace lost ones, and say when there are no more', async () => {
    const clock = new ManualClock(0);
    const pools = memoryNodePools([{ ...gpu, nodesAtStart: 1, nodesAvailable: 2 }], clock);
    await pools.setDesired('gpu', { nodesDesired: 3, leader });
    const names = async () => (await gpuOf(pools)).nodes.map(({ node }) => node);
    expect(await names()).toEqual(['gpu-1', 'gpu-2']);
    expect((await gpuOf(pools)).problem).toBe('no capacity');
    await pools.setDesired('gpu', { nodesDesired: 1, leader });
    expect(await names()).toEqual(['gpu-1']);
    pools.lose('gpu-1');
    expect(await names()).toEqual(['gpu-3']);
  });

  it('refuse who led before, know their names, and can be out of reach', async () => {
    const pools = memoryNodePools([gpu], new ManualClock(0));
    await pools.setDesired('gpu', { nodesDesired: 1, leader });
    const earlier = { nodesDesired: 9, leader: { term: 1, sequence: 50 } };
    await expect(pools.setDesired('gpu', earlier)).rejects.toMatchObject({ code: 'refused' });
    await expect(pools.setDesired('tpu', { ...earlier, leader })).rejects.toMatchObject({
      code: 'unknown-pool',
    });
    pools.setReachable(false);
    expect((await pools.list()).get('gpu')?.kind).toBe('unknown');
    await expect(pools.setDesired('gpu', { ...earlier, leader })).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(pools.orders).toHaveLength(1);
  });

  it('refuse an order after somebody else sized them, until they were listed again', async () => {
    const pools = memoryNodePools([gpu], new ManualClock(0));
    pools.interfere('gpu', 2);
    const order = { nodesDesired: 1, leader };
    await expect(pools.setDesired('gpu', order)).rejects.toMatchObject({ code: 'conflict' });
    expect((await gpuOf(pools)).nodesDesired).toBe(2);
    await pools.setDesired('gpu', order);
    expect((await gpuOf(pools)).nodesDesired).toBe(1);
  });

  it('carry a pause, and can run out of nodes', async () => {
    const pools = memoryNodePools([{ ...gpu, nodesAtStart: 2 }], new ManualClock(0));
    const pause = { scaleIn: true, scaleOut: true, nodes: null };
    pools.setPause('gpu', pause);
    pools.setAvailable('gpu', 1);
    expect(await gpuOf(pools)).toMatchObject({ pause, problem: 'no capacity', nodesDesired: 2 });
  });
});
