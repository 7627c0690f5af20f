import { describe, expect, it } from 'vitest';
import {
  emptyDispatchMemory,
  rememberDispatched,
} from '../../../../services/policy/dispatch/memory.ts';
import { planDispatch } from '../../../../services/policy/dispatch/plan-dispatch.ts';
import type { DispatchSettings } from '../../../../services/policy/dispatch/settings.ts';
import type { WaitingChunk } from '../../../../services/policy/dispatch/waiting-chunk.ts';
import type { WorkerLoad } from '../../../../services/policy/dispatch/worker-load.ts';
import {
  busyFor,
  chunk,
  cpu,
  dueIn,
  gpu,
  moment,
  nowMs,
  placed,
  planOf,
  settings,
} from './moment.ts';

const many = (count: number, changes: Parameters<typeof chunk>[1] = {}) =>
  Array.from({ length: count }, (_, index) => chunk(`c${String(index).padStart(3, '0')}`, changes));

describe('binding chunks to workers', () => {
  it('gives a worker of unknown speed one chunk for each slot', () => {
    const workers = [gpu('w1', { speed: null }), gpu('w2', { speed: null, slots: 2 })];
    expect(placed({ waiting: many(4), workers })).toBe('c000→w1 c001→w2 c002→w2');
  });

  it('fills a worker of known speed up to the lane horizon', () => {
    expect(placed({ waiting: many(4), workers: [gpu('w1')] })).toBe('c000→w1 c001→w1 c002→w1');
  });

  it('chooses the worker that starts it first', () => {
    const busy = gpu('w1', { assignedChunks: 1, assignedMediaMs: 1500 });
    const quick = gpu('w2', { speed: 4, assignedChunks: 1, assignedMediaMs: 2000 });
    expect(placed({ waiting: [chunk('a')], workers: [busy, quick] })).toBe('a→w2');
  });

  it('leaves out workers that own no lane of the priority', () => {
    const workers = [gpu('w1', { priorities: new Set(['bulk']) })];
    expect(placed({ waiting: [chunk('a')], workers })).toBe('');
    expect(placed({ waiting: [chunk('a', { priority: 'bulk' })], workers })).toBe('a→w1');
  });

  it('asks a worker that serves the model, and any where none does', () => {
    const workers = [gpu('w0'), gpu('w1', { models: new Set(['other']) })];
    expect(placed({ waiting: [chunk('a', { model: 'other' })], workers })).toBe('a→w1');
    expect(placed({ waiting: [chunk('a', { model: 'unknown' })], workers })).toBe('a→w0');
  });

  it('lets no CPU worker refuse a model that a GPU worker may bring', () => {
    const waiting = [chunk('a', { model: 'large' })];
    const comingGpu = [{ atMs: nowMs + 20_000, slots: 1, slotSpeed: 1 }];
    expect(placed({ waiting, workers: [cpu('c1')], comingGpu })).toBe('');
    expect(placed({ waiting, workers: [cpu('c1')] })).toBe('a→c1');
  });

  it('spares a worker that failed on it, for as long as another one may come', () => {
    const failed = { excludedWorkers: new Set(['w1']) };
    const waiting = [chunk('a', failed)];
    expect(placed({ waiting, workers: [gpu('w1'), gpu('w2')] })).toBe('a→w2');
    expect(placed({ waiting, workers: [gpu('w1')] })).toBe('');
    const waited = [chunk('a', { ...failed, waitingSinceMs: nowMs - 5000 })];
    expect(placed({ waiting: waited, workers: [gpu('w1')] })).toBe('a→w1');
  });

  it('sends a suspect to an idle worker, and nothing after it', () => {
    const waiting = [chunk('a', { isSuspect: true }), chunk('b')];
    expect(placed({ waiting, workers: [gpu('w1', { slots: 4 })] })).toBe('a→w1');
  });

  it('gives nothing to a worker that holds a suspect', () => {
    const holding = gpu('w1', { slots: 4, assignedChunks: 1, holdsSuspect: true });
    expect(placed({ waiting: [chunk('a')], workers: [holding] })).toBe('');
  });

  it('keeps the least busy worker free for a suspect while none is idle', () => {
    const workers = [
      gpu('w1', { slots: 4, assignedChunks: 2 }),
      gpu('w2', { slots: 4, assignedChunks: 1 }),
    ];
    const waiting = [chunk('a', { isSuspect: true }), chunk('b')];
    expect(placed({ waiting, workers })).toBe('b→w1');
  });

  it('lets a chunk that finds no place pass others that do', () => {
    const stuck = chunk('a', { excludedWorkers: new Set(['w1']) });
    expect(placed({ waiting: [stuck, chunk('b')], workers: [gpu('w1')] })).toBe('b→w1');
  });
});

describe('the order of chunks', () => {
  const oneSlot = [gpu('w1', { speed: null })];

  it('is by the earliest deadline over all priorities while all can be met', () => {
    const waiting = [chunk('a'), chunk('b', { priority: 'bulk', ...dueIn(50_000) })];
    const { placements, order } = planOf({ waiting, workers: oneSlot });
    expect(placements[0]?.key).toBe('b');
    expect(order).toBe('earliest-deadline');
  });

  it('is by priority when not all can be met, and by deadline within it', () => {
    const waiting = [
      ...many(8, { priority: 'bulk', ...dueIn(5000) }),
      chunk('late', dueIn(6000)),
      chunk('early', dueIn(5500)),
    ];
    const { placements, order } = planOf({ waiting, workers: [gpu('w1')] });
    expect(order).toBe('strict-priority');
    expect(placements[0]?.key).toBe('early');
  });

  it('stays by priority until overload has been absent for a while', () => {
    const overload = { waiting: many(10, dueIn(5000)), workers: [gpu('w1')] };
    const { memory } = planOf(overload);
    const calm = { waiting: [], workers: [gpu('w1')] };
    const soon = planOf({ ...calm, nowMs: nowMs + 29_999 }, memory);
    expect(soon.order).toBe('strict-priority');
    expect(planOf({ ...calm, nowMs: nowMs + 30_000 }, soon.memory).order).toBe('earliest-deadline');
  });

  it('counts slots that are coming before it calls anything overload', () => {
    const waiting = many(20, dueIn(15_000));
    const comingGpu = [{ atMs: nowMs + 2000, slots: 4, slotSpeed: 1 }];
    expect(planOf({ waiting, workers: [gpu('w1')] }).order).toBe('strict-priority');
    expect(planOf({ waiting, workers: [gpu('w1')], comingGpu }).order).toBe('earliest-deadline');
  });

  it('begins with what its partition waits for, late as it may be', () => {
    const waiting = [chunk('a'), chunk('b', { mustGoFirst: true, ...dueIn(-1) })];
    expect(placed({ waiting, workers: oneSlot })).toBe('b→w1');
  });

  it('puts what nobody can finish in time after all that can be, into idle slots only', () => {
    const waiting = [chunk('a', dueIn(500)), chunk('b', dueIn(500)), chunk('c')];
    expect(placed({ waiting, workers: [gpu('w1')] })).toBe('c→w1');
    expect(placed({ waiting, workers: [gpu('w1', { slots: 2 })] })).toBe('c→w1 a→w1');
  });

  it('gives bulk its floor, be its work late, once its share of the last minute is too small', () => {
    const waiting = [...many(3), chunk('late', { priority: 'bulk', ...dueIn(-1000) })];
    const memory = {
      ...emptyDispatchMemory(),
      buckets: [
        {
          startAtMs: nowMs - 10_000,
          dispatchedMediaMs: { live: 20_000, standard: 0, bulk: 0 },
          spilledMediaMs: 0,
        },
      ],
    };
    expect(placed({ waiting, workers: oneSlot }, memory)).toBe('late→w1');
    const longAgo = { waiting, workers: oneSlot, nowMs: nowMs + 50_000 };
    expect(placed(longAgo, memory)).toBe('c000→w1');
  });
});

describe('spilling to CPU workers', () => {
  const busyGpu = gpu('w1', busyFor(10_000));

  it('leaves to the GPU what it will have done in time', () => {
    const workers = [busyGpu, cpu('c1')];
    expect(placed({ waiting: [chunk('a', dueIn(12_500))], workers })).toBe('');
  });

  it('takes the first that the GPU would finish too late and a CPU worker in time', () => {
    const waiting = [chunk('a', dueIn(1050)), chunk('b', dueIn(1200)), chunk('c', dueIn(1300))];
    expect(placed({ waiting, workers: [busyGpu, cpu('c1', { speed: null })] })).toBe('b→c1!');
  });

  it('counts all that the GPU does before it', () => {
    const waiting = many(6, dueIn(5500));
    // Three are bound, a fourth is surely done in time after them; of the rest that is not sure.
    expect(placed({ waiting, workers: [gpu('w1'), cpu('c1', { speed: null })] })).toBe(
      'c000→w1 c001→w1 c002→w1 c004→c1!',
    );
  });

  it('leaves an eighth of the CPU slots to what is more urgent, while such work is about', () => {
    const patient = many(8, { priority: 'standard', ...dueIn(9000) });
    const workers = [busyGpu, cpu('c1', { slots: 8, speed: null })];
    const spilled = (waiting: readonly WaitingChunk[], memory = emptyDispatchMemory()): string[] =>
      planOf({ waiting, workers }, memory).placements.map(({ key }) => key);
    const dispatchedMediaMs = { live: 1000, standard: 9000, bulk: 0 };
    const urgentIsAbout = {
      ...emptyDispatchMemory(),
      buckets: rememberDispatched([], nowMs, { dispatchedMediaMs, spilledMediaMs: 0 }),
    };
    expect(spilled(patient)).toHaveLength(8);
    expect(spilled(patient, urgentIsAbout)).toHaveLength(7);
    const impatient = many(8, { priority: 'standard', ...dueIn(2000) });
    expect(spilled(impatient, urgentIsAbout)).toHaveLength(8);
    const withUrgent = [...patient, chunk('urgent', dueIn(3000))];
    expect(spilled(withUrgent, urgentIsAbout)).toContain('urgent');
    expect(spilled(withUrgent, urgentIsAbout)).toHaveLength(7);
  });

  it('is bound to a CPU lane only shortly before its start, while there are GPU workers', () => {
    const waiting = many(4, dueIn(9000));
    const onCpu = cpu('c1', { speed: 1 });
    const spillHorizonMs = 500;
    const boundTo = (workers: readonly WorkerLoad[]): number =>
      planDispatch(moment({ waiting, workers }), emptyDispatchMemory(), {
        ...settings,
        spillHorizonMs,
      }).placements.length;
    expect(boundTo([busyGpu, onCpu])).toBe(1);
    expect(boundTo([onCpu])).toBe(2);
  });

  it('takes what a GPU worker would finish within its margin only', () => {
    const waiting = [chunk('a', { mediaMs: 10_000, ...dueIn(10_500) })];
    const workers = [gpu('w1'), cpu('c1', { speed: 2 })];
    const wary = { ...settings, marginFraction: { gpu: 0.1, cpu: 0.1 } };
    const worker = (by: DispatchSettings): string | undefined =>
      planDispatch(moment({ waiting, workers }), emptyDispatchMemory(), by).placements[0]?.worker;
    expect(worker(settings)).toBe('w1');
    expect(worker(wary)).toBe('c1');
  });

  it('counts GPU slots from the moment at which they come', () => {
    const waiting = [chunk('a', dueIn(10_000))];
    const coming = (afterMs: number) => [{ atMs: nowMs + afterMs, slots: 1, slotSpeed: 1 }];
    const workers = [cpu('c1')];
    expect(placed({ waiting, workers, comingGpu: coming(8000) })).toBe('');
    expect(placed({ waiting, workers, comingGpu: coming(12_000) })).toBe('a→c1!');
  });

  it('is nothing while the gate is shut', () => {
    const waiting = [chunk('a', dueIn(5000))];
    expect(placed({ waiting, workers: [busyGpu, cpu('c1')], gate: 'shut' })).toBe('');
  });

  it('keeps within what may be spilled in a minute', () => {
    const waiting = many(4, dueIn(5000));
    const workers = [busyGpu, cpu('c1'), cpu('c2')];
    const limited = { waiting, workers, spillMediaMsPerMinuteMax: 2500 };
    const first = planOf(limited);
    expect(first.placements.map(({ worker }) => worker)).toEqual(['c1', 'c2']);
    expect(planOf(limited, first.memory).placements).toEqual([]);
    const later = { ...limited, waiting: many(1, dueIn(75_000)), nowMs: nowMs + 70_000 };
    const busy = [gpu('w1', busyFor(70_000)), cpu('c1')];
    expect(planOf({ ...later, workers: busy }, first.memory).placements).toHaveLength(1);
  });

  it('takes nothing that is late while a GPU worker is ready for it', () => {
    const waiting = [chunk('a', dueIn(-1))];
    expect(placed({ waiting, workers: [busyGpu, cpu('c1')] })).toBe('');
  });

  it('is not what CPU workers do where there is no GPU: they do everything, late work last', () => {
    const waiting = [chunk('a', dueIn(-1)), chunk('b'), chunk('c', dueIn(-2))];
    expect(placed({ waiting, workers: [cpu('c1', { slots: 2 })] })).toBe('b→c1 c→c1');
  });

  it('lets a chunk that nobody can finish in time hold up none behind it', () => {
    const waiting = [
      chunk('hopeless', { mediaMs: 60_000, ...dueIn(2000) }),
      chunk('b', dueIn(4000)),
    ];
    expect(placed({ waiting, workers: [busyGpu, cpu('c1')] })).toBe('b→c1!');
  });
});

describe('a moment with nothing to do', () => {
  it('is planned without a look at what waits when nobody has room', () => {
    const unreadable = new Proxy(chunk('a'), {
      get: () => {
        throw new Error('was looked at');
      },
    });
    const full = gpu('w1', busyFor(10_000));
    expect(planOf({ waiting: [unreadable], workers: [full] }).placements).toEqual([]);
    expect(() => planOf({ waiting: [unreadable], workers: [gpu('w1')] })).toThrow('was looked at');
  });

  it('is planned without workers, and without work', () => {
    expect(planOf({ waiting: [chunk('a')] }).placements).toEqual([]);
    expect(planOf({ workers: [gpu('w1')] }).placements).toEqual([]);
  });
});
