import { describe, expect, it } from 'vitest';
import { noKnowledge } from '../../../../services/cli/system-view/knowledge.ts';
import type { Knowledge } from '../../../../services/cli/system-view/knowledge.ts';
import { viewOf } from '../../../../services/cli/system-view/system-view.ts';
import { atMs, decisionTold, demandTold, directiveTold, heartbeatTold } from '../told.ts';

function known(change: Partial<Knowledge> = {}): Knowledge {
  const knowledge = noKnowledge();
  knowledge.lagChunks.set('live', 12);
  knowledge.workers.set('worker-1', { value: heartbeatTold(), atMs: atMs - 200 });
  return {
    ...knowledge,
    demand: { value: demandTold(), atMs: atMs - 500 },
    directive: { value: directiveTold(), atMs: atMs - 1000 },
    decisions: [decisionTold(39, 2), decisionTold(40, 3)],
    ...change,
  };
}

describe('the view of the system', () => {
  it('tells lag, age and where the chunks are, for each priority', () => {
    const [live, standard] = viewOf(known(), atMs).priorities;
    expect(live).toEqual({
      priority: 'live',
      lagChunks: 12,
      oldestAgeMs: 4200,
      waitingChunks: 8,
      gpuChunks: 3,
      cpuChunks: 1,
      onTimeFraction: 197 / 200,
      onTime: 197,
      late: 2,
      expired: 1,
      deadLetters: 1,
      spilledChunks: 20,
    });
    expect(standard).toMatchObject({ lagChunks: null, oldestAgeMs: null, waitingChunks: 0 });
  });

  it('tells what nobody has said from what is zero', () => {
    const view = viewOf(noKnowledge(), atMs);
    expect(view.priorities[0]).toMatchObject({
      lagChunks: null,
      waitingChunks: null,
      gpuChunks: null,
      onTimeFraction: null,
    });
    expect(view).toMatchObject({
      dispatcher: { state: 'never', term: null },
      scaler: { state: 'never', leader: null },
      workers: [],
      coming: [],
      spill: { isOpen: null, gate: null },
      decision: null,
    });
  });

  it('counts workers by kind and pool, and forgets those that are not heard any more', () => {
    const { workers } = known();
    const cpu = { kind: 'cpu', pool: 'local', emulated: false, node: null } as const;
    const told = {
      a: heartbeatTold({ worker: 'a', speeds: [{ model: 'm', speed: 2 }] }),
      b: heartbeatTold({ worker: 'b', state: 'loading', speeds: [] }),
      c: heartbeatTold({ worker: 'c', ...cpu, speeds: [] }),
    };
    for (const value of Object.values(told)) workers.set(value.worker, { value, atMs });
    workers.set('gone', { value: heartbeatTold({ worker: 'gone' }), atMs: atMs - 3100 });
    expect(viewOf(known({ workers }), atMs).workers).toEqual([
      {
        kind: 'gpu',
        pool: 'gpu-a',
        emulated: true,
        workers: { loading: 1, ready: 2, draining: 0 },
        slots: 4,
        inHandChunks: 0,
        slotSpeed: 3,
      },
      expect.objectContaining({ kind: 'cpu', pool: 'local', emulated: false, slotSpeed: null }),
    ]);
  });

  it('counts down to the capacity that comes, what is overdue first', () => {
    expect(viewOf(known(), atMs).coming).toEqual([
      { pool: 'gpu-a', slots: 1, inMs: 0 },
      { pool: 'gpu-a', slots: 2, inMs: 12_000 },
    ]);
  });

  it('promises nothing on the word of a scaler whose directive has expired', () => {
    const view = viewOf(known(), atMs + 9001);
    expect(view.scaler).toMatchObject({ state: 'silent', spokeAtMs: atMs - 1000 });
    expect(view.coming).toEqual([]);
    expect(view.spill).toMatchObject({ gate: null, gateReason: null });
  });

  it('says since when the dispatcher is silent', () => {
    expect(viewOf(known(), atMs).dispatcher.state).toBe('speaking');
    expect(viewOf(known(), atMs + 5000).dispatcher).toMatchObject({
      state: 'silent',
      spokeAtMs: atMs - 500,
    });
  });

  it('shows the newest decision', () => {
    expect(viewOf(known(), atMs).decision?.leader.sequence).toBe(40);
  });
});
