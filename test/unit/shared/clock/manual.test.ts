import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ManualClock, seededRandom } from '../../../../services/shared/clock/manual.ts';

const startAtMs = 1_760_000_000_000;

describe('the manual clock', () => {
  it('stands still until it is told to move', () => {
    const clock = new ManualClock(startAtMs);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([startAtMs, 0]);
    clock.advanceMs(250);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([startAtMs + 250, 250]);
  });

  it('runs what falls due in order of time, then of registration, each at its own time', () => {
    const clock = new ManualClock(startAtMs);
    const seen: string[] = [];
    const record = (name: string) => (): void => {
      seen.push(`${name}@${clock.monotonicMs()}`);
    };
    clock.after(20, record('late'));
    clock.after(10, record('first'));
    clock.after(10, record('second'));
    clock.after(31, record('never'));
    clock.advanceMs(30);
    expect(seen).toEqual(['first@10', 'second@10', 'late@20']);
    expect(clock.waitingCount()).toBe(1);
  });

  it('runs an action that another one registered, if it falls due in the same move', () => {
    const clock = new ManualClock(startAtMs);
    const seen: number[] = [];
    clock.after(10, () => {
      clock.after(5, () => seen.push(clock.monotonicMs()));
    });
    clock.advanceMs(15);
    expect(seen).toEqual([15]);
  });

  it('never runs a cancelled action', () => {
    const clock = new ManualClock(startAtMs);
    const cancel = clock.after(10, () => expect.unreachable());
    cancel();
    clock.advanceMs(100);
    expect(clock.waitingCount()).toBe(0);
  });

  it('ends a sleep early, without an error, when its signal aborts', async () => {
    const clock = new ManualClock(startAtMs);
    const abort = new AbortController();
    const sleep = clock.sleepMs(1000, abort.signal);
    abort.abort();
    await sleep;
    await clock.sleepMs(1000, abort.signal);
    expect([clock.monotonicMs(), clock.waitingCount()]).toEqual([0, 0]);
  });

  it('leaves no listener behind on a signal that outlives the sleep', async () => {
    const clock = new ManualClock(startAtMs);
    const { signal } = new AbortController();
    const sleep = clock.sleepMs(10, signal);
    clock.advanceMs(10);
    await sleep;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('turns a loop of sleeps as often as real time would', async () => {
    const clock = new ManualClock(startAtMs);
    const ticks: number[] = [];
    const loop = async (): Promise<void> => {
      while (ticks.length < 5) {
        await clock.sleepMs(100);
        ticks.push(clock.monotonicMs());
      }
    };
    const looping = loop();
    await clock.elapseMs(500);
    await looping;
    expect(ticks).toEqual([100, 200, 300, 400, 500]);
  });

  it('steps the wall clock without touching durations', () => {
    const clock = new ManualClock(startAtMs);
    const seen: number[] = [];
    clock.after(100, () => seen.push(clock.nowMs()));
    clock.stepWallMs(-3_600_000);
    clock.advanceMs(100);
    expect(seen).toEqual([startAtMs - 3_600_000 + 100]);
    expect(clock.monotonicMs()).toBe(100);
  });

  it('refuses to move monotonic time back', () => {
    const clock = new ManualClock(startAtMs);
    expect(() => clock.advanceMs(-1)).toThrow('Monotonic time cannot go back by 1 ms');
  });
});

describe('seeded randomness', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const draw = (seed: number): readonly number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 8 }, () => random.next());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('is uniform in [0, 1)', () => {
    const random = seededRandom(20);
    const values = Array.from({ length: 10_000 }, () => random.next());
    expect(values.filter((value) => value < 0 || value >= 1)).toEqual([]);
    const counts = Array.from(
      { length: 10 },
      (_, bin) => values.filter((value) => Math.floor(value * 10) === bin).length,
    );
    // 1,000 expected in each of ten bins; five standard deviations are 150.
    expect(counts.every((count) => Math.abs(count - 1000) < 150)).toBe(true);
  });

  it('names things in 24 lower-case hexadecimal digits, none twice', () => {
    const random = seededRandom(3);
    const names = Array.from({ length: 1000 }, () => random.unique());
    expect(new Set(names).size).toBe(1000);
    expect(names.every((name) => /^[0-9a-f]{24}$/.test(name))).toBe(true);
  });
});
