import type { Priority } from '../../shared/chunk/words.ts';
import { lastMinute } from './memory.ts';
import type { DispatchMemory } from './memory.ts';
import type { DispatchSettings } from './settings.ts';

/** Priorities that get a share whatever is more urgent. */
export const flooredPriorities = ['standard', 'bulk'] as const;

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

/**
 * How much of its floor a priority has, from 0 on; below 1 it is owed more. Not a number while nothing
 * was dispatched or where it has no floor: then nothing is owed.
 */
export function reachedOfFloor(
  { shares, mediaMs }: Floors,
  priority: (typeof flooredPriorities)[number],
): number {
  const total = mediaMs.live + mediaMs.standard + mediaMs.bulk;
  return mediaMs[priority] / (shares[priority] * total);
}
