/**
 * Whatever was given as a number, as a finite one within these bounds. What is none or infinite
 * counts as the lower bound: JSON knows neither, so a recorded tick could not tell them apart.
 */
export function bounded(value: number, least: number, most: number): number {
  if (!Number.isFinite(value)) return least;
  return Math.min(most, Math.max(least, value));
}

/**
 * Whole numbers add up to the same sum in any order as long as the sum is below 2^53; the bounds of
 * all that is added here keep it there.
 */
export const wholeNumber = (value: number, most: number): number =>
  Math.round(bounded(value, 0, most));

/** To three decimals, for numbers that people read and that travel. */
export const rounded = (value: number): number =>
  Math.round(bounded(value, -1e12, 1e12) * 1e3) / 1e3;

export const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

/** Times are kept within what a calendar can hold. */
export const latestMs = 8.64e15;
