import type { Entry } from './entry.ts';
import type { Priority } from '../shared/chunk/words.ts';

/** Length of video per chunk, said by producers or learned from what workers probed. */
export interface MediaLengths {
  of(entry: Entry): number;
  learn(priority: Priority, durationMs: number): void;
}

/** Before anything was probed. Two seconds is the CLI's own default cut. */
const unknownLengthMs = 2000;
/** Weight of the newest chunk in the running mean: about the last twenty count. */
const newestWeight = 0.05;

export function createMediaLengths(): MediaLengths {
  const meanMs = new Map<Priority, number>();
  return {
    of: ({ chunk, coordinates }) =>
      chunk?.durationMs ?? meanMs.get(coordinates.priority) ?? unknownLengthMs,
    learn(priority, durationMs) {
      const known = meanMs.get(priority) ?? durationMs;
      meanMs.set(priority, known + newestWeight * (durationMs - known));
    },
  };
}
