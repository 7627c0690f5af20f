import { describe, expect, it } from 'vitest';
import {
  endEntry,
  giveUpTry,
  heardInHand,
  startTry,
} from '../../../../services/dispatcher/knowledge/entry.ts';
import type { Entry } from '../../../../services/dispatcher/knowledge/entry.ts';
import { createMediaLengths } from '../../../../services/dispatcher/knowledge/media-lengths.ts';
import {
  applySettled,
  nextSettleStep,
} from '../../../../services/dispatcher/settling/settle-step.ts';
import type { TermState } from '../../../../services/dispatcher/knowledge/term-state.ts';
import { attemptKey } from '../../../../services/shared/chunk/assignment.ts';
import { progressSpanMax } from '../../../../services/shared/chunk/progress.ts';
import {
  assignmentOf,
  beginTerm,
  failureOf,
  intakeRecord,
  readInto,
  resultOf,
  tellDone,
  termSettings,
} from '../../../support/dispatcher-term.ts';

const chunk = 'live/0/0';
const first = assignmentOf(chunk);
const idle = { chunks: 0, mediaMs: 0, holdsSuspect: false };

function termWithChunk(lengths = createMediaLengths()): {
  readonly state: TermState;
  readonly entry: Entry;
} {
  const state = beginTerm({ lengths });
  readInto(state, [intakeRecord(chunk)]);
  const entry = state.entries.get(chunk);
  if (entry === undefined) throw new RangeError('It was read.');
  return { state, entry };
}

function send(entry: Entry, worker: string): void {
  const sentTo = { worker, kind: 'gpu' } as const;
  startTry(entry, { assignment: first, sentTo, startByMs: 0 }, { isSpilled: false });
}

const keysOf = (state: TermState) => state.index.waiting().map(({ key }) => key);

describe('where the chunks of a term stand', () => {
  it('follows a chunk from waiting over its lane and hand to its end', () => {
    const { state, entry } = termWithChunk();
    expect(keysOf(state)).toEqual([chunk]);
    send(entry, 'worker-a');
    expect(keysOf(state)).toEqual([]);
    expect(state.index.assignedTo('worker-a')).toEqual({ ...idle, chunks: 1, mediaMs: 2000 });
    heardInHand(entry, first, { worker: 'worker-b', nowMs: 0 });
    expect(state.index.assignedTo('worker-a')).toEqual(idle);
    expect([...state.index.at('worker-b')]).toEqual([entry]);
    tellDone(state, [resultOf(first)]);
    expect(state.index.inFlight().size).toBe(0);
    expect(state.index.assignedTo('worker-b')).toEqual(idle);
    expect([...state.index.ended()]).toEqual([entry]);
  });

  it('gives a chunk back to those that wait when its try was never started', () => {
    const { state, entry } = termWithChunk();
    send(entry, 'worker-a');
    giveUpTry(entry, attemptKey(first), 500);
    expect(state.index.waiting()).toMatchObject([{ key: chunk, waitingSinceMs: 500 }]);
    expect(state.index.assignedTo('worker-a')).toEqual(idle);
  });

  it('holds a chunk back until the count of its failed tries is committed', () => {
    const { state } = termWithChunk();
    tellDone(state, [failureOf(first, true)]);
    expect(keysOf(state)).toEqual([]);
    expect(state.index.failing().size).toBe(1);
    const step = nextSettleStep(state, termSettings);
    if (step === null) throw new RangeError('The count is to be committed.');
    applySettled(state, step);
    state.index.noteHeldBack();
    expect(keysOf(state)).toEqual([chunk]);
  });

  it('holds a chunk back that progress cannot record yet', () => {
    const state = beginTerm({});
    const beyond = `live/0/${progressSpanMax + 1}`;
    readInto(state, [intakeRecord(chunk)]);
    readInto(state, [intakeRecord(beyond)]);
    expect(keysOf(state)).toEqual([chunk]);
    tellDone(state, [resultOf(first)]);
    const step = nextSettleStep(state, termSettings);
    if (step !== null) applySettled(state, step);
    state.index.noteHeldBack();
    expect(keysOf(state)).toEqual([beyond]);
  });

  it('tells broker time and lengths of video as they are known now', () => {
    const lengths = createMediaLengths();
    const { state } = termWithChunk(lengths);
    state.index.reckon(7000);
    expect(state.index.waiting()).toMatchObject([{ waitingSinceMs: 7000, mediaMs: 2000 }]);
    lengths.learn('live', 9000);
    state.index.reckon(7000);
    expect(state.index.waiting()).toMatchObject([{ waitingSinceMs: 7000, mediaMs: 9000 }]);
  });

  it('hands out the same list until one of its chunks changes', () => {
    const { state, entry } = termWithChunk();
    const before = state.index.waiting();
    state.index.reckon(100);
    expect(state.index.waiting()).toBe(before);
    endEntry(entry, { kind: 'expired', cause: 'deadline', waitedIn: 'intake', message: '' });
    expect(state.index.waiting()).toEqual([]);
  });
});
