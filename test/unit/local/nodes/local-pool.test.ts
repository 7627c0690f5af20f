import { describe, expect, it } from 'vitest';
import { createLocalPool } from '../../../../services/local/nodes/local-pool.ts';
import type { LocalPoolOptions } from '../../../../services/local/nodes/local-pool.ts';
import { ManualClock, seededRandom } from '../../../../services/shared/clock/manual.ts';
import { fakePrograms } from '../../../support/fake-programs.ts';

const bootMs = 20_000;

function openPool(changes: Partial<LocalPoolOptions> = {}) {
  const clock = new ManualClock(0);
  const programs = fakePrograms();
  const broken: string[] = [];
  let changesTold = 0;
  const options = { pool: 'p', nodesMax: 4, nodesAtStart: 0, bootMs, bootSpreadFraction: 0 };
  const pool = createLocalPool(
    { ...options, ...changes },
    {
      clock,
      random: seededRandom(7),
      startProgram: programs.start,
      onChange: () => (changesTold += 1),
      onBroken: (node) => broken.push(node),
    },
  );
  /** `p-1 ready` for each node. */
  const nodes = (): readonly string[] =>
    pool.view().nodes.map(({ node, phase }) => `${node} ${phase}`);
  return { clock, programs, broken, pool, nodes, changesTold: () => changesTold };
}

describe('a local node', () => {
  it('passes each phase of its boot in its share of the time, and then runs one worker', async () => {
    const { clock, programs, pool, nodes } = openPool();
    pool.setDesired(1);
    const seen: (readonly [string | undefined, number])[] = [];
    for (let second = 0; second <= 20; second += 1) {
      const phase = nodes()[0];
      if (seen.at(-1)?.[0] !== phase) seen.push([phase, second]);
      expect(programs.started).toEqual(second < 20 ? [] : ['p-1']);
      await clock.elapseMs(1000);
    }
    expect(seen).toEqual([
      ['p-1 ordered', 0],
      ['p-1 launched', 2],
      ['p-1 registered', 10],
      ['p-1 ready', 14],
      ['p-1 allocatable', 18],
    ]);
    await clock.elapseMs(600_000);
    expect(programs.started).toEqual(['p-1']);
    expect(nodes()).toEqual(['p-1 allocatable']);
  });

  it('tells how long ago each phase began, whatever the wall clock does, and what is left', async () => {
    const { clock, pool } = openPool();
    pool.setDesired(1);
    await clock.elapseMs(11_000);
    clock.stepWallMs(-3_600_000);
    expect(pool.view().nodes).toEqual([
      {
        node: 'p-1',
        phase: 'registered',
        reached: [
          { phase: 'ordered', agoMs: 11_000 },
          { phase: 'launched', agoMs: 9000 },
          { phase: 'registered', agoMs: 1000 },
        ],
        bootLeftMs: 9000,
      },
    ]);
    await clock.elapseMs(9000);
    expect(pool.view().nodes[0]?.bootLeftMs).toBeNull();
  });

  it('that is there from the beginning runs at once, as after a usual boot', () => {
    const { programs, pool } = openPool({ nodesAtStart: 2 });
    expect(programs.started).toEqual(['p-1', 'p-2']);
    const [first] = pool.view().nodes;
    expect(first).toMatchObject({ phase: 'allocatable', bootLeftMs: null });
    expect(first?.reached[0]).toEqual({ phase: 'ordered', agoMs: bootMs });
    expect(first?.reached.at(-1)).toEqual({ phase: 'allocatable', agoMs: 2000 });
    expect(pool.view().nodePaidMs).toBe(0);
  });

  it('boots a little longer or shorter than others, within the spread, and always the same', async () => {
    const bootsOf = async (): Promise<readonly number[]> => {
      const { clock, programs, pool } = openPool({ bootSpreadFraction: 0.1 });
      pool.setDesired(4);
      const boots: number[] = [];
      while (programs.started.length < 4) {
        await clock.elapseMs(10);
        while (boots.length < programs.started.length) boots.push(clock.monotonicMs());
      }
      return boots;
    };
    const boots = await bootsOf();
    expect(new Set(boots).size).toBe(4);
    expect(Math.min(...boots)).toBeGreaterThanOrEqual(0.9 * bootMs);
    expect(Math.max(...boots)).toBeLessThanOrEqual(1.1 * bootMs + 10);
    expect(await bootsOf()).toEqual(boots);
  });
});

describe('a pool that is to be smaller', () => {
  it('cancels the newest booting nodes at once, before any that runs', async () => {
    const { clock, programs, pool, nodes } = openPool({ nodesAtStart: 1 });
    pool.setDesired(2);
    await clock.elapseMs(5000);
    pool.setDesired(4);
    await clock.elapseMs(1000);
    expect(nodes()).toEqual(['p-1 allocatable', 'p-2 launched', 'p-3 ordered', 'p-4 ordered']);
    pool.setDesired(3);
    await clock.elapseMs(0);
    expect(nodes()).toEqual(['p-1 allocatable', 'p-2 launched', 'p-3 ordered']);
    pool.setDesired(1);
    await clock.elapseMs(bootMs);
    expect(nodes()).toEqual(['p-1 allocatable']);
    expect(programs.started).toEqual(['p-1']);
    expect(programs.asked).toEqual([]);
  });

  it('lets the newest running node leave: its worker drains first, then the node is gone', async () => {
    const { clock, programs, pool, nodes } = openPool({ nodesAtStart: 2 });
    await clock.elapseMs(1000);
    pool.setDesired(1);
    await clock.elapseMs(3000);
    expect(programs.asked).toEqual(['p-2']);
    expect(nodes()).toEqual(['p-1 allocatable', 'p-2 leaving']);
    expect(pool.view().nodes[1]).toMatchObject({ bootLeftMs: null });
    expect(pool.view().nodes[1]?.reached.at(-1)).toEqual({ phase: 'leaving', agoMs: 3000 });
    programs.end('p-2');
    await clock.elapseMs(0);
    expect(nodes()).toEqual(['p-1 allocatable']);
  });

  it('orders a new node when it is to grow again, since one that leaves cannot stay', async () => {
    const { clock, pool, nodes } = openPool({ nodesAtStart: 1 });
    pool.setDesired(0);
    pool.setDesired(1);
    await clock.elapseMs(0);
    expect(nodes()).toEqual(['p-1 leaving', 'p-2 ordered']);
    pool.setDesired(1);
    expect(nodes()).toEqual(['p-1 leaving', 'p-2 ordered']);
  });
});

describe('what a pool costs', () => {
  it('counts each node from its launch until it is gone, and one never launched not at all', async () => {
    const { clock, programs, pool } = openPool();
    pool.setDesired(2);
    await clock.elapseMs(1999);
    pool.setDesired(1);
    await clock.elapseMs(1);
    expect(pool.view().nodePaidMs).toBe(0);
    await clock.elapseMs(bootMs);
    expect(pool.view().nodePaidMs).toBe(bootMs);
    pool.setDesired(0);
    await clock.elapseMs(3000);
    programs.end('p-1');
    await clock.elapseMs(60_000);
    expect(pool.view()).toMatchObject({ nodes: [], nodePaidMs: bootMs + 3000 });
  });
});

describe('a pool that cannot do as it is told', () => {
  it('has no more nodes than its most, and says so until the order fits', () => {
    const { pool } = openPool({ nodesMax: 2 });
    pool.setDesired(5);
    expect(pool.view().nodes).toHaveLength(2);
    expect(pool.view().nodesDesired).toBe(5);
    expect(pool.view().problem).toBe('5 nodes are wanted, but the pool has at most 2');
    pool.setDesired(2);
    expect(pool.view().problem).toBeNull();
  });

  it('says which worker cannot be kept running, but not of one that was told to end', async () => {
    const { clock, programs, broken, pool } = openPool({ nodesAtStart: 2 });
    pool.setDesired(1);
    programs.end('p-2');
    await clock.elapseMs(0);
    expect([broken, pool.view().problem]).toEqual([[], null]);
    programs.end('p-1');
    await clock.elapseMs(0);
    expect(broken).toEqual(['p-1']);
    expect(pool.view().problem).toMatch(/^the worker of p-1 cannot be kept running/);
  });
});

it('tells of each change, and is closed when all nodes are gone', async () => {
  const { clock, programs, pool, changesTold } = openPool({ nodesAtStart: 1 });
  pool.setDesired(2);
  const before = changesTold();
  await clock.elapseMs(2000);
  expect(changesTold()).toBe(before + 1);
  let isClosed = false;
  const closed = pool.close().then(() => (isClosed = true));
  await clock.elapseMs(5000);
  expect(isClosed).toBe(false);
  programs.end('p-1');
  await closed;
  expect(pool.view().nodes).toEqual([]);
});
