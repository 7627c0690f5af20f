import { describe, expect, it } from 'vitest';
import { nodeViews } from '../../../../../services/cli/up/story/demo-nodes.ts';
import { happenings } from '../../../../../services/cli/up/story/happenings.ts';
import type { Look } from '../../../../../services/cli/up/story/happenings.ts';
import { noKnowledge } from '../../../../../services/cli/system-view/knowledge.ts';
import { viewOf } from '../../../../../services/cli/system-view/system-view.ts';
import type { Demand } from '../../../../../services/shared/chunk/demand.ts';
import { atMs, decisionTold, demandTold, directiveTold } from '../../told.ts';
import { bootingPool, poolOf } from './pool.ts';

function look(change: Partial<Look> & { readonly isOpen?: boolean } = {}): Look {
  const spill: Demand['spill'] = { isOpen: change.isOpen ?? false, verdicts: [] };
  return {
    view: viewOf(
      {
        ...noKnowledge(),
        demand: { value: demandTold({}, { spill }), atMs },
        directive: { value: directiveTold(), atMs },
      },
      atMs,
    ),
    decisions: [],
    nodes: [],
    ...change,
  };
}

describe('what happened', () => {
  it('is nothing where nothing changed', () => {
    const same = look({
      decisions: [decisionTold(40, 3)],
      nodes: nodeViews([poolOf('n-1')], new Set()),
    });
    expect(happenings(same, same)).toEqual([]);
  });

  it('is each phase of a node, with the time to the next one that matters, and its end', () => {
    const before = look({ nodes: nodeViews([poolOf('n-1')], new Set(['n-1'])) });
    const booting = look({ nodes: nodeViews([bootingPool('n-1', 'n-2')], new Set(['n-1'])) });
    expect(happenings(before, booting)).toEqual([
      'node     n-2  launched: its worker starts in 12 s',
    ]);
    const loaded = look({ nodes: nodeViews([poolOf('n-1', 'n-2')], new Set(['n-1', 'n-2'])) });
    expect(happenings(booting, loaded)).toEqual(['node     n-2  loaded: computes']);
    expect(happenings(loaded, before)).toEqual(['node     n-2  gone']);
  });

  it('is each decision that differs from the one before it, and not each tick', () => {
    const before = look({ decisions: [decisionTold(39, 1)] });
    const tick = look({ decisions: [decisionTold(39, 1), decisionTold(40, 1)] });
    expect(happenings(before, tick)).toEqual([]);
    const grown = look({ decisions: [decisionTold(39, 1), decisionTold(41, 3)] });
    expect(happenings(tick, grown)[0]).toMatch(/^decided {2}gpu-a: 1 → 3 nodes/);
    expect(happenings(null, before)[0]).toMatch(/^decided/);
  });

  it('is that spill opens, and why', () => {
    expect(happenings(look(), look({ isOpen: true }))).toEqual([
      expect.stringMatching(/^spill +spill is open; the scaler says open: ready and booting/),
    ]);
  });
});
