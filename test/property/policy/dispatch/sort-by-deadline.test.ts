import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortByDeadline } from '../../../../services/policy/dispatch/sort-by-deadline.ts';
import type { WaitingChunk } from '../../../../services/policy/dispatch/waiting-chunk.ts';
import { nowMs, parameters } from './worlds.ts';

interface Due {
  readonly key: string;
  readonly dueAfterMs: number;
}

/** Few different deadlines, so that many are the same; and infinite ones. */
const deadline = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -3, max: 20 }) },
  fc.double({ noNaN: true }),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

/** Of partitions that came one after the other, each in the order of its deadlines or in none. */
const lists: fc.Arbitrary<readonly Due[]> = fc
  .array(fc.tuple(fc.boolean(), fc.array(deadline, { maxLength: 40 })), { maxLength: 8 })
  .chain((partitions) => {
    const deadlines = partitions.flatMap(([isSorted, some]) =>
      isSorted ? some.toSorted((a, b) => (a < b ? -1 : 1)) : some,
    );
    const keys = fc.shuffledSubarray(
      deadlines.map((_, index) => `chunk-${index}`),
      { minLength: deadlines.length },
    );
    return keys.map((shuffled) =>
      deadlines.map((dueAfterMs, index) => ({ key: shuffled[index] ?? '', dueAfterMs })),
    );
  });

const waitingChunk = ({ key }: Due): WaitingChunk => ({
  key,
  priority: 'live',
  model: null,
  mediaMs: 1000,
  deadlineAtMs: nowMs,
  waitingSinceMs: nowMs,
  excludedWorkers: new Set(),
  isSuspect: false,
  mustGoFirst: false,
});

const byDueAndKey = (a: Due, b: Due): number => {
  if (a.dueAfterMs !== b.dueAfterMs) return a.dueAfterMs < b.dueAfterMs ? -1 : 1;
  return a.key < b.key ? -1 : 1;
};

const byDue = (a: Due, b: Due): number => (a.dueAfterMs === b.dueAfterMs ? 0 : byDueAndKey(a, b));

const keysSorted = (list: readonly Due[]): readonly string[] => {
  const deadlines = {
    chunks: list.map(waitingChunk),
    dueAfterMs: Float64Array.from(list, ({ dueAfterMs }) => dueAfterMs),
  };
  const places = sortByDeadline([...list.keys()], deadlines);
  return places.map((place) => list[place]?.key ?? '');
};

const keysBy = (list: readonly Due[], order: (a: Due, b: Due) => number): readonly string[] =>
  list.toSorted(order).map(({ key }) => key);

describe('whatever waits, sorting it', () => {
  it('puts the earliest deadline first and goes by key where it is the same', () => {
    const sortsLike = (order: (a: Due, b: Due) => number) =>
      fc.property(lists, (list) => {
        expect(keysSorted(list)).toEqual(keysBy(list, order));
      });
    fc.assert(sortsLike(byDueAndKey), parameters);
    // Ties in the order of the list would show in what order that is.
    const check = fc.check(sortsLike(byDue), { ...parameters, endOnFailure: true });
    expect(check.failed).toBe(true);
  });

  it('leaves the places that it was given as they were', () => {
    const property = fc.property(lists, (list) => {
      const places = [...list.keys()];
      const chunks = list.map(waitingChunk);
      sortByDeadline(places, {
        chunks,
        dueAfterMs: Float64Array.from(list, ({ dueAfterMs }) => dueAfterMs),
      });
      expect(places).toEqual([...list.keys()]);
    });
    fc.assert(property, parameters);
  });
});
