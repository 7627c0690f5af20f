import type { Clock } from '../../shared/clock/ports.ts';

/** A pass that takes less may follow another at once. */
const shortPassMs = 2;
/** Longer ones leave this many times their own length to reading and settling. */
const pauseFactor = 4;

/**
 * Lets all events of one turn of the event loop lead to one pass. Under a pile of waiting chunks a
 * pass takes milliseconds, and events come by the hundred: then passes take a fifth of the time at
 * most, and what they wait is little beside the lane horizon that they fill.
 */
export function passSchedule(clock: Clock, pass: () => void): { request(): void } {
  let isDue = false;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  const run = (): void => {
    isDue = false;
    const beganAtMs = clock.monotonicMs();
    pass();
    const endedAtMs = clock.monotonicMs();
    const tookMs = endedAtMs - beganAtMs;
    notBeforeMs = tookMs < shortPassMs ? endedAtMs : endedAtMs + pauseFactor * tookMs;
  };
  return {
    request() {
      if (isDue) return;
      isDue = true;
      const waitMs = notBeforeMs - clock.monotonicMs();
      if (waitMs > 0) clock.after(waitMs, run);
      else queueMicrotask(run);
    },
  };
}
