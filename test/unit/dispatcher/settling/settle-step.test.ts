import { describe, expect, it } from 'vitest';
import {
  applySettled,
  nextSettleStep,
} from '../../../../services/dispatcher/settling/settle-step.ts';
import type { SettleStep } from '../../../../services/dispatcher/settling/settle-step.ts';
import type { TermState } from '../../../../services/dispatcher/knowledge/term-state.ts';
import { coordinatesKey } from '../../../../services/shared/chunk/coordinates.ts';
import { deadLetterHeaders } from '../../../../services/shared/chunk/outcome.ts';
import { decodeProgress, encodeProgress } from '../../../../services/shared/chunk/progress.ts';
import { headerTexts } from '../../../../services/shared/kafka/record-headers.ts';
import {
  assignmentOf,
  beginTerm,
  failureOf,
  intakeRecord,
  readInto,
  releaseOf,
  resultOf,
  tellDone,
  termSettings,
  termTopics,
} from '../../../support/dispatcher-term.ts';

const live = termTopics.intake('live');

function stepOf(state: TermState): SettleStep {
  const step = nextSettleStep(state, termSettings);
  if (step === null) throw new RangeError('There is something to settle.');
  return step;
}

const committedIn = (step: SettleStep, topic: string) =>
  step.offsets.find((offset) => offset.topic === topic);

function progressIn(step: SettleStep) {
  const committed = committedIn(step, live);
  return committed === undefined ? null : decodeProgress(committed.offset, committed.metadata);
}

function termWith(...chunks: readonly string[]): TermState {
  const state = beginTerm({});
  readInto(
    state,
    chunks.map((chunk) => intakeRecord(chunk)),
  );
  return state;
}

describe('a step of settling', () => {
  it('is nothing while nothing has ended', () => {
    expect(nextSettleStep(termWith('live/0/0'), termSettings)).toBeNull();
  });

  it('publishes a result with its progress and the progress of done, and once only', () => {
    const state = termWith('live/0/0', 'live/0/1');
    tellDone(state, [resultOf(assignmentOf('live/0/1'))]);
    const step = stepOf(state);
    expect(step.outcomes.map(({ topic }) => topic)).toEqual([termTopics.results]);
    expect(progressIn(step)).toMatchObject({ base: 0, settledAbove: new Set([1]) });
    expect(committedIn(step, termTopics.done)?.offset).toBe(1);
    applySettled(state, step);
    expect([...state.entries.keys()]).toEqual(['live/0/0']);
    expect(nextSettleStep(state, termSettings)).toBeNull();
  });

  it('moves past markers that nothing follows, so that the lag becomes 0', () => {
    const state = beginTerm({});
    readInto(state, [intakeRecord('live/0/0')], { nextOffset: 2 });
    tellDone(state, [resultOf(assignmentOf('live/0/0'))]);
    expect(committedIn(stepOf(state), live)?.offset).toBe(2);
  });

  it('does not pass a word in done whose chunk is not read yet', () => {
    const state = termWith('live/0/0');
    tellDone(state, [resultOf(assignmentOf('live/0/5')), resultOf(assignmentOf('live/0/0'))]);
    const step = stepOf(state);
    expect(step.outcomes).toHaveLength(1);
    expect(committedIn(step, termTopics.done)).toBeUndefined();
    applySettled(state, step);
    readInto(state, [intakeRecord('live/0/5')]);
    const next = stepOf(state);
    expect(next.outcomes).toHaveLength(1);
    expect(committedIn(next, termTopics.done)?.offset).toBe(2);
  });

  it('does not wait in done for offsets that turn out to hold no chunk', () => {
    const state = termWith('live/0/0');
    tellDone(state, [resultOf(assignmentOf('live/0/1'))]);
    readInto(state, [intakeRecord('live/0/2')]);
    expect(state.heldDone.size).toBe(0);
    expect(committedIn(stepOf(state), termTopics.done)?.offset).toBe(1);
  });

  it('carries a failed try before it passes the word about it, and knows it then as published', () => {
    const state = termWith('live/0/0');
    tellDone(state, [failureOf(assignmentOf('live/0/0'), true)]);
    expect(state.publishedAttempts.size).toBe(0);
    const step = stepOf(state);
    expect(step.outcomes).toEqual([]);
    expect(progressIn(step)?.failedAttempts).toEqual(new Map([[0, ['thisterm.1']]]));
    expect(committedIn(step, termTopics.done)?.offset).toBe(1);
    applySettled(state, step);
    expect(state.publishedAttempts.get('live/0/0')).toEqual(new Set(['thisterm.1']));
  });

  it('passes what was given back, without counting it', () => {
    const state = termWith('live/0/0');
    tellDone(state, [releaseOf(assignmentOf('live/0/0'))]);
    const step = stepOf(state);
    expect(step.outcomes).toEqual([]);
    expect(committedIn(step, live)).toBeUndefined();
    expect(committedIn(step, termTopics.done)?.offset).toBe(1);
  });

  it('publishes the first of two results, and passes the second', () => {
    const state = termWith('live/0/0');
    const again = resultOf(assignmentOf('live/0/0', 2), 'worker-b');
    tellDone(state, [resultOf(assignmentOf('live/0/0')), again]);
    const step = stepOf(state);
    expect(step.outcomes).toHaveLength(1);
    expect(committedIn(step, termTopics.done)?.offset).toBe(2);
  });

  it('ignores a late word about a settled chunk, and passes it', () => {
    const settled = { base: 0, settledAbove: new Set([1]), failedAttempts: new Map() };
    const { metadata } = encodeProgress(settled);
    const committed = [{ topic: live, partition: 0, offset: 0, metadata }];
    const state = beginTerm({ committed });
    readInto(state, [intakeRecord('live/0/0'), intakeRecord('live/0/1')]);
    tellDone(state, [resultOf(assignmentOf('live/0/1'))]);
    expect([...state.entries.keys()]).toEqual(['live/0/0']);
    const step = stepOf(state);
    expect(step.outcomes).toEqual([]);
    expect(committedIn(step, termTopics.done)?.offset).toBe(1);
  });

  it('takes failures of former terms into the count', () => {
    const earlier = new Map([[0, ['old.1', 'old.2']]]);
    const { metadata } = encodeProgress({
      base: 0,
      settledAbove: new Set(),
      failedAttempts: earlier,
    });
    const state = beginTerm({ committed: [{ topic: live, partition: 0, offset: 0, metadata }] });
    readInto(state, [intakeRecord('live/0/0')]);
    tellDone(state, [failureOf(assignmentOf('live/0/0'), true)]);
    const [letter] = stepOf(state).outcomes;
    expect(letter?.topic).toBe(termTopics.deadLetters);
    expect(headerTexts(letter?.headers ?? []).get(deadLetterHeaders.attempts)).toBe('3');
  });

  it('counts the try of a verdict that no other try can mend', () => {
    const state = termWith('live/0/0');
    tellDone(state, [failureOf(assignmentOf('live/0/0'), false)]);
    const headers = headerTexts(stepOf(state).outcomes[0]?.headers ?? []);
    expect(headers.get(deadLetterHeaders.reason)).toBe('corrupt');
    expect(headers.get(deadLetterHeaders.attempts)).toBe('1');
    expect(headers.get(deadLetterHeaders.worker)).toBe('worker-a');
  });

  it('gives a dead letter the record unchanged', () => {
    const state = termWith('live/0/0');
    tellDone(state, [failureOf(assignmentOf('live/0/0'), false)]);
    const [letter] = stepOf(state).outcomes;
    const record = intakeRecord('live/0/0');
    expect(letter?.value).toEqual(record.value);
    expect(letter?.headers.slice(0, record.headers.length)).toEqual(record.headers);
  });

  it('holds an identity until its chunk is settled, and hands it on then', () => {
    const state = termWith('live/0/0');
    const identity = { source: 'camera', id: 'live/0/0' };
    expect(state.accepted.find(identity)).not.toBeNull();
    tellDone(state, [resultOf(assignmentOf('live/0/0'))]);
    const step = stepOf(state);
    expect(step.accepted.map(({ accepted }) => coordinatesKey(accepted.coordinates))).toEqual([
      'live/0/0',
    ]);
    applySettled(state, step);
    expect(state.accepted.size()).toBe(0);
  });

  it('refuses a twin by name, and does not hand on the twin', () => {
    const state = beginTerm({});
    readInto(state, [intakeRecord('live/0/0', { ce_id: 'x' }, 'bytes')]);
    readInto(state, [intakeRecord('live/0/1', { ce_id: 'x' }, 'bytes')]);
    readInto(state, [intakeRecord('live/0/2', { ce_id: 'x' }, 'other bytes')]);
    const step = stepOf(state);
    const letters = step.outcomes.map(({ headers }) => headerTexts(headers));
    expect(letters.map((headers) => headers.get(deadLetterHeaders.reason))).toEqual([
      'duplicate',
      'conflict',
    ]);
    for (const headers of letters) {
      expect(headers.get(deadLetterHeaders.accepted)).toBe('live/0/0');
    }
    expect(step.accepted).toEqual([]);
  });
});
