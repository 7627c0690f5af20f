import { describe, expect, it } from 'vitest';
import { ManualClock, seededRandom } from '../../../../../services/shared/clock/manual.ts';
import { BackOff, withRetries } from '../../../../../services/shared/kafka/kafkajs/retry.ts';
import type { Retries } from '../../../../../services/shared/kafka/kafkajs/retry.ts';
import { Signal } from '../../../../../services/shared/kafka/kafkajs/signal.ts';
import { waitAtMost } from '../../../../../services/shared/kafka/kafkajs/wait-at-most.ts';
import { KafkaPortError } from '../../../../../services/shared/kafka/ports.ts';

const seed = 7;

function retries(clock: ManualClock): Retries {
  const pauses = { budgetMs: 1000, firstPauseMs: 10, pauseMsMax: 400 };
  return { clock, random: seededRandom(seed), doing: 'trying', ...pauses };
}

/** Fails with `code` the first `failures` times. */
function failing(code: 'unreachable' | 'fenced', failures: number) {
  let calls = 0;
  const action = (): Promise<string> => {
    calls += 1;
    if (calls > failures) return Promise.resolve('done');
    return Promise.reject(new KafkaPortError(code, `failure ${calls}`));
  };
  return { action, calls: () => calls };
}

describe('trying again', () => {
  it('goes on while the cluster cannot be reached, and gives the answer', async () => {
    const clock = new ManualClock(0);
    const { action, calls } = failing('unreachable', 4);
    const answer = withRetries(retries(clock), action);
    await clock.elapseMs(1000);
    expect([await answer, calls()]).toEqual(['done', 5]);
  });

  it('ends within its budget, with the last error', async () => {
    const clock = new ManualClock(0);
    const { action } = failing('unreachable', 1000);
    const answer = withRetries(retries(clock), action).catch((error: unknown) => error);
    await clock.elapseMs(1000);
    expect(clock.waitingCount()).toBe(0);
    expect(await answer).toMatchObject({ code: 'unreachable' });
  });

  it('never tries again what is not worth it', async () => {
    const { action, calls } = failing('fenced', 1000);
    await expect(withRetries(retries(new ManualClock(0)), action)).rejects.toThrow('failure 1');
    expect(calls()).toBe(1);
  });

  it('pauses longer and longer up to a limit, never twice the same way', () => {
    const random = seededRandom(seed);
    const backOff = new BackOff({ firstPauseMs: 10, pauseMsMax: 100 });
    const pausesMs = Array.from({ length: 8 }, () => backOff.next(random));
    for (const [index, pauseMs] of pausesMs.entries()) {
      const wholeMs = Math.min(10 * 2 ** index, 100);
      expect(pauseMs).toBeGreaterThanOrEqual(wholeMs / 2);
      expect(pauseMs).toBeLessThanOrEqual(wholeMs);
    }
    backOff.reset();
    expect(backOff.next(random)).toBeLessThanOrEqual(10);
  });
});

describe('waiting', () => {
  it('for a change does not miss one that came just before', async () => {
    const signal = new Signal();
    const { version } = signal;
    signal.notify();
    await signal.after(version, new AbortController().signal);
    const waiting = signal.after(signal.version, new AbortController().signal);
    signal.notify();
    await waiting;
  });

  it('at most a while ends with the work, or without it, and leaves no timer', async () => {
    const clock = new ManualClock(0);
    await waitAtMost(clock, 100, Promise.reject(new Error('ended badly')));
    expect(clock.waitingCount()).toBe(0);
    const endless = waitAtMost(clock, 100, new Promise(() => undefined));
    clock.advanceMs(100);
    await endless;
  });
});
