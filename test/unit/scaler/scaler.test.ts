import { describe, expect, it } from 'vitest';
import { parseDecisions } from '../../../services/shared/chunk/decision.ts';
import { directiveKeys } from '../../../services/shared/chunk/directive.ts';
import { replayed } from '../../support/replay-ticks.ts';
import type { RecordedTick } from '../../support/replay-ticks.ts';
import {
  bootMs,
  directiveMs,
  ScalerWorld,
  tickMs,
  topics,
} from '../../support/scaler-world/scaler-world.ts';
import {
  burst,
  isLeading,
  nodesNow,
  ordered,
  settleInMs,
  takeOverMsMax,
  ticksOf,
} from '../../support/scaler-world/ticks.ts';

describe('a leading scaler', () => {
  it('orders nodes for a burst, sees them boot, and tells dispatchers what comes', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    expect(new Set(ordered(world))).toEqual(new Set([0]));
    world.due = burst;
    await world.elapse(2 * tickMs);
    const nodes = await nodesNow(world);
    expect(nodes).toBeGreaterThan(0);
    const directive = world.directive();
    expect(directive?.expiresAtMs).toBe((directive?.issuedAtMs ?? 0) + directiveMs);
    expect(directive?.capacity.flatMap(({ coming }) => coming).length).toBeGreaterThan(0);
    await world.elapse(bootMs + tickMs);
    expect(ticksOf(scaler).at(-1)?.decision.pools[0]?.nodesLoaded).toBe(nodes);
    const text = await scaler.registry.metrics();
    expect(text).toContain(`spillway_scaler_nodes{pool="gpu",phase="loaded"} ${nodes}`);
    expect(text).toContain(
      `spillway_scaler_boot_seconds_count{pool="gpu",phase="loaded"} ${nodes}`,
    );
    expect(scaler.fatal).toEqual([]);
  });

  it('publishes directive, memory and decisions together, and orders only what was published', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    world.due = burst;
    scaler.process.connection.faults.failNextSettle('before');
    const before = { orders: world.pools.orders.length, directive: world.directive()?.leader };
    await world.elapse(tickMs);
    const failed = ticksOf(scaler).findLast(({ isPublished }) => !isPublished);
    expect(failed?.orders).toEqual([]);
    expect(world.pools.orders.slice(before.orders).map(({ leader }) => leader)).not.toContainEqual(
      failed?.leader,
    );
    await world.elapse(tickMs);
    expect(world.directive()?.leader.term).toBe((before.directive?.term ?? 0) + 1);
    const keys = world.kafka.records(topics.directive).map(({ key }) => key?.toString('utf8'));
    const timesWritten = Object.values(directiveKeys).map(
      (key) => keys.filter((each) => each === key).length,
    );
    expect(new Set(timesWritten).size).toBe(1);
    expect(timesWritten[0]).toBe(ticksOf(scaler).length - 1);
  });

  it('counts on when the answer to its directive was lost', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    scaler.process.connection.faults.failNextSettle('after');
    await world.elapse(3 * tickMs);
    const stamps = world.pools.orders.map(({ leader }) => `${leader.term}.${leader.sequence}`);
    expect(new Set(stamps).size).toBe(stamps.length);
    expect(isLeading(scaler)).toBe(true);
  });

  it('ends a tick whose order is refused, and does not insist', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    const orders = world.pools.orders.length;
    world.pools.hear({ term: 99, sequence: 1 });
    await world.elapse(3 * tickMs);
    expect(world.pools.orders.length).toBe(orders);
    expect(ticksOf(scaler).at(-1)?.orders).toEqual([
      { pool: 'gpu', nodesDesired: 0, outcome: 'refused' },
    ]);
    // Said once, not at each tick.
    expect(scaler.of('order-failed')).toHaveLength(1);
  });

  it('keeps the decisions that changed something, and the newest', async () => {
    const world = await ScalerWorld.open();
    await world.start('a');
    await world.elapse(4 * tickMs);
    world.due = burst;
    await world.elapse(4 * tickMs);
    const kept = parseDecisions(world.lastOf(directiveKeys.decisions) ?? '');
    if (!kept.ok) throw new Error(kept.problem);
    const { decisions } = kept.value;
    expect(decisions.at(-1)?.leader).toEqual(world.directive()?.leader);
    expect(decisions.length).toBeGreaterThan(1);
    expect(decisions.length).toBeLessThan(8);
  });

  it('records ticks from which each decision follows again, byte for byte', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    world.due = burst;
    await world.elapse(2 * bootMs);
    world.due = null;
    await world.elapse(2 * tickMs);
    world.due = { mediaMs: 0, withinMs: 60_000 };
    await world.elapse(4 * bootMs);
    // As the log writes it, and as it is read again.
    const lines = scaler.of('tick').map(({ fields }) => JSON.stringify(fields));
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) {
      const { recorded, again } = replayed(JSON.parse(line) as RecordedTick);
      expect(again).toBe(recorded);
    }
    const others = lines.map((line) => {
      const tick = JSON.parse(line) as RecordedTick;
      const settings = { ...tick.settings, spill: 'shut' as const };
      return replayed({ ...tick, settings });
    });
    expect(others.some(({ recorded, again }) => recorded !== again)).toBe(true);
  });
});

describe('what is not known', () => {
  const inputs: readonly (readonly [string, (world: ScalerWorld) => void])[] = [
    ['demand', (world) => (world.due = null)],
    ['node pools', (world) => world.pools.setReachable(false)],
  ];
  it.each(inputs)('moves no size: %s', async (_, makeUnknown) => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    world.due = burst;
    await world.elapse(2 * tickMs);
    const nodes = ordered(world).at(-1);
    expect(nodes).toBeGreaterThan(0);
    const orders = world.pools.orders.length;
    makeUnknown(world);
    await world.elapse(8 * bootMs);
    expect(
      ordered(world)
        .slice(orders)
        .filter((each) => each !== nodes),
    ).toEqual([]);
    world.pools.setReachable(true);
    expect(await nodesNow(world)).toBe(nodes);
    expect(scaler.of('input-unknown').length).toBeGreaterThan(0);
  });

  it('is also what comes too late: a lag that does not answer', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    scaler.process.connection.faults.silence();
    await world.elapse(2 * tickMs);
    scaler.process.connection.faults.recover();
    await world.elapse(tickMs);
    const unknown = scaler.of('input-unknown').map(({ fields }) => fields['input']);
    expect(unknown).toContain('intake');
    const known = scaler.of('input-known').map(({ fields }) => fields['input']);
    expect(known).toContain('intake');
  });
});

describe('without Kafka', () => {
  it('nodes stay as they are and the directive expires', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    world.due = burst;
    await world.elapse(settleInMs);
    const nodes = await nodesNow(world);
    expect(nodes).toBeGreaterThan(0);
    scaler.process.cutOff(3 * directiveMs);
    await world.elapse(tickMs);
    const orders = world.pools.orders.length;
    await world.elapse(2 * directiveMs);
    expect(world.pools.orders.length).toBe(orders);
    expect(await nodesNow(world)).toBe(nodes);
    expect(world.directive()?.expiresAtMs).toBeLessThan(world.clock.nowMs());
    // The first failure ends its leadership; it does not try with a term that is over.
    expect(scaler.of('tick-failed')).toHaveLength(1);
    await world.elapse(directiveMs + takeOverMsMax);
    expect(world.directive()?.expiresAtMs).toBeGreaterThan(world.clock.nowMs());
    expect(scaler.fatal).toEqual([]);
  });
});

describe('a step of the wall clock', () => {
  it('changes nothing', async () => {
    const play = async (stepWallMs: number): Promise<readonly unknown[]> => {
      const world = await ScalerWorld.open();
      const scaler = await world.start('a');
      await world.elapse(settleInMs);
      world.due = burst;
      await world.elapse(tickMs);
      scaler.process.skewWallClock(stepWallMs);
      await world.elapse(2 * bootMs);
      return ticksOf(scaler).map(({ decision }) => decision);
    };
    const undisturbed = await play(0);
    expect(undisturbed.length).toBeGreaterThan(5);
    expect(await play(86_400_000)).toEqual(undisturbed);
    expect(await play(-86_400_000)).toEqual(undisturbed);
  });
});

describe('two scalers', () => {
  it('act one at a time: the other only looks', async () => {
    const world = await ScalerWorld.open();
    const first = await world.start('a');
    const second = await world.start('b');
    await world.elapse(4 * tickMs);
    expect([isLeading(first), isLeading(second)]).toEqual([true, false]);
    expect(second.of('tick')).toEqual([]);
    expect(await second.registry.metrics()).toContain('spillway_scaler_leader 0');
    expect(await second.registry.metrics()).toMatch(/spillway_scaler_ticks_total [3-9]/);
  });

  it('hand over within fifteen seconds, memory and all, when the leader dies in mid-boot', async () => {
    const world = await ScalerWorld.open();
    const first = await world.start('a');
    const second = await world.start('b');
    await world.elapse(settleInMs);
    world.due = burst;
    await world.elapse(2 * tickMs);
    const nodes = await nodesNow(world);
    const memory = JSON.parse(world.lastOf(directiveKeys.memory) ?? 'null');
    world.due = { mediaMs: 0, withinMs: 60_000 };
    first.process.kill();
    await world.elapse(takeOverMsMax);
    expect(isLeading(second)).toBe(true);
    const [tick] = ticksOf(second);
    expect(tick?.leader).toEqual({ term: 2, sequence: 1 });
    expect(tick?.memory).toEqual(memory);
    expect(await nodesNow(world)).toBeGreaterThanOrEqual(nodes);
  });

  it('never let a node go for a take-over without memory, but may order more', async () => {
    const world = await ScalerWorld.open();
    const first = await world.start('a');
    const second = await world.start('b');
    await world.elapse(settleInMs);
    world.due = { mediaMs: 1_000_000, withinMs: 60_000 };
    await world.elapse(2 * tickMs);
    const nodes = await nodesNow(world);
    await world.forgetMemory();
    first.process.kill();
    world.due = { mediaMs: 0, withinMs: 60_000 };
    await world.elapse(takeOverMsMax);
    expect(isLeading(second)).toBe(true);
    expect(second.of('past-unreadable')).toHaveLength(1);
    expect(await nodesNow(world)).toBe(nodes);
    world.due = { mediaMs: 40_000_000, withinMs: 60_000 };
    await world.elapse(2 * tickMs);
    expect(await nodesNow(world)).toBeGreaterThan(nodes);
  });

  it('never both act on one stamp, though the former leader stops and goes on', async () => {
    const world = await ScalerWorld.open();
    const first = await world.start('a');
    const second = await world.start('b');
    await world.elapse(settleInMs);
    first.process.pause(20_000);
    await world.elapse(20_000);
    expect(isLeading(second)).toBe(true);
    await world.elapse(4 * tickMs);
    expect([isLeading(first), isLeading(second)]).toEqual([false, true]);
    const terms = world.pools.orders.map(({ leader }) => leader.term);
    expect(terms).toEqual(terms.toSorted((a, b) => a - b));
    const stamps = world.pools.orders.map(({ leader }) => `${leader.term}.${leader.sequence}`);
    expect(new Set(stamps).size).toBe(stamps.length);
  });

  it('act only while the group confirms who leads: one that hung before its orders gives none', async () => {
    const world = await ScalerWorld.open();
    const first = await world.start('a');
    const second = await world.start('b');
    await world.elapse(settleInMs);
    first.hangAfterPublishing(20_000);
    await world.elapse(20_000 + 2 * tickMs);
    expect(isLeading(second)).toBe(true);
    const last = ticksOf(first).at(-1);
    expect(last?.orders).toEqual([{ pool: 'gpu', nodesDesired: 0, outcome: 'not-leading' }]);
    expect(world.pools.orders.map(({ leader }) => leader)).not.toContainEqual(last?.leader);
  });

  it('change places at once when the leader ends in good order', async () => {
    const world = await ScalerWorld.open();
    const first = await world.start('a');
    const second = await world.start('b');
    // So that the next look of the other one is far off.
    await world.elapse(settleInMs + tickMs / 2);
    first.scaler.stopTicking();
    await first.scaler.ticked();
    await first.scaler.stop();
    await world.elapse(1000);
    expect(isLeading(second)).toBe(true);
    expect(ticksOf(second)).toHaveLength(1);
  });
});
