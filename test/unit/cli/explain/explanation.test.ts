import { describe, expect, it } from 'vitest';
import { explain, explanationLines } from '../../../../services/cli/explain/explanation.ts';
import { noKnowledge } from '../../../../services/cli/system-view/knowledge.ts';
import { viewOf } from '../../../../services/cli/system-view/system-view.ts';
import { recordedTerminal } from '../../../support/recorded-terminal.ts';
import { atMs, decisionTold, demandTold, directiveTold } from '../told.ts';

const { colours } = recordedTerminal();
const speaking = viewOf(
  {
    ...noKnowledge(),
    demand: { value: demandTold({ 'gpu-in-time': 8 }), atMs },
    directive: { value: directiveTold(), atMs: atMs - 1000 },
  },
  atMs,
);

describe('an explanation', () => {
  it('tells each decision in words, with its time and leader, and then the present', () => {
    const explanation = explain(speaking, [decisionTold(39, 2), decisionTold(40, 3)]);
    const lines = explanationLines(explanation, colours);
    expect(lines[0]).toBe('2023-11-14T22:13:17.000Z  3.0 s ago  term 2, tick 39');
    expect(lines.filter((line) => line.startsWith('  gpu-a: '))).toHaveLength(2);
    const now = lines.slice(lines.indexOf('now') + 1);
    expect(now[0]).toBe('  a scaler leads and spoke 1.0 s ago');
    expect(now[1]).toContain('spill is open');
    expect(now[2]).toContain('1 chunk is spilled because');
  });

  it('says who has never spoken', () => {
    const lines = explanationLines(explain(viewOf(noKnowledge(), atMs), []), colours);
    expect(lines.join('\n')).toContain('no scaler has ever spoken');
    expect(lines.join('\n')).toContain('no dispatcher has spoken');
  });

  it('says since when there is no scaler', () => {
    const silent = viewOf(
      { ...noKnowledge(), directive: { value: directiveTold(), atMs: atMs - 1000 } },
      atMs + 60_000,
    );
    expect(explain(silent, []).scaler).toBe(
      'no scaler has spoken for 61 s, since 2023-11-14T22:13:19.000Z: the number of nodes stays as it is',
    );
  });

  it('carries the decision itself for programs', () => {
    const [first] = explain(speaking, [decisionTold(40, 3)]).decisions;
    expect(first?.decision).toEqual(decisionTold(40, 3).decision);
    expect(first?.words.length).toBeGreaterThan(0);
  });
});
