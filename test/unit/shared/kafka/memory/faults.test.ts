import { describe, expect, it } from 'vitest';
import type { ReadBatch } from '../../../../../services/shared/kafka/ports.ts';
import { group, intake, record, settle, work, world, World } from './world.ts';
import { raise } from '../../../../support/raise.ts';

describe('a dispatcher that is silenced beyond its session', () => {
  it('loses its role, and is fenced when it goes on with a settle it had begun', async () => {
    const made = await world();
    const { clock } = made;
    const first = await made.dispatch();
    const second = await made.dispatch();
    await made.send(record('intake', 'a'));
    await clock.elapseMs(100);
    expect(first.story).toEqual(['active 1', 'batch a 1']);
    first.connection.faults.silence();
    const late = settle(first.terms[0], 'by the first', 1);
    await clock.elapseMs(5300);
    expect(first.terms[0]?.isOwnershipFresh()).toBe(true);
    await clock.elapseMs(700);
    expect(first.terms[0]?.isOwnershipFresh()).toBe(false);
    expect(second.story).toEqual(['active 1', 'batch a 1']);
    expect(await settle(second.terms[0], 'by the second', 1)).toBe('settled');
    first.connection.faults.recover();
    expect(await late).toBe('fenced');
    await clock.elapseMs(1000);
    expect(first.story).toEqual(['active 1', 'batch a 1', 'inactive']);
    expect(made.outcomes()).toEqual(['by the second']);
    expect(made.kafka.memberCount(group)).toBe(2);
  });

  it('begins a fresh term if nobody took its place', async () => {
    const made = await world();
    const only = await made.dispatch();
    only.connection.faults.silence();
    await made.clock.elapseMs(7000);
    expect(made.kafka.memberCount(group)).toBe(0);
    only.connection.faults.recover();
    await made.clock.elapseMs(0);
    expect(only.story).toEqual(['active 1', 'active 2']);
    expect(await settle(only.terms[0], 'old', 0)).toBe('ownership-lost');
  });
});

describe('a process that is cut off', () => {
  it('gets `unreachable` after the time-out, and works on once it is back', async () => {
    const made = await world();
    const only = await made.dispatch();
    only.connection.faults.cutOff();
    const attempt = settle(only.terms[0], 'A', 0);
    await made.clock.elapseMs(5000);
    expect(await attempt).toBe('unreachable');
    expect(made.outcomes()).toEqual([]);
    expect(only.story).toEqual(['active 1']);
    only.connection.faults.recover();
    await made.clock.elapseMs(1000);
    expect(only.story).toEqual(['active 1', 'active 2']);
    expect(await settle(only.terms[1], 'B', 0)).toBe('settled');
  });

  it('that is back in time has its calls answered', async () => {
    const made = await world();
    const connection = made.kafka.connect();
    const sink = await connection.recordSink();
    connection.faults.cutOff();
    const sending = sink.send([record('lane', 'a')]);
    await made.clock.elapseMs(4000);
    connection.faults.recover();
    expect((await sending).map(({ offset }) => offset)).toEqual([0]);
  });

  it('hears nothing meanwhile, and everything afterwards', async () => {
    const made = await world();
    const connection = made.kafka.connect();
    const follower = connection.topicFollower();
    const batches: ReadBatch[] = [];
    await follower.start({
      topics: ['lane'],
      from: 'beginning' as const,
      onFatal: raise,
      onBatch: (batch) => batches.push(batch),
    });
    await made.clock.elapseMs(100);
    connection.faults.cutOff();
    const heard = batches.length;
    await made.send(record('lane', 'a'));
    await made.clock.elapseMs(5000);
    expect(batches.length).toBe(heard);
    connection.faults.recover();
    await made.clock.elapseMs(0);
    expect(batches.flatMap(({ records }) => records).length).toBe(1);
  });
});

describe('a settle that fails', () => {
  it('before it was applied leaves nothing behind', async () => {
    const made = await world();
    const only = await made.dispatch();
    only.connection.faults.failNextSettle('before');
    expect(await settle(only.terms[0], 'A', 0)).toBe('unreachable');
    await made.clock.elapseMs(1000);
    expect(only.terms[1]?.committed).toContainEqual({ ...intake, offset: 0, metadata: '' });
    expect(made.outcomes()).toEqual([]);
  });

  it('after it was applied is found done by the next term', async () => {
    const made = await world();
    const only = await made.dispatch();
    await made.send(record('intake', 'a'));
    only.connection.faults.failNextSettle('after');
    expect(await settle(only.terms[0], 'A', 1)).toBe('unreachable');
    await made.clock.elapseMs(1000);
    expect(only.terms[1]?.committed).toContainEqual({ ...intake, offset: 1, metadata: '' });
    expect(made.outcomes()).toEqual(['A']);
  });

  it('in the middle is aborted by the next term, and its outcome is never seen', async () => {
    const made = await world();
    const only = await made.dispatch();
    only.connection.faults.failNextSettle('open');
    expect(await settle(only.terms[0], 'A', 0)).toBe('unreachable');
    await made.send(record('outcomes', 'behind'));
    expect(made.outcomes()).toEqual([]);
    await made.clock.elapseMs(1000);
    expect(made.outcomes()).toEqual(['behind']);
    expect(await settle(only.terms[1], 'B', 0)).toBe('settled');
    expect(made.outcomes()).toEqual(['behind', 'B']);
  });

  it('in the middle blocks readers for ten seconds at most, even if nobody follows', async () => {
    const made = await world();
    const only = await made.dispatch();
    only.connection.faults.failNextSettle('open');
    const attempt = settle(only.terms[0], 'A', 0);
    await made.clock.elapseMs(0);
    only.connection.faults.silence();
    await attempt;
    await made.send(record('outcomes', 'behind'));
    await made.clock.elapseMs(9900);
    expect(made.outcomes()).toEqual([]);
    await made.clock.elapseMs(100);
    expect(made.outcomes()).toEqual(['behind']);
  });

  it('may not overlap another one', async () => {
    const made = await world();
    const only = await made.dispatch();
    const first = settle(only.terms[0], 'A', 0);
    expect(await settle(only.terms[0], 'B', 0)).toBe('unexpected');
    expect(await first).toBe('settled');
  });

  it('for metadata above the broker’s limit says how long it was', async () => {
    const made = await world();
    const only = await made.dispatch();
    const offsets = [{ ...intake, offset: 0, metadata: 'x'.repeat(4097) }];
    await expect(only.terms[0]?.settle({ outcomes: [], offsets })).rejects.toThrow('4097 bytes');
  });
});

describe('a forced rebalance', () => {
  it('lets the active member begin a fresh term and keeps the others standing by', async () => {
    const made = await world();
    const first = await made.dispatch();
    const second = await made.dispatch();
    made.kafka.rebalance(group);
    await made.clock.elapseMs(0);
    expect(first.story).toEqual(['active 1', 'active 2']);
    expect(second.story).toEqual([]);
  });

  it('between choosing and committing a lane record gives null, then the record', async () => {
    const made = await world();
    await made.send(record('lane', 'a'));
    const source = await work(made, made.kafka.connect());
    const taking = source.take();
    made.kafka.rebalance('workers');
    expect(await taking).toBeNull();
    await made.clock.elapseMs(0);
    expect((await source.take())?.value?.toString()).toBe('a');
    expect(await source.take()).toBeNull();
  });

  it('by a member that joins during a take gives null too: the generation has moved on', async () => {
    const made = await world();
    await made.send(record('lane', 'a'));
    const connection = made.kafka.connect();
    const first = await work(made, connection);
    connection.faults.cutOff();
    const taking = first.take();
    await work(made, made.kafka.connect());
    connection.faults.recover();
    expect(await taking).toBeNull();
    await made.clock.elapseMs(0);
    expect((await first.take())?.value?.toString()).toBe('a');
  });
});

describe('the twin', () => {
  it('does the same again with the same seed and clock, term names included', async () => {
    const run = async (): Promise<readonly string[]> => {
      const made = new World(7);
      await made.setUp();
      const first = await made.dispatch();
      const second = await made.dispatch();
      await made.send(record('intake', 'a'), record('intake', 'b'));
      first.connection.faults.silence();
      await made.clock.elapseMs(8000);
      first.connection.faults.recover();
      await made.clock.elapseMs(1000);
      const names = [...first.terms, ...second.terms].map(({ term }) => term);
      return [...first.story, ...second.story, ...names];
    };
    const once = await run();
    expect(await run()).toEqual(once);
    expect(once.length).toBeGreaterThan(5);
  });
});
