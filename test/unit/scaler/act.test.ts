import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../services/policy/scaling/observation.ts';
import { act } from '../../../services/scaler/act.ts';
import { memoryNodePools } from '../../../services/scaler/pools/memory.ts';
import { NodePoolsError } from '../../../services/scaler/pools/ports.ts';
import type { NodePools } from '../../../services/scaler/pools/ports.ts';
import type { Decision } from '../../../services/shared/chunk/decision.ts';
import { ManualClock } from '../../../services/shared/clock/manual.ts';

const unknown = { kind: 'unknown' as const, cause: 'test' };
const known = (pool: string): Observation['pools'][string] => ({
  kind: 'known',
  value: { pool, nodesDesired: 0, nodes: [], problem: null, pause: null },
});
const names = ['first', 'second', 'third'];
const decision: Decision = {
  atMs: 0,
  pools: names.map((pool, index) => ({
    pool,
    nodesCurrent: 0,
    nodesLoaded: 0,
    nodesDesired: index + 1,
    reason: 'deadline',
    pausedBy: null,
    figures: {},
    refused: [],
  })),
  workers: [],
  spill: { gate: 'open', reason: 'overload', saidBy: null, figures: {} },
  capacity: [],
};
const observation: Observation = {
  observedAtMs: 0,
  intake: unknown,
  demand: unknown,
  workers: unknown,
  pools: Object.fromEntries(names.map((pool) => [pool, known(pool)])),
  operator: unknown,
};
const leader = { term: 2, sequence: 7 };

const poolsOf = (...pools: readonly string[]) =>
  memoryNodePools(
    pools.map((pool) => ({ pool, reachedAfterMs: [] })),
    new ManualClock(0),
  );
const outcomesOf = (reports: Awaited<ReturnType<typeof act>>): readonly string[] =>
  reports.map(({ pool, outcome }) => `${pool} ${outcome}`);

describe('acting', () => {
  it('tells each pool its size, with the stamp of the leader', async () => {
    const pools = poolsOf(...names);
    const reports = await act({ decision, observation }, pools, { leader, mayAct: () => true });
    expect(outcomesOf(reports)).toEqual(names.map((pool) => `${pool} accepted`));
    expect(pools.orders).toEqual(
      names.map((pool, index) => ({ pool, nodesDesired: index + 1, leader })),
    );
  });

  it('leaves a pool alone that it could not see', async () => {
    const pools = poolsOf(...names);
    const blind = { ...observation, pools: { ...observation.pools, second: unknown } };
    const acting = { leader, mayAct: () => true };
    const reports = await act({ decision, observation: blind }, pools, acting);
    expect(outcomesOf(reports)).toEqual(['first accepted', 'second held', 'third accepted']);
    expect(pools.orders.map(({ pool }) => pool)).toEqual(['first', 'third']);
  });

  it('ends with the first refusal', async () => {
    const pools = poolsOf(...names);
    pools.hear({ term: 3, sequence: 1 });
    const reports = await act({ decision, observation }, pools, { leader, mayAct: () => true });
    expect(outcomesOf(reports)).toEqual(['first refused']);
  });

  it('ends with the first conflict, since another may have written', async () => {
    const told: string[] = [];
    const pools: NodePools = {
      list: () => Promise.resolve(new Map()),
      setDesired(pool) {
        told.push(pool);
        return pool === 'second'
          ? Promise.reject(new NodePoolsError('conflict', 'somebody wrote it'))
          : Promise.resolve();
      },
    };
    const reports = await act({ decision, observation }, pools, { leader, mayAct: () => true });
    expect(outcomesOf(reports)).toEqual(['first accepted', 'second conflict']);
    expect(told).toEqual(['first', 'second']);
  });

  it('ends when the group does not confirm the leader any more', async () => {
    const pools = poolsOf(...names);
    let asked = 0;
    const mayAct = (): boolean => {
      asked += 1;
      return asked === 1;
    };
    const reports = await act({ decision, observation }, pools, { leader, mayAct });
    expect(outcomesOf(reports)).toEqual(['first accepted', 'second not-leading']);
    expect(pools.orders).toHaveLength(1);
  });

  it('goes on after a pool that there is not', async () => {
    const reports = await act({ decision, observation }, poolsOf('third'), {
      leader,
      mayAct: () => true,
    });
    expect(outcomesOf(reports)).toEqual([
      'first unknown-pool',
      'second unknown-pool',
      'third accepted',
    ]);
  });
});
