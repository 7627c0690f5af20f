import { readFileSync } from 'node:fs';
import { systemClock } from '../../services/shared/clock/system.ts';

/** Whether a process runs. One that has ended and only waits to be collected does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(status);
  } catch {
    // No /proc, as on macOS: then the signal's answer is all there is.
    return true;
  }
}

/**
 * Resolves when `isTrue` holds, looked at every 20 ms: for what other processes do and nobody
 * announces.
 *
 * @throws Error naming `what` when `withinMs` pass first.
 */
export async function eventually(
  what: string,
  isTrue: () => boolean,
  withinMs = 10_000,
): Promise<void> {
  const startedAtMs = systemClock.monotonicMs();
  while (!isTrue()) {
    if (systemClock.monotonicMs() - startedAtMs > withinMs) {
      throw new Error(`not within ${withinMs} ms: ${what}`);
    }
    await systemClock.sleepMs(20);
  }
}
