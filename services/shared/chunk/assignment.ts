import { coordinatesKey, parseCoordinates } from './coordinates.ts';
import type { Coordinates } from './coordinates.ts';

/**
 * One try of one chunk. The term is random for each activation of a dispatcher: without it, two
 * dispatchers that number from 1 would take each other's failures for their own.
 */
export interface Assignment {
  readonly coordinates: Coordinates;
  /** Lower-case letters and digits. */
  readonly term: string;
  /** Counts from 1 within chunk and term. */
  readonly number: number;
}

/** `live/3/1042@7kq2x.1` */
export function assignmentKey({ coordinates, term, number }: Assignment): string {
  return `${coordinatesKey(coordinates)}@${attemptKey({ term, number })}`;
}

/** The part of an assignment that tells the tries of one chunk apart: `7kq2x.1`. */
export function attemptKey({ term, number }: Pick<Assignment, 'term' | 'number'>): string {
  return `${term}.${number}`;
}

/** Exact inverse of `assignmentKey`. */
export function parseAssignment(key: string): Assignment | null {
  const match = /^([^@]+)@([a-z0-9]{1,40})\.([1-9]\d{0,8})$/.exec(key);
  const coordinates = parseCoordinates(match?.[1] ?? '');
  if (match === null || coordinates === null) return null;
  return { coordinates, term: match[2] ?? '', number: Number(match[3]) };
}
