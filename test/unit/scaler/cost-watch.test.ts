import { describe, expect, it } from 'vitest';
import { createCostWatch } from '../../../services/scaler/cost-watch.ts';
import type { PoolCost } from '../../../services/scaler/cost-watch.ts';
import type { NodePhase } from '../../../services/shared/chunk/node-pools.ts';
import { ManualClock } from '../../../services/shared/clock/manual.ts';
import { gpuPool, nodeOf, observationOf } from '../../support/scaling-world/facts.ts';

const pool = { ...gpuPool, pricePerHour: 6 };
const minuteMs = 60_000;

function watched() {
  const clock = new ManualClock(0);
  const watch = createCostWatch(clock);
  const look = (...phases: readonly NodePhase[]): readonly PoolCost[] => {
    const booting = phases.map((phase, index) => nodeOf(`n${index}`, 1000, { phase }));
    return watch.look(observationOf({ booting }), [pool]);
  };
  return { clock, watch, look };
}

describe('what nodes cost', () => {
  it('is their price from the launch on, while they leave as well', () => {
    const { look } = watched();
    const [cost] = look('ordered', 'launched', 'loaded', 'leaving');
    expect(cost).toEqual({ pool: 'gpu', perHour: 18, spent: 0 });
  });

  it('adds up over the time that they were there', async () => {
    const { clock, look } = watched();
    look('ready', 'ready');
    await clock.elapseMs(10 * minuteMs);
    expect(look('ready')[0]?.spent).toBeCloseTo((2 * 6 * 10) / 60);
    await clock.elapseMs(10 * minuteMs);
    expect(look()[0]?.spent).toBeCloseTo((6 * 10) / 60);
    await clock.elapseMs(10 * minuteMs);
    expect(look()[0]?.spent).toBe(0);
  });

  it('goes on while nodes cannot be seen', async () => {
    const { clock, watch, look } = watched();
    look('ready');
    const unknown = { kind: 'unknown' as const, cause: 'nobody answers' };
    const blind = { ...observationOf({}), pools: { gpu: unknown } };
    await clock.elapseMs(30 * minuteMs);
    const [cost] = watch.look(blind, [pool]);
    expect(cost).toEqual({ pool: 'gpu', perHour: 6, spent: 3 });
  });

  it('is left to others while others lead', async () => {
    const { clock, watch, look } = watched();
    look('ready');
    watch.end();
    await clock.elapseMs(30 * minuteMs);
    expect(look('ready')[0]?.spent).toBe(0);
  });
});
