import type { Clock } from '../../clock/ports.ts';

/** Returns when `work` has ended, well or not, or after `limitMs`. Leaves no timer behind. */
export async function waitAtMost(
  clock: Clock,
  limitMs: number,
  work: Promise<unknown>,
): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  work.then(end, end);
  await clock.sleepMs(limitMs, ended.signal);
}
