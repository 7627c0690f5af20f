import type { dispatchOrders } from '../../shared/chunk/demand.ts';
import { priorities } from '../../shared/chunk/words.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import type { Floors } from './floors.ts';
import { flooredPriorities, reachedOfFloor } from './floors.ts';
import type { ServiceGroup } from './service-group.ts';
import type { WaitingChunk } from './waiting-chunk.ts';

export type DispatchOrder = (typeof dispatchOrders)[number];

/** A waiting chunk with what this pass knows of it. */
export interface Waiter {
  readonly chunk: WaitingChunk;
  /** The chunk's own, kept at hand: thousands are looked at in a pass. */
  readonly priority: Priority;
  readonly isSuspect: boolean;
  readonly mediaMs: number;
  /** From now, when it must be done to be in time. */
  readonly dueAfterMs: number;
  readonly group: ServiceGroup;
  /** Nobody can finish it in time, even if it went before all others. */
  readonly isHopeless: boolean;
}

/** Earliest deadline first, once it was looked at. */
interface Line {
  readonly waiters: Waiter[];
  isSorted: boolean;
  next: number;
}

type LineOfEach = Readonly<Record<Priority, Line>>;

export interface WaitingLines {
  readonly urgent: Line;
  readonly inTime: LineOfEach;
  readonly hopeless: LineOfEach;
}

const emptyLine = (): Line => ({ waiters: [], isSorted: false, next: 0 });
const lineOfEach = (): LineOfEach => ({
  live: emptyLine(),
  standard: emptyLine(),
  bulk: emptyLine(),
});

export const emptyLines = (): WaitingLines => ({
  urgent: emptyLine(),
  inTime: lineOfEach(),
  hopeless: lineOfEach(),
});

export function lineUp(lines: WaitingLines, mustGoFirst: boolean, waiter: Waiter): void {
  if (mustGoFirst) lines.urgent.waiters.push(waiter);
  else if (waiter.isHopeless) lines.hopeless[waiter.priority].waiters.push(waiter);
  else lines.inTime[waiter.priority].waiters.push(waiter);
}

function byDeadline(a: Waiter, b: Waiter): number {
  if (a.dueAfterMs !== b.dueAfterMs) return a.dueAfterMs - b.dueAfterMs;
  return a.chunk.key < b.chunk.key ? -1 : 1;
}

function sorted(line: Line): readonly Waiter[] {
  if (!line.isSorted) line.waiters.sort(byDeadline);
  line.isSorted = true;
  return line.waiters;
}

const peek = (line: Line): Waiter | null => sorted(line)[line.next] ?? null;

function take(line: Line): Waiter | null {
  const waiter = peek(line);
  if (waiter !== null) line.next += 1;
  return waiter;
}

const isEmpty = (line: Line): boolean => line.next >= line.waiters.length;

/** One after the other of all that can be in time, by deadline alone; nothing is taken. */
export function inTimeByDeadline(lines: WaitingLines): () => Waiter | null {
  const queues = [lines.urgent, ...priorities.map((priority) => lines.inTime[priority])].map(
    (line) => ({ waiters: sorted(line), next: 0 }),
  );
  return function next(): Waiter | null {
    let earliest: Waiter | null = null;
    let from: (typeof queues)[number] | null = null;
    for (const queue of queues) {
      const waiter = queue.waiters[queue.next];
      if (waiter === undefined || (earliest !== null && byDeadline(earliest, waiter) <= 0))
        continue;
      earliest = waiter;
      from = queue;
    }
    if (from !== null) from.next += 1;
    return earliest?.isHopeless === true ? next() : earliest;
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
  if (!isEmpty(lines.urgent)) return take(lines.urgent);
  const { inTime, hopeless } = lines;
  if (isEmpty(inTime.live) && isEmpty(inTime.standard) && isEmpty(inTime.bulk)) return null;
  const owed = owedPriority(floors, inTime, hopeless);
  if (owed !== null) return take(inTime[owed]) ?? take(hopeless[owed]);
  return takeByOrder(inTime, order);
}

/** Takes the next of what nobody can finish in time: what a floor owes, then by the order. */
export function takeHopeless(
  { hopeless }: WaitingLines,
  floors: Floors,
  order: DispatchOrder,
): Waiter | null {
  const owed = owedPriority(floors, hopeless, hopeless);
  if (owed !== null) return take(hopeless[owed]);
  return takeByOrder(hopeless, order);
}

/** The priority that is furthest below its floor of those that have work; `null`: none is below. */
function owedPriority(floors: Floors, some: LineOfEach, others: LineOfEach): Priority | null {
  let owed: Priority | null = null;
  let least = 1;
  for (const priority of flooredPriorities) {
    const reached = reachedOfFloor(floors, priority);
    const hasWork = !isEmpty(some[priority]) || !isEmpty(others[priority]);
    if (!(reached < least) || !hasWork) continue;
    owed = priority;
    least = reached;
  }
  return owed;
}

function takeByOrder(ofPriority: LineOfEach, order: DispatchOrder): Waiter | null {
  let first: Priority | null = null;
  let earliest: Waiter | null = null;
  for (const priority of priorities) {
    const waiter = peek(ofPriority[priority]);
    if (waiter === null || (earliest !== null && byDeadline(earliest, waiter) <= 0)) continue;
    first = priority;
    earliest = waiter;
    if (order === 'strict-priority') break;
  }
  return first === null ? null : take(ofPriority[first]);
}
