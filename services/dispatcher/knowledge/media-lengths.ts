import type { Entry } from './entry.ts';
import type { Priority } from '../../shared/chunk/words.ts';

/** Length of video per chunk, said by producers or learned from what workers probed. */
export interface MediaLengths {
  of(entry: Entry): number;
  learn(priority: Priority, durationMs: number): void;
  /** Another number once a mean has moved so far that what was reckoned with it is wrong. */
  revision(): number;
}

/** Before anything was probed. Two seconds is the CLI's own default cut. */
const unknownLengthMs = 2000;
/** Weight of the newest chunk in the running mean: about the last twenty count. */
const newestWeight = 0.05;
const noticedFraction = 0.1;

export function createMediaLengths(): MediaLengths {
  const meanMs = new Map<Priority, number>();
  const revisedMs = new Map<Priority, number>();
  let revision = 0;
  return {
    of: ({ chunk, coordinates }) =>
      chunk?.durationMs ?? meanMs.get(coordinates.priority) ?? unknownLengthMs,
    learn(priority, durationMs) {
      const known = meanMs.get(priority) ?? durationMs;
      const mean = known + newestWeight * (durationMs - known);
      meanMs.set(priority, mean);
      const revised = revisedMs.get(priority) ?? unknownLengthMs;
      if (Math.abs(mean - revised) <= noticedFraction * revised) return;
      revisedMs.set(priority, mean);
      revision += 1;
    },
    revision: () => revision,
  };
}
