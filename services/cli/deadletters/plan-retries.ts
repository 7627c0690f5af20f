import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import { mebibyte } from '../../shared/chunk/limits.ts';
import type { EarlierRetries } from './earlier-retries.ts';
import type { Letter } from './letter.ts';

/** Which letters a person means. */
export interface LetterChoice {
  readonly reason?: string;
  /** Ids or coordinates; empty: any. */
  readonly ids: readonly string[];
}

/** A duplicate's twin was accepted, so computing it again is meant only when it is named. */
const unmeantReason = 'duplicate';

/** A letter goes by the id of its chunk, which several may share, and by its coordinates. */
export const isNamed = ({ outcome, coordinates }: Letter, name: string): boolean =>
  name === outcome.id || name === coordinatesKey(coordinates);

export function isChosen(letter: Letter, choice: LetterChoice): boolean {
  const { outcome } = letter;
  if (choice.reason !== undefined && outcome.reason !== choice.reason) return false;
  if (choice.ids.length > 0) {
    return choice.ids.some((name) => isNamed(letter, name));
  }
  return choice.reason !== undefined || outcome.reason !== unmeantReason;
}

export interface PlannedRetry {
  readonly letter: Letter;
  /** Which retry of this letter it is, from 1. */
  readonly number: number;
}

export interface RetryPlan {
  readonly retries: readonly PlannedRetry[];
  readonly retriedBefore: readonly { readonly letter: Letter; readonly earlier: EarlierRetries }[];
  /** Chosen, and too much for one call. */
  readonly left: number;
}

/** Videos are held in memory until Kafka has them. */
const bytesMax = 256 * mebibyte;

/** @param earlier by coordinates. */
export function planRetries(
  letters: readonly Letter[],
  earlier: ReadonlyMap<string, EarlierRetries>,
  isAgain: boolean,
): RetryPlan {
  const retries: PlannedRetry[] = [];
  const retriedBefore: { readonly letter: Letter; readonly earlier: EarlierRetries }[] = [];
  let bytes = 0;
  let left = 0;
  for (const letter of letters) {
    const before = earlier.get(coordinatesKey(letter.coordinates));
    if (before !== undefined && !isAgain) {
      retriedBefore.push({ letter, earlier: before });
      continue;
    }
    bytes += letter.bytes;
    const isTooMuch = retries.length > 0 && bytes > bytesMax;
    if (isTooMuch) left += 1;
    else retries.push({ letter, number: (before?.number ?? 0) + 1 });
  }
  return { retries, retriedBefore, left };
}
