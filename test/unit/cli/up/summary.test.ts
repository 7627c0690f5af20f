import { describe, expect, it } from 'vitest';
import { createProgress, noteOutcome, quantile } from '../../../../services/cli/up/progress.ts';
import { isWell, summarize, summaryLines } from '../../../../services/cli/up/summary.ts';
import { resultOutcome } from './outcome.ts';

const summaryOf = (outcomes: ReadonlyMap<string, number>, results: number) => {
  const progress = createProgress();
  for (let index = 0; index < results; index += 1) noteOutcome(progress, resultOutcome());
  return summarize(progress, { outcomes, seconds: 12.34 });
};

describe('the summary of a demo', () => {
  it('is well when each chunk has exactly one outcome and it is a result', () => {
    const summary = summaryOf(new Map([['a', 1], ['b', 1]]), 2); // prettier-ignore
    expect(summary).toMatchObject({ submitted: 2, results: 2, missing: 0, surplus: 0 });
    expect(isWell(summary)).toBe(true);
  });

  it('is not well when a chunk has no outcome', () => {
    const summary = summaryOf(new Map([['a', 1], ['b', 0]]), 1); // prettier-ignore
    expect(summary.missing).toBe(1);
    expect(isWell(summary)).toBe(false);
  });

  it('is not well when a chunk has two outcomes', () => {
    const summary = summaryOf(new Map([['a', 2]]), 2);
    expect(summary.surplus).toBe(1);
    expect(isWell(summary)).toBe(false);
  });

  it('is not well when a chunk ended without a result', () => {
    const progress = createProgress();
    const named = { source: 's', id: 'a', coordinates: 'live/0/0' };
    const letter = { ...named, reason: 'corrupt', message: 'm', attempts: 1 };
    noteOutcome(progress, { outcome: 'dead-letter', ...letter, worker: null, accepted: null });
    const summary = summarize(progress, { outcomes: new Map([['a', 1]]), seconds: 1 });
    expect(summary).toMatchObject({ deadLetters: 1, missing: 0, surplus: 0 });
    expect(isWell(summary)).toBe(false);
  });

  it('tells detections by class and how long it took', () => {
    const summary = summaryOf(new Map([['a', 1]]), 1);
    expect(summary.detections).toEqual({ vehicle: 2, person: 1 });
    expect(summary.secondsTaken).toEqual({ median: 0.84, p99: 0.84 });
    expect(summaryLines(summary).join('\n')).toContain('2 vehicle, 1 person');
  });
});

describe('a quantile', () => {
  it('is a value that was measured, and unknown of none', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([1, 2], 0.99)).toBe(2);
    expect(quantile([], 0.5)).toBeNull();
  });
});
