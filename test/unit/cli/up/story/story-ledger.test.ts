import { describe, expect, it } from 'vitest';
import { storyFacts } from '../../../../../services/cli/up/story/criteria.ts';
import { NodeHistory } from '../../../../../services/cli/up/story/node-history.ts';
import { StoryLedger } from '../../../../../services/cli/up/story/story-ledger.ts';
import type { LogLine } from '../../../../../services/local/processes/log-lines.ts';
import { resultOutcome } from '../outcome.ts';
import { bootingPool, poolOf } from './pool.ts';

const logged = (fields: Readonly<Record<string, unknown>>): LogLine => ({
  stream: 'stdout',
  text: '',
  fields,
});

describe('the ledger of the story', () => {
  it('counts the outcomes of its own chunks, and the first one says how they ended', () => {
    const ledger = new StoryLedger();
    ledger.expect('a', { priority: 'live', part: 'burst' });
    ledger.expect('b', { priority: 'bulk', part: 'steady' });
    expect(ledger.noteOutcome(resultOutcome({ id: 'a' }), 5000)).toBe(true);
    expect(ledger.noteOutcome(resultOutcome({ id: 'a', deadlineMet: false }), 6000)).toBe(true);
    expect(ledger.noteOutcome(resultOutcome({ id: 'somebody' }), 6000)).toBe(false);
    const facts = storyFacts(ledger, new NodeHistory());
    expect(facts).toMatchObject({
      submitted: 2,
      missing: 1,
      surplus: 1,
      burst: 1,
      burstOnTime: 1,
      live: 1,
      liveOnTime: 1,
    });
  });

  it('counts as spilled while nodes booted what was sent to a CPU worker at such a moment', () => {
    const ledger = new StoryLedger();
    const nodes = new NodeHistory();
    nodes.look([poolOf('n-1')], new Set(['n-1']), 0);
    nodes.look([bootingPool('n-1', 'n-2')], new Set(['n-1']), 10_000);
    nodes.look([poolOf('n-1', 'n-2')], new Set(['n-1', 'n-2']), 30_000);
    // Seen 720 ms after it was dispatched.
    for (const [id, seenAtMs] of Object.entries({
      before: 10_700,
      during: 10_800,
      end: 30_710,
      after: 30_730,
    })) {
      ledger.expect(id, { priority: 'live', part: 'burst' });
      ledger.noteOutcome(resultOutcome({ id, spilled: true }), seenAtMs);
    }
    expect(storyFacts(ledger, nodes)).toMatchObject({ spilled: 4, burstSpilledWhileBooting: 2 });
  });

  it('counts a chunk that two tries of any term started, and tries that missed their pace', () => {
    const ledger = new StoryLedger();
    const started = (assignment: string): void =>
      ledger.noteLog(logged({ event: 'chunk.started', assignment }));
    started('live/0/1@aaa.1');
    started('live/0/2@aaa.1');
    expect(ledger.computedTwice()).toBe(0);
    started('live/0/1@bbb.1');
    expect(ledger.computedTwice()).toBe(1);
    const assignment = 'live/0/1@aaa.1';
    ledger.noteLog(logged({ event: 'chunk.finished', assignment, paceMissed: true }));
    ledger.noteLog(logged({ event: 'chunk.finished', assignment }));
    ledger.noteLog({ stream: 'stderr', text: 'noise', fields: null });
    expect(ledger.pace()).toEqual({ missed: 1, tries: 2 });
  });
});
