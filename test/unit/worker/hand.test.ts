import { describe, expect, it } from 'vitest';
import { createHand } from '../../../services/worker/hand.ts';
import { assignmentOf } from '../../support/dispatcher-term.ts';

const first = assignmentOf('live/0/1');
const second = assignmentOf('live/0/2');

describe('what a worker has in hand', () => {
  it('lists what was taken until it is dropped', () => {
    const hand = createHand();
    hand.take(first);
    hand.take(second);
    hand.drop(first);
    expect(hand.list()).toEqual([second]);
    expect(hand.size()).toBe(1);
  });

  it('never takes an assignment twice, not even after it was dropped', () => {
    const hand = createHand();
    expect(hand.take(first)).toBe(true);
    expect(hand.take(first)).toBe(false);
    hand.drop(first);
    expect(hand.take(first)).toBe(false);
    expect(hand.size()).toBe(0);
  });

  it('takes another try of the same chunk', () => {
    const hand = createHand();
    hand.take(first);
    expect(hand.take(assignmentOf('live/0/1', 2))).toBe(true);
    expect(hand.take(assignmentOf('live/0/1', 1, 'otherterm'))).toBe(true);
  });

  it('remembers the last ten thousand it took, and no more', () => {
    const hand = createHand();
    for (let number = 1; number <= 10_001; number += 1) {
      hand.take(assignmentOf('live/0/1', number));
      hand.drop(assignmentOf('live/0/1', number));
    }
    expect(hand.take(assignmentOf('live/0/1', 2))).toBe(false);
    expect(hand.take(assignmentOf('live/0/1', 1))).toBe(true);
  });

  it('tells when it is empty, at once if it is', async () => {
    const hand = createHand();
    const { signal } = new AbortController();
    await hand.empty(signal);
    hand.take(first);
    let isEmpty = false;
    const emptied = hand.empty(signal).then(() => {
      isEmpty = true;
    });
    await Promise.resolve();
    expect(isEmpty).toBe(false);
    hand.drop(first);
    await emptied;
  });

  it('waits no longer than its caller', async () => {
    const hand = createHand();
    hand.take(first);
    const patience = new AbortController();
    const emptied = hand.empty(patience.signal);
    patience.abort();
    await emptied;
    expect(hand.size()).toBe(1);
  });
});
