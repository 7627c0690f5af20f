import { describe, expect, it } from 'vitest';
import { judge, share } from '../../../../../services/cli/up/story/criteria.ts';
import type { CriterionName, StoryFacts } from '../../../../../services/cli/up/story/criteria.ts';

const good: StoryFacts = {
  submitted: 300,
  missing: 0,
  surplus: 0,
  deadLetters: 0,
  burst: 240,
  burstOnTime: 240,
  burstSpilledWhileBooting: 24,
  spilled: 100,
  spilledOnTime: 99,
  live: 200,
  liveOnTime: 198,
  nodesOrdered: 3,
  nodesLoaded: 3,
  nodesLeft: 1,
  computedTwice: 0,
  tries: 300,
  paceMissed: 15,
};

const failing = (change: Partial<StoryFacts>): readonly CriterionName[] =>
  judge({ ...good, ...change })
    .filter(({ holds }) => !holds)
    .map(({ name }) => name);

describe('the story', () => {
  it('went well when each figure is just good enough', () => {
    expect(failing({})).toEqual([]);
  });

  it.each<[CriterionName, Partial<StoryFacts>]>([
    ['one-outcome-each', { missing: 1 }],
    ['one-outcome-each', { surplus: 1 }],
    ['one-outcome-each', { deadLetters: 1 }],
    ['one-outcome-each', { submitted: 0 }],
    ['spilled-while-nodes-booted', { burstSpilledWhileBooting: 23 }],
    ['spilled-while-nodes-booted', { burst: 0, burstSpilledWhileBooting: 0 }],
    ['spilled-on-time', { spilledOnTime: 98 }],
    ['spilled-on-time', { spilled: 0, spilledOnTime: 0 }],
    ['live-on-time', { liveOnTime: 197 }],
    ['live-on-time', { live: 0, liveOnTime: 0 }],
    ['node-booted-and-left', { nodesLeft: 0 }],
    ['nothing-computed-twice', { computedTwice: 1 }],
    ['machine-fast-enough', { paceMissed: 16 }],
    ['machine-fast-enough', { tries: 0, paceMissed: 0 }],
  ])('has not shown %s with %j', (name, change) => {
    expect(failing(change)).toContain(name);
  });
});

describe('a share', () => {
  it('is never rounded up to what it is not', () => {
    expect(share(9999, 10_000)).toBe('99.9 % (9999 of 10000)');
    expect(share(3, 3)).toBe('100.0 % (3 of 3)');
    expect(share(0, 0)).toBe('none at all');
  });
});
