import { giveUpTry } from '../knowledge/entry.ts';
import type { Entry } from '../knowledge/entry.ts';
import type { FleetView } from './fleet-view.ts';
import { doneCaughtUpAtMs } from '../knowledge/term-state.ts';
import type { TermState } from '../knowledge/term-state.ts';

/** Our clocks and the broker's may differ by this much where a start is judged by them. */
const startByMarginMs = 300;

/**
 * Gives up tries that cannot have started: untaken past their start-by, or no longer in their
 * worker's hands with no word in `done`. Both are concluded only when `fleet` and `done` were read
 * past that moment, else a slow reader would do running work again.
 */
export function concludeTries(state: TermState, fleet: FleetView, nowMs: number): void {
  const doneReadToMs = doneCaughtUpAtMs(state);
  const readToMs = Math.min(nowMs, fleet.caughtUpAtMs(), doneReadToMs);
  const over: (readonly [Entry, string])[] = [];
  for (const entry of state.index.inFlight()) {
    for (const [key, live] of entry.liveTries) {
      const isUntaken = live.worker === null && readToMs > live.startByMs + startByMarginMs;
      const hasVanished = live.vanishedAtMs !== null && doneReadToMs > live.vanishedAtMs;
      if (isUntaken || hasVanished) over.push([entry, key]);
    }
  }
  for (const [entry, key] of over) giveUpTry(entry, key, nowMs);
}
