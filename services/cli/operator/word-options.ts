import { InvalidArgumentError } from 'commander';
import { operatorNoteCharactersMax } from '../../shared/chunk/operator.ts';
import { readSpan } from '../results/read-span.ts';

/** How long, in milliseconds; more than nothing. */
export function readLifetime(given: string): number {
  const spanMs = readSpan(given);
  if (spanMs > 0) return spanMs;
  throw new InvalidArgumentError('It must be more than nothing: 30s, 10m, 2h or 1d.');
}

export function readNote(given: string): string {
  const isGood = given.length > 0 && given.length <= operatorNoteCharactersMax;
  if (isGood && /^[^\p{Cc}]+$/u.test(given)) return given;
  throw new InvalidArgumentError(
    `It must be 1 to ${operatorNoteCharactersMax} printable characters in one line.`,
  );
}

export function readPool(given: string): string {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(given)) return given;
  throw new InvalidArgumentError('It must be the name of a pool of SPILLWAY_POOLS.');
}
