import { rounded } from './bounded.ts';

/** After this long, half of a learned speed is from what was seen since. */
const halfKnownMs = 30_000;

/** The mean of what was seen, the older the less; what was seen first counts at once. */
export function learnedSpeed(
  known: number | null,
  seen: number | null,
  sinceLastTickMs: number,
): number | null {
  if (seen === null) return known;
  if (known === null) return seen;
  const weight = sinceLastTickMs / (sinceLastTickMs + halfKnownMs);
  return rounded(known + weight * (seen - known));
}
