import type { PoolMemory } from './memory.ts';
import type { PoolSettings } from './settings.ts';

/** Share of a boot by which a node is late before it is believed to be far from done. */
const overdueFraction = 1.2;
/** No boot is waited for longer than this many usual ones. */
export const failedFraction = 2;
/** Nine boots of ten take no longer; the prior until one was measured. */
export function bootMsP90(samplesMs: readonly number[], priorMs: number): number {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  return Math.max(1, sorted[Math.ceil(0.9 * sorted.length) - 1] ?? priorMs);
}

/** Of all pools; a minute where there are none, since nothing can be ordered then. */
export function longestBootMs(
  settings: readonly PoolSettings[],
  memories: readonly PoolMemory[],
): number {
  const samples = new Map(memories.map(({ pool, bootMs }) => [pool, bootMs]));
  const boots = settings.map(({ pool, bootMsPrior }) =>
    bootMsP90(samples.get(pool) ?? [], bootMsPrior),
  );
  return boots.length === 0 ? 60_000 : Math.max(...boots);
}

/** When a node that is on its way for `ageMs` will compute; `null`: it counts for nothing. */
export function comesInMs(ageMs: number, bootMs: number): number | null {
  if (ageMs > failedFraction * bootMs) return null;
  if (ageMs > overdueFraction * bootMs) return bootMs / 2;
  return Math.max(0, bootMs - ageMs);
}
