import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';
import { within } from '../../../../services/shared/process/shutdown.ts';

describe('waiting within a limit', () => {
  const never = new Promise<void>(() => undefined);

  it('tells the end of the action, also where it throws before it returns a promise', async () => {
    const clock = new ManualClock(0);
    expect(await within(clock, 10, () => Promise.resolve())).toEqual({ kind: 'done' });
    const error = new Error('refused');
    const thrower = (): Promise<void> => {
      throw error;
    };
    expect(await within(clock, 10, thrower)).toEqual({ kind: 'failed', error });
    expect(clock.waitingCount()).toBe(0);
  });

  it('stops waiting at the limit, not before', async () => {
    const clock = new ManualClock(0);
    const waiting = within(clock, 10, () => never);
    await clock.elapseMs(9);
    expect(clock.waitingCount()).toBe(1);
    await clock.elapseMs(1);
    expect(await waiting).toEqual({ kind: 'late' });
  });

  it('lets an action that is done already win over a limit of nothing', async () => {
    expect(await within(new ManualClock(0), 0, () => Promise.resolve())).toEqual({ kind: 'done' });
  });
});
