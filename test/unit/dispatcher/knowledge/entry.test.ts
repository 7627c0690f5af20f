import { beforeEach, describe, expect, it } from 'vitest';
import {
  createEntry,
  endIfExhausted,
  failTry,
  giveUpTry,
  heardInHand,
  isWaiting,
  loseWorker,
  releaseTry,
  vanishFromHand,
} from '../../../../services/dispatcher/knowledge/entry.ts';
import type { Entry } from '../../../../services/dispatcher/knowledge/entry.ts';
import { attemptKey } from '../../../../services/shared/chunk/assignment.ts';
import type { DoneFailure } from '../../../../services/shared/chunk/done-record.ts';
import { assignmentOf, at, failureOf, intakeRecord } from '../../../support/dispatcher-term.ts';

const chunk = 'live/0/7';
const first = assignmentOf(chunk, 1);
const second = assignmentOf(chunk, 2);
const firstKey = attemptKey(first);

const entryOf = (earlier: readonly string[] = []): Entry =>
  createEntry(
    {
      coordinates: at(chunk),
      record: intakeRecord(chunk),
      identity: { source: 'camera', id: '7', coordinates: at(chunk), digest: '' },
      chunk: null,
    },
    { earlierFailures: earlier, nowMs: 0, onChange: () => undefined },
  );

const failure = (number: number): DoneFailure => {
  const done = failureOf(assignmentOf(chunk, number), true);
  if (done.kind !== 'failure') throw new RangeError('This is a failure.');
  return done;
};

describe('a chunk and its tries', () => {
  let entry = entryOf();
  beforeEach(() => {
    entry = entryOf();
    heardInHand(entry, first, { worker: 'worker-a', nowMs: 0 });
  });

  it('waits only while nobody has it', () => {
    expect(isWaiting(entry)).toBe(false);
    giveUpTry(entry, firstKey, 500);
    expect(isWaiting(entry)).toBe(true);
    expect(entry.waitingSinceMs).toBe(500);
    expect(entry.failedTries.size).toBe(0);
  });

  it('counts a failure once, however often it is told', () => {
    failTry(entry, failure(1), 100);
    failTry(entry, failure(1), 200);
    expect(entry.failedTries.size).toBe(1);
    expect(isWaiting(entry)).toBe(true);
    expect([...entry.excludedWorkers]).toEqual(['worker-a']);
  });

  it('counts the silence of its worker, and takes that back when the worker is heard', () => {
    loseWorker(entry, firstKey, { worker: 'worker-a', nowMs: 100 });
    expect(entry.failedTries.get(firstKey)?.how).toBe('gone');
    expect(entry.isSuspect).toBe(true);
    heardInHand(entry, first, { worker: 'worker-a', nowMs: 0 });
    expect(entry.failedTries.size).toBe(0);
    expect(isWaiting(entry)).toBe(false);
  });

  it('does not take back what its worker itself reported', () => {
    failTry(entry, failure(1), 100);
    heardInHand(entry, first, { worker: 'worker-a', nowMs: 0 });
    expect(entry.failedTries.get(firstKey)?.how).toBe('reported');
    expect(isWaiting(entry)).toBe(true);
    loseWorker(entry, firstKey, { worker: 'worker-a', nowMs: 200 });
    expect(entry.failedTries.get(firstKey)?.how).toBe('reported');
  });

  it('counts a silence that turns out to be a failure as one try', () => {
    loseWorker(entry, firstKey, { worker: 'worker-a', nowMs: 100 });
    failTry(entry, failure(1), 200);
    expect([...entry.failedTries.values()].map(({ how }) => how)).toEqual(['reported']);
  });

  it('does not count what is given back, nor the silence before it', () => {
    loseWorker(entry, firstKey, { worker: 'worker-a', nowMs: 100 });
    releaseTry(entry, firstKey, { worker: 'worker-a', nowMs: 200 });
    expect(entry.failedTries.size).toBe(0);
    expect([...entry.excludedWorkers]).toEqual(['worker-a']);
  });

  it('keeps the moment at which it left the hand of its worker', () => {
    vanishFromHand(entry, firstKey, 100);
    vanishFromHand(entry, firstKey, 200);
    expect(entry.liveTries.get(firstKey)?.vanishedAtMs).toBe(100);
  });

  it('waits from the end of its last live try', () => {
    heardInHand(entry, second, { worker: 'worker-b', nowMs: 0 });
    giveUpTry(entry, firstKey, 100);
    expect(isWaiting(entry)).toBe(false);
    expect(entry.waitingSinceMs).toBe(0);
  });

  it('ends as a dead letter that quotes its last failure', () => {
    loseWorker(entry, firstKey, { worker: 'worker-a', nowMs: 0 });
    failTry(entry, failure(2), 0);
    endIfExhausted(entry, 3);
    expect(entry.ending).toBeNull();
    failTry(entry, failure(3), 0);
    endIfExhausted(entry, 3);
    expect(entry.ending).toMatchObject({ kind: 'dead-letter', reason: 'executor-crashed' });
    expect(entry.ending).toMatchObject({ message: 'the executor crashed (after 3 attempts)' });
  });

  it('changes no more once it has ended', () => {
    for (const number of [1, 2, 3]) failTry(entry, failure(number), 0);
    endIfExhausted(entry, 3);
    heardInHand(entry, assignmentOf(chunk, 4), { worker: 'worker-b', nowMs: 0 });
    loseWorker(entry, 'thisterm.4', { worker: 'worker-b', nowMs: 0 });
    expect(entry.failedTries.size).toBe(3);
    expect(isWaiting(entry)).toBe(false);
  });

  it('goes alone after failures under a former dispatcher, which knew why it failed', () => {
    expect(entryOf(['old.1']).isSuspect).toBe(true);
    expect(entryOf().isSuspect).toBe(false);
  });
});
