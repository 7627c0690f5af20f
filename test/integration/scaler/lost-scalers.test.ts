import { expect, it, vi } from 'vitest';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { describeWithKafka } from '../../support/broker.ts';
import { running } from '../../support/installation/installation.ts';
import { isLeadingLine, openScalerScene, pool } from '../../support/installation/scaler-scene.ts';
import type { RunningScaler, ScalerScene } from '../../support/installation/scaler-scene.ts';
import { eventually } from '../../support/process-probe.ts';
import { replayed } from '../../support/replay-ticks.ts';

vi.setConfig({ testTimeout: 120_000 });

const leadsWithinMs = 15_000;
/** Longer than the scaler's session (6 s). */
const hangMs = 8000;
const burst = { mediaMs: 4_000_000, withinMs: 60_000 };
const nothing = { mediaMs: 0, withinMs: 60_000 };

const wanted = ({ agent }: ScalerScene): number =>
  agent.pools().find((each) => each.pool === pool)?.nodesDesired ?? 0;

/** A leader in the middle of a burst, with nodes that boot, and a stand-by. */
async function midBoot(scene: ScalerScene): Promise<readonly [RunningScaler, RunningScaler]> {
  const leader = await scene.start('leader');
  await leader.program.waitForLog(isLeadingLine, 30_000);
  const standBy = await scene.start('stand-by');
  await running(standBy.program);
  scene.tell(burst);
  await eventually('nodes are ordered', () => wanted(scene) > 0, 20_000);
  return [leader, standBy];
}

async function leadsIn({ program }: RunningScaler): Promise<number> {
  const fromMs = systemClock.monotonicMs();
  await program.waitForLog(isLeadingLine, 2 * leadsWithinMs);
  return systemClock.monotonicMs() - fromMs;
}

const acceptedBy = ({ gate }: RunningScaler): readonly string[] =>
  gate.passed
    .filter(({ status }) => status === 204)
    .map(({ leader }) => `${leader.term}.${leader.sequence}`);

const expectAllToReplay = (scene: ScalerScene, names: readonly string[]): void => {
  const ticks = names.flatMap((name) => scene.ticksOf(name));
  expect(ticks.length).toBeGreaterThan(5);
  for (const tick of ticks) {
    const { recorded, again } = replayed(tick);
    expect(again).toBe(recorded);
  }
};

describeWithKafka('lost scalers', () => {
  it.concurrent(
    'a stand-by leads within fifteen seconds of the death of the leader, and goes on from its memory',
    async (context) => {
      const scene = await openScalerScene(context);
      const [leader, standBy] = await midBoot(scene);
      const nodes = wanted(scene);
      // Nothing to do any more: whoever forgot what was ordered and why would let the nodes go.
      scene.tell(nothing);
      leader.program.kill('SIGKILL');
      await leader.program.exited;
      context.expect(await leadsIn(standBy)).toBeLessThan(leadsWithinMs);
      await eventually('it has ticked', () => scene.ticksOf('stand-by').length >= 3, 20_000);
      const [first] = scene.ticksOf('stand-by');
      context.expect(first?.leader).toEqual({ term: 2, sequence: 1 });
      const left = scene.memories.filter(
        ({ tickAtMs }) => tickAtMs < (first?.observation.observedAtMs ?? 0),
      );
      context.expect(left.length).toBeGreaterThan(0);
      context.expect(first?.memory).toEqual(left.at(-1));
      context.expect(wanted(scene)).toBe(nodes);
      expectAllToReplay(scene, ['leader', 'stand-by']);
    },
  );

  it.concurrent(
    'a leader that hangs with an order on its way is refused, stands by, and is good for the next time',
    async (context) => {
      const scene = await openScalerScene(context);
      const [hanging, standBy] = await midBoot(scene);
      const release = await hanging.gate.hold('PUT');
      hanging.program.pause();
      const hangsSinceMs = systemClock.monotonicMs();
      context.expect(await leadsIn(standBy)).toBeLessThan(leadsWithinMs);
      await eventually('the stand-by orders', () => acceptedBy(standBy).length > 0, 10_000);
      await release();
      const late = hanging.gate.passed.at(-1);
      context.expect(late).toMatchObject({ leader: { term: 1 }, status: 409 });
      await systemClock.sleepMs(hangsSinceMs + hangMs - systemClock.monotonicMs());
      const [ticks, orders] = [scene.ticksOf('leader').length, hanging.gate.passed.length];
      hanging.program.resume();
      await hanging.program.waitForLog(
        ({ fields }) => fields?.['event'] === 'standing-by',
        leadsWithinMs,
      );
      const published = scene.ticksOf('leader').slice(ticks);
      // The tick that hung had published before; none after it can.
      context.expect(published.filter(({ isPublished }) => isPublished).length).toBeLessThan(2);
      context.expect(hanging.gate.passed).toHaveLength(orders);

      context.expect(await standBy.program.stop(10_000)).toEqual({ kind: 'exited', code: 0 });
      const leadsAgain = (): boolean => scene.ticksOf('leader').at(-1)?.leader.term === 3;
      await eventually('the former leader leads again', leadsAgain, leadsWithinMs);
      const [own, others] = [acceptedBy(hanging), new Set(acceptedBy(standBy))];
      context.expect(own.filter((stamp) => others.has(stamp))).toEqual([]);
      context.expect(new Set(own).size).toBe(own.length);
      expectAllToReplay(scene, ['leader', 'stand-by']);
    },
  );

  it.concurrent(
    'a leader that hangs in the middle of a look publishes and orders nothing of it',
    async (context) => {
      const scene = await openScalerScene(context);
      const [hanging, standBy] = await midBoot(scene);
      const release = await hanging.gate.hold('GET');
      hanging.program.pause();
      const hangsSinceMs = systemClock.monotonicMs();
      context.expect(await leadsIn(standBy)).toBeLessThan(leadsWithinMs);
      await release();
      await systemClock.sleepMs(hangsSinceMs + hangMs - systemClock.monotonicMs());
      const [ticks, orders] = [scene.ticksOf('leader').length, hanging.gate.passed.length];
      hanging.program.resume();
      await hanging.program.waitForLog(
        ({ fields }) => fields?.['event'] === 'standing-by',
        leadsWithinMs,
      );
      await eventually('the stand-by goes on', () => scene.ticksOf('stand-by').length > 5, 20_000);
      const after = scene.ticksOf('leader').slice(ticks);
      context.expect(after.filter(({ isPublished }) => isPublished)).toEqual([]);
      context.expect(hanging.gate.passed).toHaveLength(orders);
      expectAllToReplay(scene, ['leader', 'stand-by']);
    },
  );
});
