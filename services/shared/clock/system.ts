import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Clock, Random } from './ports.ts';

/** The longest delay that a Node timer holds (2^31 - 1); a longer one would fire after 1 ms. */
const timerLimitMs = 2_147_483_647;

interface Alarm {
  readonly cancel: () => void;
}

function setAlarm(delayMs: number, keepsAlive: boolean, action: () => void): Alarm {
  const dueAtMs = performance.now() + delayMs;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const leftMs = dueAtMs - performance.now();
    const isLastLeg = leftMs <= timerLimitMs;
    timer = setTimeout(isLastLeg ? action : arm, isLastLeg ? leftMs : timerLimitMs);
    if (!keepsAlive) timer.unref();
  };
  arm();
  return { cancel: () => clearTimeout(timer) };
}

/** The machine's own time. Node may wake a sleeper up to one millisecond early. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleepMs: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const finish = (): void => {
        alarm.cancel();
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const alarm = setAlarm(durationMs, true, finish);
      signal?.addEventListener('abort', finish, { once: true });
    }),
  after: (delayMs, action) => setAlarm(delayMs, false, action).cancel,
};

export const systemRandom: Random = {
  next: () => Math.random(),
  unique: () => randomBytes(12).toString('hex'),
};
