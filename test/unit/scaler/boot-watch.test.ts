import { describe, expect, it } from 'vitest';
import type { Observation, WorkerFacts } from '../../../services/policy/scaling/observation.ts';
import { createBootWatch, phaseOf } from '../../../services/scaler/boot-watch.ts';
import type { NodePhase, PoolNode } from '../../../services/shared/chunk/node-pools.ts';

const unknown = { kind: 'unknown' as const, cause: 'test' };

const nodeOf = (node: string, ages: Partial<Record<NodePhase, number>>): PoolNode => {
  const reached = (Object.entries(ages) as [NodePhase, number][]).map(([phase, agoMs]) => ({
    phase,
    agoMs,
  }));
  return { node, phase: reached.at(-1)?.phase ?? 'ordered', reached };
};
const workerOn = (node: string): WorkerFacts => ({
  worker: `on ${node}`,
  kind: 'gpu',
  pool: 'gpu',
  node,
  state: 'ready',
  emulated: true,
  slots: 1,
  speeds: [],
  models: [],
  inHandChunks: 0,
});
const seen = (nodes: readonly PoolNode[], loaded: readonly string[] = []): Observation => ({
  observedAtMs: 0,
  intake: unknown,
  demand: unknown,
  workers: { kind: 'known', value: loaded.map(workerOn) },
  pools: {
    gpu: {
      kind: 'known',
      value: { pool: 'gpu', nodesDesired: nodes.length, nodes, problem: null, pause: null },
    },
    blind: unknown,
  },
  operator: unknown,
});

describe('watching boots', () => {
  it('tells each phase of each node once, with the time since the order', () => {
    const watch = createBootWatch();
    expect(watch.look(seen([]))).toEqual([]);
    expect(watch.look(seen([nodeOf('a', { ordered: 1000 })]))).toEqual([]);
    const launched = seen([nodeOf('a', { ordered: 6000, launched: 2000 })]);
    expect(watch.look(launched)).toEqual([{ pool: 'gpu', phase: 'launched', afterMs: 4000 }]);
    expect(watch.look(launched)).toEqual([]);
    const loaded = seen([nodeOf('a', { ordered: 9000, launched: 5000, ready: 100 })], ['a']);
    expect(watch.look(loaded)).toEqual([
      { pool: 'gpu', phase: 'ready', afterMs: 8900 },
      { pool: 'gpu', phase: 'loaded', afterMs: 9000 },
    ]);
    expect(watch.look(loaded)).toEqual([]);
  });

  it('tells no phase again of a node that got another name', () => {
    const lookTwice = (orderedAgoMs: number): readonly unknown[] => {
      const watch = createBootWatch();
      watch.look(seen([]));
      watch.look(seen([nodeOf('claim', { ordered: 6000, launched: 2000 })]));
      return watch.look(
        seen([nodeOf('node', { ordered: orderedAgoMs, launched: 2000, ready: 0 })]),
      );
    };
    expect(lookTwice(6000)).toEqual([{ pool: 'gpu', phase: 'ready', afterMs: 6000 }]);
    // One of another order is another node.
    expect(lookTwice(9000)).toHaveLength(2);
  });

  it('counts nothing that had happened before the first look', () => {
    const watch = createBootWatch();
    const old = nodeOf('a', { ordered: 900_000, launched: 800_000 });
    expect(watch.look(seen([old], ['a']))).toEqual([]);
    expect(watch.look(seen([old], ['a']))).toEqual([]);
  });
});

describe('the phase in which a node counts', () => {
  it('is loaded when a ready worker on it says so, and never when it leaves', () => {
    const ready = nodeOf('a', { ordered: 2, ready: 1 });
    expect(phaseOf(seen([ready]), 'gpu', ready)).toBe('ready');
    expect(phaseOf(seen([ready], ['a']), 'gpu', ready)).toBe('loaded');
    expect(phaseOf(seen([ready], ['a']), 'other', ready)).toBe('ready');
    const leaving = nodeOf('a', { ordered: 2, leaving: 1 });
    expect(phaseOf(seen([leaving], ['a']), 'gpu', leaving)).toBe('leaving');
  });
});
