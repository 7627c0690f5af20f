import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../../../services/shared/clock/system.ts';

describe('the system clock', () => {
  it('measures durations that never go back', () => {
    const readings = Array.from({ length: 1000 }, () => systemClock.monotonicMs());
    expect(readings).toEqual(readings.toSorted((a, b) => a - b));
  });

  it('sleeps for the time asked, less the two milliseconds that Node may wake early', async () => {
    const before = systemClock.monotonicMs();
    await systemClock.sleepMs(20);
    expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(18);
  });

  it('ends a sleep early, without an error, when its signal aborts', async () => {
    const abort = new AbortController();
    const sleep = systemClock.sleepMs(60_000, abort.signal);
    abort.abort();
    await sleep;
    await systemClock.sleepMs(60_000, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('leaves no listener behind on a signal that outlives the sleep', async () => {
    const { signal } = new AbortController();
    await systemClock.sleepMs(1, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('does not fire at once for a delay beyond the 24.8 days that a Node timer holds', async () => {
    let fired = false;
    const cancel = systemClock.after(2 ** 31, () => {
      fired = true;
    });
    await systemClock.sleepMs(10);
    cancel();
    expect(fired).toBe(false);
  });

  it('fires a delayed action once, and never after it was cancelled', async () => {
    const seen: string[] = [];
    const cancel = systemClock.after(1, () => seen.push('cancelled'));
    cancel();
    await new Promise<void>((resolve) => {
      systemClock.after(2, () => {
        seen.push('fired');
        resolve();
      });
    });
    expect(seen).toEqual(['fired']);
  });
});

describe('system randomness', () => {
  it('gives fractions in [0, 1) and names of 96 random bits', () => {
    const value = systemRandom.next();
    expect(value >= 0 && value < 1).toBe(true);
    expect(systemRandom.unique()).toMatch(/^[0-9a-f]{24}$/);
    expect(systemRandom.unique()).not.toBe(systemRandom.unique());
  });
});
