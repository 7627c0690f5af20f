import { describe, expect, it } from 'vitest';
import { placeChunks } from '../../../services/policy/dispatch/place-chunks.ts';
import type { WaitingChunk, WorkerLoad } from '../../../services/policy/dispatch/place-chunks.ts';

const settings = { laneHorizonMs: 2000, otherWorkerWaitMs: 5000 };

const chunk = (key: string, changes: Partial<WaitingChunk> = {}): WaitingChunk => ({
  key,
  priority: 'live',
  model: null,
  mediaMs: 1000,
  waitedMs: 0,
  excludedWorkers: new Set(),
  isSuspect: false,
  ...changes,
});

const worker = (name: string, changes: Partial<WorkerLoad> = {}): WorkerLoad => ({
  worker: name,
  priorities: new Set(['live', 'standard', 'bulk']),
  models: new Set(['demo']),
  slots: 1,
  speed: null,
  assignedChunks: 0,
  assignedMediaMs: 0,
  holdsSuspect: false,
  ...changes,
});

/** `a→w1 b→w2`: what goes where, in order. */
const placed = (waiting: readonly WaitingChunk[], workers: readonly WorkerLoad[]): string =>
  placeChunks(waiting, workers, settings)
    .map((placement) => `${placement.key}→${placement.worker}`)
    .join(' ');

describe('placing chunks', () => {
  it('gives a worker of unknown speed one chunk for each slot', () => {
    const waiting = ['a', 'b', 'c', 'd'].map((key) => chunk(key));
    expect(placed(waiting, [worker('w1'), worker('w2', { slots: 2 })])).toBe('a→w1 b→w2 c→w2');
  });

  it('fills a worker of known speed up to the lane horizon', () => {
    const waiting = ['a', 'b', 'c', 'd'].map((key) => chunk(key));
    expect(placed(waiting, [worker('w1', { speed: 1 })])).toBe('a→w1 b→w1 c→w1');
  });

  it('chooses the worker that starts it first', () => {
    const busy = worker('w1', { speed: 1, assignedChunks: 1, assignedMediaMs: 1500 });
    const quick = worker('w2', { speed: 4, assignedChunks: 1, assignedMediaMs: 2000 });
    expect(placed([chunk('a')], [busy, quick])).toBe('a→w2');
  });

  it('leaves out workers that own no lane of the priority', () => {
    const bulkOnly = worker('w1', { priorities: new Set(['bulk']) });
    expect(placed([chunk('a')], [bulkOnly])).toBe('');
    expect(placed([chunk('a', { priority: 'bulk' })], [bulkOnly])).toBe('a→w1');
  });

  it('prefers a worker that serves the model, and asks any where none does', () => {
    const other = worker('w1', { models: new Set(['other']) });
    const asks = chunk('a', { model: 'other' });
    expect(placed([asks], [worker('w0'), other])).toBe('a→w1');
    expect(placed([chunk('a', { model: 'unknown' })], [worker('w0'), other])).toBe('a→w0');
  });

  it('spares a worker that failed on it, for as long as another one may come', () => {
    const failed = { excludedWorkers: new Set(['w1']) };
    expect(placed([chunk('a', failed)], [worker('w1'), worker('w2')])).toBe('a→w2');
    expect(placed([chunk('a', failed)], [worker('w1')])).toBe('');
    expect(placed([chunk('a', { ...failed, waitedMs: 5000 })], [worker('w1')])).toBe('a→w1');
  });

  it('sends a suspect to an idle worker, and nothing after it', () => {
    const waiting = [chunk('a', { isSuspect: true }), chunk('b')];
    expect(placed(waiting, [worker('w1', { slots: 4 })])).toBe('a→w1');
  });

  it('gives nothing to a worker that holds a suspect', () => {
    const holding = worker('w1', { slots: 4, assignedChunks: 1, holdsSuspect: true });
    expect(placed([chunk('a')], [holding])).toBe('');
  });

  it('keeps the least busy worker free for a suspect while none is idle', () => {
    const workers = [
      worker('w1', { slots: 4, assignedChunks: 2 }),
      worker('w2', { slots: 4, assignedChunks: 1 }),
    ];
    const waiting = [chunk('a', { isSuspect: true }), chunk('b')];
    expect(placed(waiting, workers)).toBe('b→w1');
  });

  it('lets a chunk that finds no place pass others that do', () => {
    const stuck = chunk('a', { excludedWorkers: new Set(['w1']) });
    expect(placed([stuck, chunk('b')], [worker('w1')])).toBe('b→w1');
  });
});
