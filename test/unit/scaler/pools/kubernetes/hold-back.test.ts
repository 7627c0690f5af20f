import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerSize } from '../../../../../services/scaler/pools/kubernetes/hold-back.ts';
import type { SeenPhase } from '../../../../../services/scaler/pools/kubernetes/machines.ts';
import type { MachineEntry } from '../../../../../services/scaler/pools/kubernetes/pool-book.ts';

interface Given {
  readonly name?: string;
  readonly workerPods?: number;
  readonly isDeleted?: boolean;
  readonly isLeaving?: boolean;
  readonly phases?: readonly SeenPhase[];
  readonly orderedAtMs?: number;
}

const booted: readonly SeenPhase[] = ['ordered', 'launched', 'registered', 'ready', 'allocatable'];

function entry(given: Given): MachineEntry {
  const { name = 'm', workerPods = 0, isDeleted = false, isLeaving = false } = given;
  const { phases = booted, orderedAtMs = 0 } = given;
  return {
    machine: {
      keys: [name],
      claim: name,
      node: name,
      reached: new Map(phases.map((phase) => [phase, { atMs: null }])),
      leaving: null,
      isDeleted,
      isReady: true,
      problem: null,
      workerPods,
      claimAnnotations: {},
    },
    order: null,
    reachedAtMs: new Map(phases.map((phase) => [phase, orderedAtMs])),
    wasReady: true,
    leaving: isLeaving ? { cause: 'test', sinceMs: 0 } : null,
  };
}

/** From a size to another one. */
const lower = (
  [sizeNow, sizeWanted]: readonly [number, number],
  given: readonly Given[],
  heldMs = 0,
) => lowerSize({ sizeNow, sizeWanted, entries: given.map(entry), heldMs, drainMs: 1000 });
const names = (going: readonly MachineEntry[]) => going.map(({ machine }) => machine.claim);

describe('a size that falls', () => {
  it('falls at once where nodes are empty or were not made yet', () => {
    expect(lower([4, 0], [{ workerPods: 1 }, {}]).size).toBe(1);
    expect(lower([4, 3], [{ workerPods: 1 }, {}]).size).toBe(3);
  });

  it('waits for workers, for so long and no longer', () => {
    const busy = [{ workerPods: 1 }, { workerPods: 2 }];
    expect(lower([2, 0], busy, 999).size).toBe(2);
    expect(lower([2, 0], busy, 1000).size).toBe(0);
  });

  it('does not take an empty node twice while its pool is still removing it', () => {
    // Of two that are there one is wanted: the empty one goes already.
    expect(lower([1, 0], [{ workerPods: 1 }, {}]).size).toBe(1);
    // That it is being deleted says the same.
    expect(lower([1, 0], [{ workerPods: 1 }, { isDeleted: true }]).size).toBe(1);
  });

  it('lets go first what is worth least', () => {
    const given = [
      { name: 'old', orderedAtMs: 0 },
      { name: 'young', orderedAtMs: 5 },
      { name: 'booting', phases: booted.slice(0, 3) },
      { name: 'ordered', phases: booted.slice(0, 1) },
      { name: 'leaving', isLeaving: true },
      { name: 'busy', workerPods: 1, isLeaving: true },
    ];
    expect(names(lower([6, 1], given).going)).toEqual([
      'leaving',
      'ordered',
      'booting',
      'young',
      'old',
    ]);
  });

  it('keeps every node with a worker, and stays between what is wanted and what is', () => {
    const machine = fc.record({
      workerPods: fc.nat(2),
      isDeleted: fc.boolean(),
      isLeaving: fc.boolean(),
    });
    const sizes = fc.tuple(fc.nat(12), fc.integer({ min: 1, max: 12 }));
    const law = fc.property(
      fc.array(machine, { maxLength: 12 }),
      sizes,
      (given, [wanted, more]) => {
        const sizeNow = wanted + more;
        const { size, going } = lower([sizeNow, wanted], given);
        const present = given.filter(({ isDeleted }) => !isDeleted);
        const busy = present.filter(({ workerPods }) => workerPods > 0).length;
        expect(size).toBeGreaterThanOrEqual(wanted);
        expect(size).toBeLessThanOrEqual(sizeNow);
        // Where the pool was sized below its workers before, nothing is taken in addition.
        expect(size).toBeGreaterThanOrEqual(Math.min(busy, sizeNow));
        expect(going).toHaveLength(Math.max(0, present.length - size));
        if (busy <= sizeNow)
          expect(going.every((each) => each.machine.workerPods === 0)).toBe(true);
      },
    );
    fc.assert(law, { seed: 7, numRuns: 500 });
  });
});
