import { describe, expect, it } from 'vitest';
import { noKnowledge } from '../../../../../services/cli/system-view/knowledge.ts';
import { viewOf } from '../../../../../services/cli/system-view/system-view.ts';
import { loadedNodes, nodeViews } from '../../../../../services/cli/up/story/demo-nodes.ts';
import { screenLine, screenLines } from '../../../../../services/cli/up/story/story-screen.ts';
import { recordedTerminal } from '../../../../support/recorded-terminal.ts';
import { atMs, demandTold, directiveTold, heartbeatTold } from '../../told.ts';
import { bootingPool } from './pool.ts';

describe('the screen of the story', () => {
  const knowledge = {
    ...noKnowledge(),
    demand: { value: demandTold(), atMs },
    directive: { value: directiveTold(), atMs },
  };
  knowledge.lagChunks.set('live', 12);
  knowledge.workers.set('w', { value: heartbeatTold({ node: 'n-1' }), atMs });
  const pools = [{ ...bootingPool('n-1', 'n-2'), nodePaidMs: 60_000 }];
  const screen = {
    view: viewOf(knowledge, atMs),
    nodes: nodeViews(pools, loadedNodes(knowledge, atMs)),
    pools,
    phase: 'burst',
    upMs: 60_000,
  };

  it('shows the nodes by phase with their countdowns, the cost, and that workers are emulated', () => {
    const lines = screenLines(screen, recordedTerminal().colours);
    expect(lines[0]).toBe('up 60 s  burst  (workers are emulated)');
    expect(lines).toContain('nodes    n-1  loaded: computes');
    expect(lines).toContain('         n-2  launched: its worker starts in 12 s');
    expect(lines.at(-1)).toBe(
      'cost     0.050 (0.0167 node-hours at 3 an hour); 4 nodes always on: 0.200, so 75 % are saved',
    );
  });

  it('fits into one line where nobody watches', () => {
    expect(screenLine(screen)).toBe(
      'up 60 s  burst  lag live 12, oldest 4.2 s; standard unknown; bulk unknown' +
        '  nodes 1 loaded, 1 booting  spilled 20  (emulated)',
    );
  });

  it('does not take a worker for loaded that was not heard for long, or loads its model', () => {
    expect(loadedNodes(knowledge, atMs + 3100).size).toBe(0);
    const workers = new Map([['w', { value: heartbeatTold({ state: 'loading' }), atMs }]]);
    expect(loadedNodes({ ...knowledge, workers }, atMs).size).toBe(0);
  });
});
