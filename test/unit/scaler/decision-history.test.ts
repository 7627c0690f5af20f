import { describe, expect, it } from 'vitest';
import { isChange, withNewest } from '../../../services/scaler/decision-history.ts';
import { decisionsKept } from '../../../services/shared/chunk/decision.ts';
import type {
  Decision,
  DecisionRecord,
  PoolReason,
} from '../../../services/shared/chunk/decision.ts';

const record = (sequence: number, nodesDesired: number): DecisionRecord => ({
  leader: { term: 1, sequence },
  decision: {
    atMs: sequence * 5000,
    pools: [
      {
        pool: 'gpu',
        nodesCurrent: 0,
        nodesLoaded: 0,
        nodesDesired,
        reason: 'enough',
        pausedBy: null,
        figures: { lagChunks: sequence },
        refused: [],
      },
    ],
    workers: [],
    spill: { gate: 'shut', reason: 'gpu-in-time', saidBy: null, figures: {} },
    capacity: [],
  },
});

const played = (sizes: readonly number[]): readonly DecisionRecord[] =>
  sizes.reduce<readonly DecisionRecord[]>(
    (kept, nodes, index) => withNewest(kept, record(index + 1, nodes)),
    [],
  );
const sequencesOf = (kept: readonly DecisionRecord[]): readonly number[] =>
  kept.map(({ leader }) => leader.sequence);

describe('the decisions that are kept', () => {
  it('are those that differ from the one before, and the newest', () => {
    expect(sequencesOf(played([1, 1, 1, 2, 2, 1]))).toEqual([1, 4, 6]);
    expect(sequencesOf(played([1, 1, 1, 2, 2, 1, 1, 1]))).toEqual([1, 4, 6, 8]);
  });

  it('are bounded, and the oldest go first', () => {
    const sizes = Array.from({ length: 100 }, (_, index) => index);
    expect(sequencesOf(played(sizes))).toEqual(
      Array.from({ length: decisionsKept }, (_, index) => 101 - decisionsKept + index),
    );
    expect(sequencesOf(played([...sizes, 99, 99])).at(-1)).toBe(102);
    expect(played([...sizes, 99, 99])).toHaveLength(decisionsKept + 1);
  });

  it('differ by size, gate or what is behind them, not by numbers or the load of a moment', () => {
    const before = record(1, 2);
    const { decision } = record(2, 2);
    expect(isChange(before, decision)).toBe(false);
    expect(isChange(undefined, decision)).toBe(true);
    expect(isChange(before, record(2, 3).decision)).toBe(true);
    expect(isChange(before, { ...decision, pools: [] })).toBe(true);
    expect(isChange(before, { ...decision, spill: { ...decision.spill, gate: 'open' } })).toBe(
      true,
    );
    const because = (reason: PoolReason): Decision => ({
      ...decision,
      pools: decision.pools.map((each) => ({ ...each, reason })),
    });
    expect(isChange({ ...before, decision: because('enough') }, because('hold'))).toBe(false);
    expect(isChange({ ...before, decision: because('enough') }, because('lag-unknown'))).toBe(true);
  });
});
