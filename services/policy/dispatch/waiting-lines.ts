import type { dispatchOrders } from '../../shared/chunk/demand.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import type { Floors } from './floors.ts';
import { owedPriority } from './floors.ts';
import { isDueBefore, sortByDeadline } from './sort-by-deadline.ts';
import type { Waiter, Waiting } from './waiting.ts';
import { waiterAt } from './waiting.ts';

export type DispatchOrder = (typeof dispatchOrders)[number];

/** Chunks by their places in the waiting list, earliest deadline first once it was looked at. */
interface Line {
  places: readonly number[];
  isSorted: boolean;
  next: number;
}

interface LineOfEach extends Readonly<Record<Priority, Line>> {
  /** The same, the most urgent priority first. */
  readonly byUrgency: readonly Line[];
}

export interface WaitingLines {
  readonly waiting: Waiting;
  readonly urgent: Line;
  readonly inTime: LineOfEach;
  readonly hopeless: LineOfEach;
}

type PlacesOfEach = Readonly<Record<Priority, number[]>>;

const noPlaces = (): PlacesOfEach => ({ live: [], standard: [], bulk: [] });

const lineOf = (places: readonly number[]): Line => ({ places, isSorted: false, next: 0 });

function lineOfEach(places: PlacesOfEach): LineOfEach {
  const [live, standard, bulk] = [
    lineOf(places.live),
    lineOf(places.standard),
    lineOf(places.bulk),
  ];
  return { live, standard, bulk, byUrgency: [live, standard, bulk] };
}

export function formLines(waiting: Waiting): WaitingLines {
  const urgent: number[] = [];
  const inTime = noPlaces();
  const hopeless = noPlaces();
  let place = 0;
  for (const { mustGoFirst, priority } of waiting.chunks) {
    if (mustGoFirst) urgent.push(place);
    else if (waiting.isHopeless[place] === 1) hopeless[priority].push(place);
    else inTime[priority].push(place);
    place += 1;
  }
  return {
    waiting,
    urgent: lineOf(urgent),
    inTime: lineOfEach(inTime),
    hopeless: lineOfEach(hopeless),
  };
}

function sorted(line: Line, waiting: Waiting): readonly number[] {
  if (!line.isSorted) line.places = sortByDeadline(line.places, waiting);
  line.isSorted = true;
  return line.places;
}

const peek = (line: Line, waiting: Waiting): number | null =>
  sorted(line, waiting)[line.next] ?? null;

function take(line: Line, waiting: Waiting): Waiter | null {
  const place = peek(line, waiting);
  if (place === null) return null;
  line.next += 1;
  return waiterAt(waiting, place);
}

const isEmpty = (line: Line): boolean => line.next >= line.places.length;

/** One place after the other of all that can be in time, by deadline alone; nothing is taken. */
export function inTimeByDeadline({ waiting, urgent, inTime }: WaitingLines): () => number | null {
  const urgentInTime = sorted(urgent, waiting).filter((place) => waiting.isHopeless[place] !== 1);
  const queues = [urgentInTime, ...inTime.byUrgency.map((line) => sorted(line, waiting))].map(
    (places) => ({ places, next: 0 }),
  );
  return () => {
    let earliest: number | null = null;
    let from: (typeof queues)[number] | null = null;
    for (const queue of queues) {
      const place = queue.places[queue.next];
      if (place === undefined) continue;
      if (earliest !== null && !isDueBefore(waiting, place, earliest)) continue;
      earliest = place;
      from = queue;
    }
    if (from !== null) from.next += 1;
    return earliest;
  };
}

/**
 * Takes the next while something that must go first or can be in time is left: what must go first,
 * what a floor owes, late as it may be, and then by the order. Afterwards `null`.
 */
export function takeInTime(
  lines: WaitingLines,
  floors: Floors,
  order: DispatchOrder,
): Waiter | null {
  const { waiting, urgent, inTime, hopeless } = lines;
  if (!isEmpty(urgent)) return take(urgent, waiting);
  if (isEmpty(inTime.live) && isEmpty(inTime.standard) && isEmpty(inTime.bulk)) return null;
  const owed = owedPriority(floors, {
    standard: !isEmpty(inTime.standard) || !isEmpty(hopeless.standard),
    bulk: !isEmpty(inTime.bulk) || !isEmpty(hopeless.bulk),
  });
  if (owed !== null) return take(isEmpty(inTime[owed]) ? hopeless[owed] : inTime[owed], waiting);
  return takeByOrder(inTime, waiting, order);
}

/** Takes the next of what nobody can finish in time: what a floor owes, then by the order. */
export function takeHopeless(
  { waiting, hopeless }: WaitingLines,
  floors: Floors,
  order: DispatchOrder,
): Waiter | null {
  const owed = owedPriority(floors, {
    standard: !isEmpty(hopeless.standard),
    bulk: !isEmpty(hopeless.bulk),
  });
  if (owed !== null) return take(hopeless[owed], waiting);
  return takeByOrder(hopeless, waiting, order);
}

function takeByOrder(
  { byUrgency }: LineOfEach,
  waiting: Waiting,
  order: DispatchOrder,
): Waiter | null {
  let first: Line | null = null;
  let earliest: number | null = null;
  for (const line of byUrgency) {
    const place = peek(line, waiting);
    if (place === null) continue;
    if (earliest !== null && !isDueBefore(waiting, place, earliest)) continue;
    first = line;
    earliest = place;
    if (order === 'strict-priority') break;
  }
  return first === null ? null : take(first, waiting);
}
