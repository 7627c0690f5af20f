import { assignmentKey } from '../shared/chunk/assignment.ts';
import type { Assignment } from '../shared/chunk/assignment.ts';

/**
 * The assignments that this worker took and whose `done` is not acknowledged: what its heartbeats
 * list. An assignment that was taken once is never taken again, however often its record comes.
 */
export interface Hand {
  /** False when it was taken before. */
  take(assignment: Assignment): boolean;
  drop(assignment: Assignment): void;
  list(): readonly Assignment[];
  size(): number;
  /** Resolves when nothing is in hand, or when `signal` aborts. */
  empty(signal: AbortSignal): Promise<void>;
}

/** A lane record can come twice only within a retry or a rebalance, minutes at most. */
const rememberedMax = 10_000;

export function createHand(): Hand {
  const held = new Map<string, Assignment>();
  const taken = new Set<string>();
  let onEmpty: () => void = () => undefined;
  return {
    take(assignment) {
      const key = assignmentKey(assignment);
      if (taken.has(key)) return false;
      taken.add(key);
      const oldest = taken.values().next().value;
      if (taken.size > rememberedMax && oldest !== undefined) taken.delete(oldest);
      held.set(key, assignment);
      return true;
    },
    drop(assignment) {
      held.delete(assignmentKey(assignment));
      if (held.size === 0) onEmpty();
    },
    list: () => [...held.values()],
    size: () => held.size,
    empty: (signal) =>
      new Promise((resolve) => {
        if (held.size === 0 || signal.aborted) {
          resolve();
          return;
        }
        onEmpty = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}
