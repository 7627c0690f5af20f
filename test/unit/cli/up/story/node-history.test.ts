import { describe, expect, it } from 'vitest';
import { NodeHistory } from '../../../../../services/cli/up/story/node-history.ts';
import { bootingPool, poolOf } from './pool.ts';

const none = new Set<string>();

describe('the history of nodes', () => {
  it('knows when a node was ordered, computed and left', () => {
    const nodes = new NodeHistory();
    nodes.look([poolOf('n-1')], none, 0);
    nodes.look([bootingPool('n-1', 'n-2')], none, 1000);
    expect(nodes.wasBootingAt(999)).toBe(false);
    expect(nodes.wasBootingAt(1000)).toBe(true);
    nodes.look([poolOf('n-1', 'n-2')], new Set(['n-1', 'n-2']), 21_500);
    expect(nodes.wasBootingAt(21_499)).toBe(true);
    expect(nodes.wasBootingAt(21_500)).toBe(false);
    expect([nodes.ordered(), nodes.loaded(), nodes.left()]).toEqual([1, 1, 0]);
    expect(nodes.bootsMs()).toEqual([20_500]);
    nodes.look([poolOf('n-1')], none, 60_000);
    expect(nodes.left()).toBe(1);
  });

  it('does not count the nodes that were there from the beginning, even when they leave', () => {
    const nodes = new NodeHistory();
    nodes.look([poolOf('n-1', 'n-2')], new Set(['n-1', 'n-2']), 0);
    nodes.look([poolOf('n-1')], new Set(['n-1']), 1000);
    expect([nodes.ordered(), nodes.loaded(), nodes.left()]).toEqual([0, 0, 0]);
  });

  it('does not count as left a node that never computed', () => {
    const nodes = new NodeHistory();
    nodes.look([], none, 0);
    nodes.look([bootingPool('n-1')], none, 1000);
    nodes.look([], none, 2000);
    expect([nodes.ordered(), nodes.loaded(), nodes.left()]).toEqual([1, 0, 0]);
    expect(nodes.wasBootingAt(2000)).toBe(false);
  });
});
