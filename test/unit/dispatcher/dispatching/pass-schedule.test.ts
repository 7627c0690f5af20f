import { describe, expect, it } from 'vitest';
import { passSchedule } from '../../../../services/dispatcher/dispatching/pass-schedule.ts';
import type { Clock } from '../../../../services/shared/clock/ports.ts';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';

/** Passes that take as long as told, with the times at which they began. */
function passesOf(tookMs: number) {
  const clock = new ManualClock(0);
  const beganAtMs: number[] = [];
  let spentMs = 0;
  const monotonicMs = (): number => clock.monotonicMs() + spentMs;
  const busy: Clock = {
    nowMs: () => clock.nowMs(),
    monotonicMs,
    sleepMs: (durationMs) => clock.sleepMs(durationMs),
    after: (delayMs, action) => clock.after(delayMs, action),
  };
  const schedule = passSchedule(busy, () => {
    beganAtMs.push(monotonicMs());
    spentMs += tookMs;
  });
  return { clock, schedule, beganAtMs };
}

describe('the schedule of passes', () => {
  it('makes one pass of all that happens in one turn', async () => {
    const { schedule, beganAtMs } = passesOf(0);
    schedule.request();
    schedule.request();
    await Promise.resolve();
    expect(beganAtMs).toEqual([0]);
  });

  it('lets short passes follow each other at once', async () => {
    const { schedule, beganAtMs } = passesOf(1);
    schedule.request();
    await Promise.resolve();
    schedule.request();
    await Promise.resolve();
    expect(beganAtMs).toEqual([0, 1]);
  });

  it('lets long passes take a fifth of the time at most', async () => {
    const { clock, schedule, beganAtMs } = passesOf(10);
    schedule.request();
    await Promise.resolve();
    schedule.request();
    await clock.elapseMs(39);
    expect(beganAtMs).toEqual([0]);
    await clock.elapseMs(1);
    expect(beganAtMs).toEqual([0, 50]);
  });
});
