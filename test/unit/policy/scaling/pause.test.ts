import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import type { Decided } from '../../../../services/policy/scaling/decide.ts';
import { describeDecision } from '../../../../services/policy/scaling/describe-decision.ts';
import { emptyMemory } from '../../../../services/policy/scaling/memory.ts';
import type { Observation } from '../../../../services/policy/scaling/observation.ts';
import type { ScalingSettings } from '../../../../services/policy/scaling/settings.ts';
import type { PoolState } from '../../../../services/shared/chunk/node-pools.ts';
import type {
  OperatorWords,
  Pause,
  PauseWord,
  SpillWord,
} from '../../../../services/shared/chunk/operator.ts';
import {
  beginMs,
  gpuPool,
  observationOf,
  scalingSettings,
} from '../../../support/scaling-world/facts.ts';
import type { DueWork, Facts } from '../../../support/scaling-world/facts.ts';

/** A node more of live video than three do by its deadline in 28 s. */
const burst: readonly DueWork[] = [{ priority: 'live', mediaMs: 400_000, leftMs: 28_000 }];
const still: Pause = { scaleIn: true, scaleOut: true, nodes: null };
const exactly = (nodes: number): Pause => ({ scaleIn: false, scaleOut: false, nodes });
const free: Pause = { scaleIn: false, scaleOut: false, nodes: null };

const said = (pause: Pause, changes: Partial<PauseWord> = {}): PauseWord => ({
  by: 'anna',
  atMs: beginMs - 60_000,
  untilMs: null,
  note: null,
  ...pause,
  ...changes,
});
const of = (word: PauseWord): Partial<OperatorWords> => ({ pools: { gpu: word } });

/** May let nodes go in the first tick already. */
const hasty: ScalingSettings = { ...scalingSettings, holdBoots: 0 };

const decided = (facts: Facts, settings = hasty): Decided =>
  decide(observationOf(facts), emptyMemory(beginMs), settings);
const sizes = ({ decision }: Decided): readonly number[] =>
  decision.pools.map(({ nodesDesired }) => nodesDesired);
const reasons = ({ decision }: Decided): readonly string[] =>
  decision.pools.map(({ reason }) => reason);

describe('a pool that an operator pauses', () => {
  it('keeps its size, whatever is due or not', () => {
    const operator = of(said(still));
    expect(sizes(decided({ loaded: 3, due: burst }))).toEqual([4]);
    expect(sizes(decided({ loaded: 3, due: burst, operator }))).toEqual([3]);
    expect(sizes(decided({ loaded: 3 }))).toEqual([0]);
    expect(sizes(decided({ loaded: 3, operator }))).toEqual([3]);
    expect(reasons(decided({ loaded: 3, operator }))).toEqual(['paused']);
    const [pool] = decided({ loaded: 3, due: burst, operator }).decision.pools;
    expect(pool?.refused).toEqual([
      { nodes: 2, cause: 'paused' },
      { nodes: 4, cause: 'paused' },
    ]);
  });

  it('may still grow where only letting nodes go is barred, and the other way round', () => {
    const notIn = of(said({ ...free, scaleIn: true }));
    expect(sizes(decided({ loaded: 3, operator: notIn }))).toEqual([3]);
    expect(sizes(decided({ loaded: 3, due: burst, operator: notIn }))).toEqual([4]);
    const notOut = of(said({ ...free, scaleOut: true }));
    expect(sizes(decided({ loaded: 3, operator: notOut }))).toEqual([0]);
    expect(sizes(decided({ loaded: 3, due: burst, operator: notOut }))).toEqual([3]);
  });

  it('has just as many nodes as were said, also beyond its limits', () => {
    const limited = { ...hasty, pools: [{ ...gpuPool, nodesMin: 2, nodesMax: 4 }] };
    const sizeOf = (nodes: number): number | undefined =>
      sizes(decided({ loaded: 3, operator: of(said(exactly(nodes))) }, limited))[0];
    expect(sizeOf(5)).toBe(5);
    expect(sizeOf(0)).toBe(0);
    expect(sizes(decided({ loaded: 3 }, limited))).toEqual([2]);
  });

  it('has them also while something else is not known', () => {
    const observation = observationOf({ loaded: 3, operator: of(said(exactly(5))) });
    const unknown = { kind: 'unknown' as const, cause: 'nobody answers' };
    const blind = decide({ ...observation, intake: unknown }, emptyMemory(beginMs), hasty);
    expect(blind.decision.pools[0]).toMatchObject({ nodesDesired: 5, reason: 'paused' });
  });

  it('moves again when the word has ended, and is told until when and by whom', () => {
    const until = (untilMs: number) => of(said(still, { untilMs, note: 'new driver' }));
    expect(sizes(decided({ loaded: 3, operator: until(beginMs) }))).toEqual([0]);
    expect(decided({ loaded: 3, operator: until(beginMs) }).decision.pools[0]?.pausedBy).toBeNull();
    const { decision } = decided({ loaded: 3, operator: until(beginMs + 1000) });
    expect(decision.pools[0]?.nodesDesired).toBe(3);
    expect(describeDecision(decision)[0]).toBe(
      'gpu: 3 nodes: held by a pause; paused by anna until 2027-01-15T08:00:01.000Z (new driver)',
    );
  });

  it('is left out while the others are asked for what it may not order', () => {
    const dear: PoolState = {
      pool: 'dear',
      nodesDesired: 0,
      nodes: [],
      problem: null,
      pause: null,
    };
    const twoPools = { ...hasty, pools: [gpuPool, { ...gpuPool, pool: 'dear' }] };
    const facts = { loaded: 3, due: burst, pools: [dear] };
    expect(sizes(decided(facts, twoPools))).toEqual([4, 0]);
    expect(sizes(decided({ ...facts, operator: of(said(still)) }, twoPools))).toEqual([3, 1]);
    // What a pool gains or loses by an operator's word counts for the others in the same tick.
    const none = decided({ ...facts, operator: { pools: { dear: said(exactly(5)) } } }, twoPools);
    expect(sizes(none)).toEqual([3, 5]);
    expect(sizes(decided({ ...facts, operator: of(said(exactly(0))) }, twoPools))[1]).toBe(10);
  });
});

describe('who pauses a pool', () => {
  const sizeWith = (operator: Partial<OperatorWords>, pause: Pause | null = null): number =>
    sizes(decided({ loaded: 3, operator, pause }))[0] ?? -1;

  it('is an operator by its name, else for every pool, else the pool itself', () => {
    expect(sizeWith({}, still)).toBe(3);
    expect(sizeWith({ everyPool: said(exactly(4)) }, still)).toBe(4);
    expect(sizeWith({ everyPool: said(exactly(4)), ...of(said(exactly(5))) }, still)).toBe(5);
    expect(sizeWith({ pools: { other: said(exactly(5)) } })).toBe(0);
  });

  it('counts for nothing once it has ended, so that the next one does', () => {
    const ended = { untilMs: beginMs - 1 };
    expect(sizeWith({ everyPool: said(exactly(4)), ...of(said(exactly(5), ended)) })).toBe(4);
    expect(sizeWith({ everyPool: said(exactly(4), ended) }, still)).toBe(3);
  });

  it('may except one pool from all others', () => {
    expect(sizeWith({ everyPool: said(still), ...of(said(free)) })).toBe(0);
    expect(decided({ operator: of(said(free)) }).decision.pools[0]?.pausedBy).toBeNull();
  });

  it('is said of the annotation as well', () => {
    const { decision } = decided({ loaded: 3, pause: still });
    expect(describeDecision(decision)[0]).toBe(
      'gpu: 3 nodes: held by a pause; paused by an annotation of the pool',
    );
  });
});

describe('what operators said, while it is not known', () => {
  const unheard = (facts: Facts): Observation => ({
    ...observationOf(facts),
    operator: { kind: 'unknown', cause: 'not read yet' },
  });
  const blind = (facts: Facts, settings = hasty): Decided =>
    decide(unheard(facts), emptyMemory(beginMs), settings);

  it('holds every size, also beyond the limits that somebody may have set aside', () => {
    expect(reasons(blind({ loaded: 3, due: burst }))).toEqual(['operator-unknown']);
    expect(sizes(blind({ loaded: 3, due: burst }))).toEqual([3]);
    const small = { ...hasty, pools: [{ ...gpuPool, nodesMax: 2 }] };
    expect(sizes(blind({ loaded: 3 }, small))).toEqual([3]);
    expect(sizes(decided({ loaded: 3 }, small))).toEqual([2]);
  });

  it('leaves spill to what was set and to what is due', () => {
    expect(blind({ loaded: 1, due: burst }).decision.spill.reason).toBe('overload');
    expect(blind({ loaded: 1 }, { ...hasty, spill: 'shut' }).decision.spill.gate).toBe('shut');
  });
});

describe('an operator’s word on spill', () => {
  const word = (spill: 'open' | 'shut', untilMs: number | null = null): Partial<OperatorWords> => ({
    spill: { spill, by: 'anna', atMs: beginMs, untilMs, note: null } satisfies SpillWord,
  });
  const spillOf = (facts: Facts, settings = hasty) => decided(facts, settings).decision.spill;

  it('goes before what was set, and is told as whose it is', () => {
    const shut = spillOf({ loaded: 1, due: burst, operator: word('shut') });
    expect(shut).toMatchObject({ gate: 'shut', reason: 'operator', saidBy: { by: 'anna' } });
    const opened = spillOf({ loaded: 5, operator: word('open') }, { ...hasty, spill: 'shut' });
    expect(opened).toMatchObject({ gate: 'open', reason: 'operator' });
    const set = spillOf({ loaded: 5 }, { ...hasty, spill: 'shut' });
    expect(set).toMatchObject({ gate: 'shut', reason: 'operator', saidBy: null });
  });

  it('ends when it was said to', () => {
    const ended = spillOf({ loaded: 1, due: burst, operator: word('shut', beginMs) });
    expect(ended).toMatchObject({ gate: 'open', reason: 'overload', saidBy: null });
  });

  it('is in the words of the decision', () => {
    const { decision } = decided({ loaded: 1, operator: word('shut', beginMs + 90_000) });
    expect(describeDecision(decision).at(-1)).toBe(
      'spill: shut: said by anna until 2027-01-15T08:01:30.000Z',
    );
  });
});
