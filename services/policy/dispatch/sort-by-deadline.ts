import type { Waiting } from './waiting.ts';

type Deadlines = Pick<Waiting, 'chunks' | 'dueAfterMs'>;

/** Earliest deadline first; the key breaks ties, so that no order of the list shows. */
export function isDueBefore({ chunks, dueAfterMs }: Deadlines, a: number, b: number): boolean {
  const dueA = dueAfterMs[a] ?? Number.POSITIVE_INFINITY;
  const dueB = dueAfterMs[b] ?? Number.POSITIVE_INFINITY;
  if (dueA !== dueB) return dueA < dueB;
  return (chunks[a]?.key ?? '') < (chunks[b]?.key ?? '');
}

/**
 * The places by deadline. It merges stretches that are in order already: chunks come partition by
 * partition, each in about the order of its deadlines.
 */
export function sortByDeadline(places: readonly number[], deadlines: Deadlines): readonly number[] {
  let ends = endsOfStretches(places, deadlines);
  if (ends.length <= 1) return places;
  let from = places.slice();
  let to = places.slice();
  while (ends.length > 1) {
    const merged: number[] = [];
    let start = 0;
    for (let stretch = 0; stretch < ends.length; stretch += 2) {
      const middle = ends[stretch] ?? start;
      const end = ends[stretch + 1] ?? middle;
      merge(deadlines, { from, to, start, middle, end });
      merged.push(end);
      start = end;
    }
    ends = merged;
    [from, to] = [to, from];
  }
  return from;
}

/** Where each stretch that is in order ends: the place after its last. */
function endsOfStretches(places: readonly number[], deadlines: Deadlines): readonly number[] {
  const ends: number[] = [];
  let last = places[0];
  let at = 0;
  for (const place of places) {
    if (last !== undefined && isDueBefore(deadlines, place, last)) ends.push(at);
    last = place;
    at += 1;
  }
  ends.push(places.length);
  return ends;
}

interface Merge {
  readonly from: readonly number[];
  readonly to: number[];
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}

/** Of two neighbouring stretches of `from`, each in order, makes one in `to`. */
function merge(deadlines: Deadlines, { from, to, start, middle, end }: Merge): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at += 1) {
    const a = left < middle ? from[left] : undefined;
    const b = right < end ? from[right] : undefined;
    if (b !== undefined && (a === undefined || isDueBefore(deadlines, b, a))) {
      to[at] = b;
      right += 1;
    } else {
      to[at] = a ?? 0;
      left += 1;
    }
  }
}
