import { describe, expect, it } from 'vitest';
import { createProgress, noteOutcome } from '../../../../../services/cli/up/progress.ts';
import { NodeHistory } from '../../../../../services/cli/up/story/node-history.ts';
import { StoryLedger } from '../../../../../services/cli/up/story/story-ledger.ts';
import { summarize, summaryLines } from '../../../../../services/cli/up/story/summary.ts';
import type { Summary } from '../../../../../services/cli/up/story/summary.ts';
import { recordedTerminal } from '../../../../support/recorded-terminal.ts';
import { resultOutcome } from '../outcome.ts';
import { bootingPool, poolOf } from './pool.ts';

const { colours } = recordedTerminal();

/** A story of two chunks that went well, but for what `change` breaks. */
function playedStory(
  change: { readonly isLate?: boolean; readonly missed?: boolean } = {},
): Summary {
  const [ledger, nodes, progress] = [new StoryLedger(), new NodeHistory(), createProgress()];
  nodes.look([poolOf('n-1')], new Set(['n-1']), 0);
  nodes.look([bootingPool('n-1', 'n-2')], new Set(['n-1']), 1000);
  nodes.look([poolOf('n-1', 'n-2')], new Set(['n-1', 'n-2']), 21_000);
  nodes.look([poolOf('n-1')], new Set(['n-1']), 60_000);
  for (const [id, spilled] of Object.entries({ a: true, b: false })) {
    const outcome = resultOutcome({ id, spilled, deadlineMet: change.isLate !== true });
    ledger.expect(id, { priority: 'live', part: 'burst' });
    ledger.noteOutcome(outcome, 10_000);
    noteOutcome(progress, outcome);
    const assignment = `live/0/${spilled ? 0 : 1}@k3x.1`;
    const paceMissed = change.missed === true;
    for (const event of ['chunk.started', 'chunk.finished']) {
      const fields = { event, assignment, ...(paceMissed ? { paceMissed } : {}) };
      ledger.noteLog({ stream: 'stdout', text: '', fields });
    }
  }
  return summarize({
    ledger,
    nodes,
    progress,
    pools: [{ ...poolOf('n-1'), nodePaidMs: 90_000 }],
    parts: { spill: true, scaler: true },
    playedMs: 61_000,
    upMs: 75_000,
  });
}

describe('the summary of the story', () => {
  it('is well when every criterion holds, and says that workers were emulated', () => {
    const summary = playedStory();
    expect(summary).toMatchObject({ isWell: true, emulated: true });
    expect(summary.criteria.map(({ holds }) => holds)).not.toContain(false);
    expect(summary.chunks).toEqual([
      {
        part: 'burst',
        priority: 'live',
        submitted: 2,
        onTime: 2,
        late: 0,
        spilled: 1,
        expired: 0,
        deadLetters: 0,
      },
    ]);
    const text = summaryLines(summary, colours).join('\n');
    expect(text).toMatch(/emulated.*Real GPUs change/);
    expect(text).toMatch(/^holds {2}at least 99 % of live on time: 100\.0 % \(2 of 2\)$/m);
    expect(text).not.toContain('FAILS');
  });

  it('is not well when one criterion fails, and names it', () => {
    const summary = playedStory({ isLate: true });
    expect(summary.isWell).toBe(false);
    expect(summaryLines(summary, colours).join('\n')).toMatch(
      /^FAILS {2}at least 99 % of live on time: 0\.0 % \(0 of 2\)$/m,
    );
  });

  it('says that the machine is too slow when the pace was missed', () => {
    const summary = playedStory({ missed: true });
    expect(summary.isWell).toBe(false);
    expect(summaryLines(summary, colours).at(-1)).toBe('machine too slow for this demo');
  });

  it('compares the cost with nodes that are always on', () => {
    const { nodes } = playedStory();
    expect(nodes).toMatchObject({ bootSeconds: [20], nodeHours: 0.025, cost: 0.075 });
    expect(nodes.alwaysOnCost).toBeCloseTo((4 * 75 * nodes.pricePerHour) / 3600, 4);
    const text = summaryLines(playedStory(), colours).join('\n');
    expect(text).toContain('4 nodes always on: 0.250, so 70 % are saved');
  });
});
