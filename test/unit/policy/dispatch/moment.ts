import { emptyDispatchMemory } from '../../../../services/policy/dispatch/memory.ts';
import type { DispatchMemory } from '../../../../services/policy/dispatch/memory.ts';
import type { DispatchObservation } from '../../../../services/policy/dispatch/observation.ts';
import { planDispatch } from '../../../../services/policy/dispatch/plan-dispatch.ts';
import type { DispatchPlan } from '../../../../services/policy/dispatch/plan-dispatch.ts';
import type { DispatchSettings } from '../../../../services/policy/dispatch/settings.ts';
import type { WaitingChunk } from '../../../../services/policy/dispatch/waiting-chunk.ts';
import type { WorkerLoad } from '../../../../services/policy/dispatch/worker-load.ts';

export const nowMs = 1_800_000_000_000;

export const settings: DispatchSettings = {
  laneHorizonMs: 2000,
  spillHorizonMs: 2000,
  otherWorkerWaitMs: 5000,
  pathMs: 0,
  floors: { standard: 0.1, bulk: 0.05 },
  overloadHoldMs: 30_000,
  marginFraction: { gpu: 0, cpu: 0.1 },
  unmeasuredSpeed: { gpu: 4, cpu: 1 },
};

/** A second of live video that is due in a minute. */
export const chunk = (key: string, changes: Partial<WaitingChunk> = {}): WaitingChunk => ({
  key,
  priority: 'live',
  model: null,
  mediaMs: 1000,
  deadlineAtMs: nowMs + 60_000,
  waitingSinceMs: nowMs,
  excludedWorkers: new Set(),
  isSuspect: false,
  mustGoFirst: false,
  ...changes,
});

export const dueIn = (afterMs: number): { readonly deadlineAtMs: number } => ({
  deadlineAtMs: nowMs + afterMs,
});

export const gpu = (name: string, changes: Partial<WorkerLoad> = {}): WorkerLoad => ({
  worker: name,
  kind: 'gpu',
  priorities: new Set(['live', 'standard', 'bulk']),
  models: new Set(['demo']),
  slots: 1,
  speed: 1,
  assignedChunks: 0,
  assignedMediaMs: 0,
  holdsSuspect: false,
  ...changes,
});

export const cpu = (name: string, changes: Partial<WorkerLoad> = {}): WorkerLoad =>
  gpu(name, { kind: 'cpu', ...changes });

/** A worker that starts nothing more within the horizon. */
export const busyFor = (ms: number): Partial<WorkerLoad> => ({
  assignedChunks: 1,
  assignedMediaMs: ms,
});

export const moment = (changes: Partial<DispatchObservation>): DispatchObservation => ({
  nowMs,
  waiting: [],
  workers: [],
  comingGpu: [],
  gate: 'open',
  spillMediaMsPerMinuteMax: null,
  ...changes,
});

export const planOf = (
  changes: Partial<DispatchObservation>,
  memory: DispatchMemory = emptyDispatchMemory(),
): DispatchPlan => planDispatch(moment(changes), memory, settings);

/** `a→w1 b→w2!`: what goes where, in order; `!` is spilled. */
export const placed = (
  changes: Partial<DispatchObservation>,
  memory: DispatchMemory = emptyDispatchMemory(),
): string =>
  planOf(changes, memory)
    .placements.map(({ key, worker, isSpilled }) => `${key}→${worker}${isSpilled ? '!' : ''}`)
    .join(' ');
