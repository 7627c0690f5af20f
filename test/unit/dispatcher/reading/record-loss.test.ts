import { describe, expect, it } from 'vitest';
import { recordLoss } from '../../../../services/dispatcher/reading/record-loss.ts';
import { nextSettleStep } from '../../../../services/dispatcher/settling/settle-step.ts';
import { encodeProgress } from '../../../../services/shared/chunk/progress.ts';
import {
  assignmentOf,
  beginTerm,
  resultOf,
  tellDone,
  termSettings,
  termTopics,
} from '../../../support/dispatcher-term.ts';

const live = { topic: termTopics.intake('live'), partition: 0 };

/** Offset 0 is not settled, 1 and 2 are. */
function termAfterSettling() {
  const settled = { base: 0, settledAbove: new Set([1, 2]), failedAttempts: new Map() };
  const { metadata } = encodeProgress(settled);
  return beginTerm({ committed: [{ ...live, offset: 0, metadata }] });
}

describe('what retention took', () => {
  it('ends as one expired for each range without an outcome', () => {
    const state = termAfterSettling();
    const ranges = recordLoss(state, termSettings, { ...live, from: 0, until: 6 });
    expect(ranges).toEqual([
      { ...live, from: 0, until: 1 },
      { ...live, from: 3, until: 6 },
    ]);
    const step = nextSettleStep(state, termSettings);
    const told = step?.outcomes.map(({ value }) => JSON.parse(value?.toString() ?? '') as unknown);
    expect(told).toMatchObject([
      { coordinates: 'live/0/0', lastOffset: 0 },
      { coordinates: 'live/0/3', lastOffset: 5 },
    ]);
    expect(step?.offsets).toContainEqual({ ...live, offset: 6, metadata: '1|||' });
  });

  it('leaves no word about it waiting in done', () => {
    const state = termAfterSettling();
    tellDone(state, [resultOf(assignmentOf('live/0/0'))]);
    recordLoss(state, termSettings, { ...live, from: 0, until: 3 });
    const step = nextSettleStep(state, termSettings);
    expect(state.heldDone.size).toBe(0);
    const done = step?.offsets.find(({ topic }) => topic === termTopics.done);
    expect(done?.offset).toBe(1);
  });
});
