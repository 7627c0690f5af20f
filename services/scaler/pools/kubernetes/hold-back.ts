import { isLaunched } from './machines.ts';
import type { MachineEntry } from './pool-book.ts';

export interface LoweringAsked {
  /** What the pool's object says; more than `sizeWanted`. */
  readonly sizeNow: number;
  readonly sizeWanted: number;
  readonly entries: readonly MachineEntry[];
  /** For how long nodes have waited for their workers to leave. */
  readonly heldMs: number;
  /** After that long they go with them. */
  readonly drainMs: number;
}

export interface Lowering {
  /** To be written; between what is wanted and what is. */
  readonly size: number;
  /** The machines that are to go, for whoever can be told so. */
  readonly going: readonly MachineEntry[];
}

/**
 * How far a pool's size may fall at once: workers leave before their node does. Only what stands empty
 * goes, until the wait is over. A worker's pod that is being stopped still holds its node.
 */
export function lowerSize(asked: LoweringAsked): Lowering {
  const { sizeNow, sizeWanted, entries, heldMs, drainMs } = asked;
  const present = entries.filter(({ machine }) => !machine.isDeleted);
  const empty = present.filter(({ machine }) => machine.workerPods === 0).length;
  const missing = Math.max(0, sizeNow - present.length);
  // More are there than are wanted already: an earlier step still takes empty ones away.
  const surplus = Math.max(0, present.length - sizeNow);
  const free = missing + Math.max(0, empty - surplus);
  const size = heldMs >= drainMs ? sizeWanted : Math.max(sizeWanted, sizeNow - free);
  const goingCount = Math.max(0, present.length - size);
  return { size, going: present.toSorted(leavesFirst).slice(0, goingCount) };
}

/** What is worth least goes first: leaving, not launched, few workers, not booted, young. */
function leavesFirst(a: MachineEntry, b: MachineEntry): number {
  for (const worth of worths) {
    const difference = worth(a) - worth(b);
    if (difference !== 0) return difference;
  }
  return (a.machine.claim ?? '') < (b.machine.claim ?? '') ? -1 : 1;
}

const worths: readonly ((entry: MachineEntry) => number)[] = [
  // First of all, since the size is lowered no further than there are empty ones.
  ({ machine }) => machine.workerPods,
  ({ leaving }) => (leaving === null ? 1 : 0),
  ({ machine }) => (isLaunched(machine) ? 1 : 0),
  ({ machine }) => machine.reached.size,
  ({ reachedAtMs }) => -(reachedAtMs.get('ordered') ?? 0),
];
