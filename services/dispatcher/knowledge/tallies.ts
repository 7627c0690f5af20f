import type { PriorityTally } from '../../shared/chunk/demand.ts';
import { priorities } from '../../shared/chunk/words.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import type { Entry } from './entry.ts';

/** What a term has seen and ended, counted since it began. */
export interface Tallies {
  read(entry: Entry, mediaMs: number): void;
  spilled(priority: Priority): void;
  settled(entries: readonly Entry[]): void;
  counts(): readonly PriorityTally[];
}

type Counts = { -readonly [Field in keyof PriorityTally]: PriorityTally[Field] };

export function createTallies(): Tallies {
  const tallies = {
    live: emptyCounts('live'),
    standard: emptyCounts('standard'),
    bulk: emptyCounts('bulk'),
  };
  return {
    read({ coordinates, chunk }, mediaMs) {
      const counts = tallies[coordinates.priority];
      counts.readChunks += 1;
      counts.readMediaMs += mediaMs;
      if (chunk === null) return;
      const allowedMs = Math.max(0, chunk.deadlineAtMs - chunk.submittedAtMs);
      const known = counts.allowedMs ?? allowedMs;
      counts.allowedMs = Math.round(known + newestWeight * (allowedMs - known));
    },
    spilled(priority) {
      tallies[priority].spilledChunks += 1;
    },
    settled(entries) {
      for (const entry of entries) countEnding(tallies[entry.coordinates.priority], entry);
    },
    counts: () => priorities.map((priority) => ({ ...tallies[priority] })),
  };
}

/** Of the newest chunk in the running mean: about the last twenty count. */
const newestWeight = 0.05;

/** Whether the work of a chunk was done before its deadline, as its result says too. */
export function isInTime(
  { finishedAtMs }: { readonly finishedAtMs: number },
  chunk: Entry['chunk'],
): boolean {
  return finishedAtMs <= (chunk?.deadlineAtMs ?? Number.POSITIVE_INFINITY);
}

function countEnding(counts: Counts, { ending, chunk }: Entry): void {
  switch (ending?.kind) {
    case 'result':
      if (isInTime(ending, chunk)) counts.onTime += 1;
      else counts.late += 1;
      return;
    case 'dead-letter':
      counts.deadLetters += 1;
      return;
    case 'expired':
      counts.expired += 1;
      return;
    case undefined:
  }
}

const emptyCounts = (priority: Priority): Counts => ({
  priority,
  readChunks: 0,
  readMediaMs: 0,
  allowedMs: null,
  spilledChunks: 0,
  onTime: 0,
  late: 0,
  deadLetters: 0,
  expired: 0,
});
