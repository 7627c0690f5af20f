import { expect, it } from 'vitest';
import { decideRestart } from '../../../../services/local/processes/restart-policy.ts';

const crash = { kind: 'exited', code: 1 } as const;

it('waits longer after each failure in a row, and never longer than half a minute', () => {
  const delays: number[] = [];
  let failuresBefore = 0;
  for (let failure = 1; failure <= 9; failure += 1) {
    const decision = decideRestart({ exit: crash, ranMs: 100, failuresBefore });
    if (decision.kind !== 'restart') throw new Error(decision.reason);
    delays.push(decision.delayMs);
    failuresBefore = decision.failures;
  }
  expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

it('begins again with the shortest wait after a run of a minute', () => {
  const decision = decideRestart({ exit: crash, ranMs: 60_000, failuresBefore: 7 });
  expect(decision).toEqual({ kind: 'restart', failures: 1, delayMs: 500 });
});

it('starts again what ended in peace or by a signal without having been told to', () => {
  for (const exit of [
    { kind: 'exited', code: 0 },
    { kind: 'signalled', signal: 'SIGKILL' },
  ] as const) {
    expect(decideRestart({ exit, ranMs: 0, failuresBefore: 0 }).kind).toBe('restart');
  }
});

it('gives up on a wrong configuration and on what cannot be started at all', () => {
  const wrong = { kind: 'exited', code: 2 } as const;
  const absent = { kind: 'not-started', reason: 'spawn node ENOENT' } as const;
  expect(decideRestart({ exit: wrong, ranMs: 50, failuresBefore: 0 }).kind).toBe('give-up');
  expect(decideRestart({ exit: absent, ranMs: 0, failuresBefore: 0 }).kind).toBe('give-up');
});
