import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { followMachines } from '../../../../../services/scaler/pools/kubernetes/follow-machines.ts';
import { seenPhases } from '../../../../../services/scaler/pools/kubernetes/machines.ts';
import type { Machine } from '../../../../../services/scaler/pools/kubernetes/machines.ts';
import { emptyBook } from '../../../../../services/scaler/pools/kubernetes/pool-book.ts';
import { nodesOf } from '../../../../../services/scaler/pools/kubernetes/pool-nodes.ts';

interface Step {
  readonly elapsedMs: number;
  readonly nodesDesired: number;
  /** Of four machines that there may be: how far each one is; 0: it is not there. */
  readonly phases: readonly number[];
  readonly deleted: readonly boolean[];
  /** By how much the server's clock is off for each. */
  readonly skewsMs: readonly number[];
}

const wallAtMs = 1_795_000_000_000;
const four = <Value>(one: fc.Arbitrary<Value>) => fc.array(one, { minLength: 4, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.record({
  elapsedMs: fc.nat(20_000),
  nodesDesired: fc.nat(5),
  phases: four(fc.nat(5)),
  deleted: four(fc.boolean()),
  skewsMs: four(fc.integer({ min: -100_000, max: 100_000 })),
});

function machinesOf({ phases, deleted, skewsMs }: Step, nowMs: number): readonly Machine[] {
  return phases.flatMap((count, index): Machine[] => {
    if (count === 0) return [];
    const atMs = wallAtMs + nowMs + (skewsMs[index] ?? 0);
    const hasNode = count >= 3;
    return [
      {
        keys: [`claim/${index}`, ...(hasNode ? [`node/${index}`] : [])],
        claim: `c${index}`,
        node: hasNode ? `n${index}` : null,
        reached: new Map(
          seenPhases
            .slice(0, count)
            .map((phase, order) => [phase, { atMs: order % 2 === 0 ? atMs : null }]),
        ),
        leaving: deleted[index] === true ? 'test' : null,
        isDeleted: deleted[index] === true,
        isReady: hasNode ? count >= 4 : null,
        problem: null,
        workerPods: 0,
        claimAnnotations: {},
      },
    ];
  });
}

describe('machines that are followed from look to look', () => {
  it('are listed once, fill the size, and have ages in the order of their phases', () => {
    const law = fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let book = emptyBook;
      let nowMs = 0;
      for (const each of steps) {
        nowMs += each.elapsedMs;
        const machines = machinesOf(each, nowMs);
        const { nodesDesired } = each;
        const look = { pool: 'gpu', nodesDesired, machines, nowMs, raisedAtMs: null };
        book = followMachines(book, { ...look, wallMs: wallAtMs + nowMs });
        const nodes = nodesOf(book, nowMs);
        const names = nodes.map(({ node }) => node);
        expect(new Set(names).size).toBe(names.length);
        const present = machines.filter(({ isDeleted }) => !isDeleted).length;
        const going = machines.filter((one) => one.isDeleted && one.reached.size > 1).length;
        expect(nodes).toHaveLength(Math.max(nodesDesired, present) + going);
        for (const { reached } of nodes) {
          const ages = reached.map(({ agoMs }) => agoMs);
          expect(ages.every((age) => age >= 0)).toBe(true);
          const onTheWay = reached.filter(({ phase }) => phase !== 'leaving');
          const falling = onTheWay.map(({ agoMs }) => agoMs);
          expect(falling).toEqual(falling.toSorted((a, b) => b - a));
        }
      }
    });
    fc.assert(law, { seed: 11, numRuns: 200 });
  });

  it('grow older by the time between two looks, whatever name they have', () => {
    const base: Step = {
      elapsedMs: 0,
      nodesDesired: 1,
      phases: [1, 0, 0, 0],
      deleted: [false],
      skewsMs: [0],
    };
    let book = emptyBook;
    const ordered: number[] = [];
    for (const [index, phase] of [0, 1, 2, 3, 4, 5].entries()) {
      const nowMs = index * 1000;
      const machines = machinesOf({ ...base, phases: [phase] }, nowMs);
      const look = { pool: 'gpu', nodesDesired: 1, machines, nowMs, raisedAtMs: null };
      book = followMachines(book, { ...look, wallMs: wallAtMs + nowMs });
      ordered.push(nodesOf(book, nowMs)[0]?.reached[0]?.agoMs ?? -1);
    }
    expect(ordered).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
  });
});
