import { describe, expect, it } from 'vitest';
import { drawOptions } from '../support/protocol-world/options.ts';
import type { PlannedChunk, WorldOptions } from '../support/protocol-world/options.ts';
import * as removed from '../support/protocol-world/removed-rules.ts';
import { runWorld } from '../support/protocol-world/run-world.ts';
import type { Sabotage } from '../support/protocol-world/sabotage.ts';

/** One rule, a run that needs it, and what goes wrong there without it. */
interface Control {
  readonly rule: string;
  /** Runs to try, in this order, until one needs the rule. */
  readonly runs: Iterable<WorldOptions>;
  readonly without: () => Sabotage;
  readonly noticed: string;
}

const chunk: PlannedChunk = {
  atMs: 9000,
  id: 'twin',
  priority: 'live',
  nature: 'healthy',
  computeMs: 200,
  saysDuration: true,
  dueAfterMs: null,
  producer: 'plain',
};

/** A chunk is settled while the stand-by reads no outcomes; it takes over, and the twin comes. */
const twinAfterTakeOver: WorldOptions = {
  ...drawOptions(1),
  workers: [{ kind: 'gpu', slots: 1 }],
  dispatchers: 2,
  late: { live: 'last', standard: 'last', bulk: 'last' },
  directives: [],
  chunks: [chunk, { ...chunk, atMs: 20_500, priority: 'bulk' }],
  faults: [{ kind: 'take-over-without-outcomes', atMs: 8000, target: 0, durationMs: 11_000 }],
};

/** From a seed that needed the rule once: which ones do shifts with each change of the policy. */
function* seedsFrom(first: number): Iterable<WorldOptions> {
  for (let seed = first; seed < first + 100; seed += 1) yield drawOptions(seed);
}

/** More live work than the GPU can do in time, an idle CPU worker, and an operator who wants no spill. */
const burstAtShutGate: WorldOptions = {
  ...twinAfterTakeOver,
  workers: [
    { kind: 'gpu', slots: 1 },
    { kind: 'cpu', slots: 2 },
  ],
  chunks: Array.from({ length: 20 }, (_, number) => ({
    ...chunk,
    atMs: 12_000 + 100 * number,
    id: `chunk-${number}`,
    computeMs: 1500,
    dueAfterMs: 9000,
  })),
  directives: [
    {
      atMs: 1000,
      lastsMs: 60_000,
      term: 1,
      sequence: 1,
      rule: 'operator',
      slotsReady: 1,
      slotsComing: 0,
    },
  ],
  faults: [],
};

const controls: readonly Control[] = [
  {
    rule: 'one transactional id that shuts the former dispatcher out',
    runs: seedsFrom(6),
    without: () => removed.withoutFencing,
    noticed: 'two-outcomes',
  },
  {
    rule: 'one transaction for outcomes and progress',
    runs: seedsFrom(23),
    without: () => removed.withoutOneTransaction,
    noticed: 'two-outcomes',
  },
  {
    rule: 'sending only while the group is known to agree',
    runs: seedsFrom(80),
    without: () => removed.withoutLease,
    noticed: 'sent-without-ownership',
  },
  {
    rule: 'the set that is settled above the offset',
    runs: seedsFrom(3),
    without: () => removed.withoutSettledAbove,
    noticed: 'two-outcomes',
  },
  {
    rule: 'failed tries that outlive a term',
    runs: seedsFrom(59),
    without: () => removed.withoutCommittedAttempts,
    noticed: 'poison-beyond-bound',
  },
  {
    rule: 'reading done before dispatching',
    runs: seedsFrom(3),
    without: () => removed.withoutReadingDone,
    noticed: 'done-computed-again',
  },
  {
    rule: 'reading the outcomes before telling duplicates',
    runs: [twinAfterTakeOver],
    without: () => removed.withoutReadingOutcomes,
    noticed: 'duplicate-accepted',
  },
  {
    rule: 'listing a chunk before starting it',
    runs: seedsFrom(2),
    without: () => removed.withoutListing,
    noticed: 'running-sent-again',
  },
  {
    rule: 'repeating a word to done until it is taken',
    runs: seedsFrom(9),
    without: () => removed.withoutRepeatingDone,
    noticed: 'poison-beyond-bound',
  },
  {
    rule: 'committing a lane record when it is taken',
    runs: seedsFrom(1),
    without: () => removed.withoutCommitOnTaking(),
    noticed: 'assignment-twice',
  },
  {
    rule: 'counting silence in watched time only',
    runs: seedsFrom(3),
    without: () => removed.withoutWatchedTime,
    noticed: 'running-sent-again',
  },
  {
    rule: 'listening to the scaler',
    runs: [burstAtShutGate],
    without: () => removed.withoutDirective,
    noticed: 'spilled-through-gate',
  },
];

describe('the checks of the simulation', () => {
  it.each(controls)('notice the absence of $rule', async ({ runs, without, noticed }) => {
    let isNoticed = false;
    for (const options of runs) {
      const { violations } = await runWorld(options, without());
      isNoticed = violations.some(({ kind }) => kind === noticed);
      if (!isNoticed) continue;
      console.log(`noticed with seed ${options.seed}`);
      expect((await runWorld(options)).violations).toEqual([]);
      break;
    }
    expect(isNoticed).toBe(true);
  });
});
