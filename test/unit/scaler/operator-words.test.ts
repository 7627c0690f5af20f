import { describe, expect, it } from 'vitest';
import { encodePauseWord, operatorKeys } from '../../../services/shared/chunk/operator.ts';
import { ScalerWorld, tickMs } from '../../support/scaler-world/scaler-world.ts';
import {
  burst,
  nodesNow,
  settleInMs,
  takeOverMsMax,
  ticksOf,
} from '../../support/scaler-world/ticks.ts';

describe('what an operator says', () => {
  const word = { by: 'anna', atMs: 0, untilMs: null, note: null };
  const still = encodePauseWord({ ...word, scaleIn: true, scaleOut: true, nodes: null });

  it('keeps the size of a pool from the next tick on, until it is taken back', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    await world.say(operatorKeys.pause('gpu'), still);
    world.due = burst;
    await world.elapse(2 * tickMs);
    expect(await nodesNow(world)).toBe(0);
    expect(ticksOf(scaler).at(-1)?.decision.pools[0]).toMatchObject({ reason: 'paused' });
    expect(await scaler.registry.metrics()).toContain('spillway_scaler_pool_paused{pool="gpu"} 1');
    await world.say(operatorKeys.pause('gpu'), null);
    await world.elapse(2 * tickMs);
    expect(await nodesNow(world)).toBeGreaterThan(0);
    expect(await scaler.registry.metrics()).toContain('spillway_scaler_pool_paused{pool="gpu"} 0');
  });

  it('is obeyed by whoever leads next, from its first tick on', async () => {
    const world = await ScalerWorld.open();
    const first = await world.start('a');
    await world.elapse(settleInMs);
    await world.say(operatorKeys.pause('gpu'), still);
    await world.elapse(tickMs);
    first.process.kill();
    const second = await world.start('b');
    world.due = burst;
    await world.elapse(takeOverMsMax + tickMs);
    const reasons = ticksOf(second).map(({ decision }) => decision.pools[0]?.reason);
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons).not.toContain('deadline');
    expect(reasons.at(-1)).toBe('paused');
  });

  it('holds every size while it cannot be read, and warns', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    await world.say(operatorKeys.pauseAll, 'nonsense');
    world.due = burst;
    await world.elapse(2 * tickMs);
    expect(await nodesNow(world)).toBe(0);
    const told = scaler.of('input-unknown').find(({ fields }) => fields['input'] === 'operator');
    expect(told?.fields['message']).toContain('the word pause at offset 0 cannot be read');
  });
});
