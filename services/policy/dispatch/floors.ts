import type { Priority } from '../../shared/chunk/words.ts';
import { lastMinute } from './memory.ts';
import type { DispatchMemory } from './memory.ts';
import type { DispatchSettings } from './settings.ts';

/** What was dispatched in the last minute, with what this pass adds. */
export interface Floors {
  readonly shares: DispatchSettings['floors'];
  readonly mediaMs: Record<Priority, number>;
}

export function openFloors(
  memory: DispatchMemory,
  nowMs: number,
  shares: DispatchSettings['floors'],
): Floors {
  return { shares, mediaMs: { ...lastMinute(memory, nowMs).dispatchedMediaMs } };
}

/** Counts what the pass dispatches or puts in the line of a priority. */
export function countMedia({ mediaMs }: Floors, priority: Priority, addedMs: number): void {
  // Each by its name: under a computed one it costs several times as much, at each chunk.
  switch (priority) {
    case 'live':
      mediaMs.live += addedMs;
      return;
    case 'standard':
      mediaMs.standard += addedMs;
      return;
    case 'bulk':
      mediaMs.bulk += addedMs;
  }
}

/** Which priorities have work that a floor may be owed to. */
interface FlooredWork {
  readonly standard: boolean;
  readonly bulk: boolean;
}

/**
 * The priority that is furthest below its floor of those that have work; `null`: none is below. While
 * nothing was dispatched and where a priority has no floor, what it reached is no number, and nothing
 * is owed to it.
 */
export function owedPriority({ shares, mediaMs }: Floors, hasWork: FlooredWork): Priority | null {
  const total = mediaMs.live + mediaMs.standard + mediaMs.bulk;
  const standard = hasWork.standard ? mediaMs.standard / (shares.standard * total) : Number.NaN;
  const bulk = hasWork.bulk ? mediaMs.bulk / (shares.bulk * total) : Number.NaN;
  if (standard < 1 && !(bulk < standard)) return 'standard';
  return bulk < 1 ? 'bulk' : null;
}

/** Whether anything more urgent was dispatched in the last minute. */
export function hasMoreUrgent({ mediaMs }: Floors, priority: Priority): boolean {
  switch (priority) {
    case 'live':
      return false;
    case 'standard':
      return mediaMs.live > 0;
    case 'bulk':
      return mediaMs.live + mediaMs.standard > 0;
  }
}
