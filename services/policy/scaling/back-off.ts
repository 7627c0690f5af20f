import type { PoolMemory } from './memory.ts';

type BackOff = PoolMemory['backOff'];

/** A pause grows to at most this many times the first one. */
const longestFactor = 6;
/** After this many first pauses without trouble, the next one is a first one again. */
const forgottenFactor = 12;

export const isBackingOff = (backOff: BackOff, nowMs: number): boolean =>
  backOff !== null && nowMs < backOff.untilMs;

/** The next pause: twice as long as the last one, if that was not long ago. */
export function backOffAgain(
  backOff: BackOff,
  nowMs: number,
  firstMs: number,
): NonNullable<BackOff> {
  const lengthMs =
    backOff === null ? firstMs : Math.min(longestFactor * firstMs, 2 * backOff.lengthMs);
  return { untilMs: nowMs + lengthMs, lengthMs };
}

export const forgetBackOff = (backOff: BackOff, nowMs: number, firstMs: number): BackOff =>
  backOff !== null && nowMs > backOff.untilMs + forgottenFactor * firstMs ? null : backOff;
