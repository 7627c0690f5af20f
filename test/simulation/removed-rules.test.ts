import { describe, expect, it } from 'vitest';
import { drawOptions } from '../support/protocol-world/options.ts';
import type { PlannedChunk, WorldOptions } from '../support/protocol-world/options.ts';
import * as removed from '../support/protocol-world/removed-rules.ts';
import { runWorld } from '../support/protocol-world/run-world.ts';
import type { Sabotage } from '../support/protocol-world/sabotage.ts';

/** One rule, a run that needs it, and what goes wrong there without it. */
interface Control {
  readonly rule: string;
  readonly options: WorldOptions;
  readonly without: Sabotage;
  readonly noticed: string;
}

const chunk: PlannedChunk = {
  atMs: 9000,
  id: 'twin',
  priority: 'live',
  nature: 'healthy',
  computeMs: 200,
  saysDuration: true,
  producer: 'plain',
};

/** A chunk is settled while the stand-by reads no outcomes; it takes over, and the twin comes. */
const twinAfterTakeOver: WorldOptions = {
  ...drawOptions(1),
  workers: [{ kind: 'gpu', slots: 1 }],
  dispatchers: 2,
  chunks: [chunk, { ...chunk, atMs: 20_500, priority: 'bulk' }],
  faults: [{ kind: 'take-over-without-outcomes', atMs: 8000, target: 0, durationMs: 11_000 }],
};

const controls: readonly Control[] = [
  {
    rule: 'one transactional id that shuts the former dispatcher out',
    options: drawOptions(28),
    without: removed.withoutFencing,
    noticed: 'two-outcomes',
  },
  {
    rule: 'one transaction for outcomes and progress',
    options: drawOptions(19),
    without: removed.withoutOneTransaction,
    noticed: 'two-outcomes',
  },
  {
    rule: 'sending only while the group is known to agree',
    options: drawOptions(36),
    without: removed.withoutLease,
    noticed: 'sent-without-ownership',
  },
  {
    rule: 'the set that is settled above the offset',
    options: drawOptions(9),
    without: removed.withoutSettledAbove,
    noticed: 'two-outcomes',
  },
  {
    rule: 'failed tries that outlive a term',
    options: drawOptions(5),
    without: removed.withoutCommittedAttempts,
    noticed: 'poison-beyond-bound',
  },
  {
    rule: 'reading done before dispatching',
    options: drawOptions(4),
    without: removed.withoutReadingDone,
    noticed: 'done-computed-again',
  },
  {
    rule: 'reading the outcomes before telling duplicates',
    options: twinAfterTakeOver,
    without: removed.withoutReadingOutcomes,
    noticed: 'duplicate-accepted',
  },
  {
    rule: 'listing a chunk before starting it',
    options: drawOptions(1),
    without: removed.withoutListing,
    noticed: 'running-sent-again',
  },
  {
    rule: 'repeating a word to done until it is taken',
    options: drawOptions(6),
    without: removed.withoutRepeatingDone,
    noticed: 'poison-beyond-bound',
  },
  {
    rule: 'committing a lane record when it is taken',
    options: drawOptions(1),
    without: removed.withoutCommitOnTaking(),
    noticed: 'assignment-twice',
  },
  {
    rule: 'counting silence in watched time only',
    options: drawOptions(1),
    without: removed.withoutWatchedTime,
    noticed: 'running-sent-again',
  },
];

describe('the checks of the simulation', () => {
  it.each(controls)('notice the absence of $rule', async ({ options, without, noticed }) => {
    const intact = await runWorld(options);
    const broken = await runWorld(options, without);
    expect(intact.violations).toEqual([]);
    expect(broken.violations.map(({ kind }) => kind)).toContain(noticed);
  });
});
