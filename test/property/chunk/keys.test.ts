import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignmentKey, parseAssignment } from '../../../services/shared/chunk/assignment.ts';
import { coordinatesKey, parseCoordinates } from '../../../services/shared/chunk/coordinates.ts';
import { assignment, coordinates, runs } from './seed.ts';

/** Near misses: keys with one character replaced, doubled or dropped. */
const damaged = (key: string, place: number, by: string): string => {
  const at = place % (key.length + 1);
  return `${key.slice(0, at)}${by}${key.slice(at + 1)}`;
};

describe('coordinates', () => {
  it('survive the way through their key', () => {
    fc.assert(
      fc.property(coordinates, (each) => {
        expect(parseCoordinates(coordinatesKey(each))).toEqual(each);
      }),
      runs,
    );
  });

  it('have one spelling: what is accepted is written the same', () => {
    fc.assert(
      fc.property(coordinates, fc.nat(), fc.string({ maxLength: 2 }), (each, place, by) => {
        const key = damaged(coordinatesKey(each), place, by);
        const parsed = parseCoordinates(key);
        if (parsed !== null) expect(coordinatesKey(parsed)).toBe(key);
      }),
      { ...runs, numRuns: 3000 },
    );
  });
});

describe('assignments', () => {
  it('survive the way through their key', () => {
    fc.assert(
      fc.property(assignment, (each) => {
        expect(parseAssignment(assignmentKey(each))).toEqual(each);
      }),
      runs,
    );
  });

  it('have one spelling: what is accepted is written the same', () => {
    fc.assert(
      fc.property(assignment, fc.nat(), fc.string({ maxLength: 2 }), (each, place, by) => {
        const key = damaged(assignmentKey(each), place, by);
        const parsed = parseAssignment(key);
        if (parsed !== null) expect(assignmentKey(parsed)).toBe(key);
      }),
      { ...runs, numRuns: 3000 },
    );
  });
});
