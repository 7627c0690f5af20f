import { emptyDispatchMemory } from '../../services/policy/dispatch/memory.ts';
import type { DispatchObservation } from '../../services/policy/dispatch/observation.ts';
import { planDispatch } from '../../services/policy/dispatch/plan-dispatch.ts';
import type { DispatchSettings } from '../../services/policy/dispatch/settings.ts';
import type { WaitingChunk } from '../../services/policy/dispatch/waiting-chunk.ts';
import type { WorkerLoad } from '../../services/policy/dispatch/worker-load.ts';
import { seededRandom } from '../../services/shared/clock/manual.ts';
import { systemClock } from '../../services/shared/clock/system.ts';
import { priorities } from '../../services/shared/chunk/words.ts';

/** How long one pass takes, in milliseconds. */
export interface PassTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface DispatchPassTimes {
  readonly seed: number;
  readonly waitingChunks: number;
  readonly workers: number;
  /** Bursts that come in any order, with room at some workers: more due than they can do. */
  readonly unsorted: PassTimes;
  /** The same by deadline. */
  readonly sorted: PassTimes;
  /** All in time on the GPU, while CPU workers have room that nothing may use. */
  readonly calm: PassTimes;
  /** Nobody has room. */
  readonly full: PassTimes;
}

const seed = 20_261_205;
const waitingChunks = 10_000;
const gpuWorkers = 150;
const cpuWorkers = 50;
const warmUpPasses = 100;
const measuredPasses = 1000;
const objectiveMs = { live: 30_000, standard: 120_000, bulk: 1_800_000 };
const nowMs = 1_800_000_000_000;

const settings: DispatchSettings = {
  laneHorizonMs: 2000,
  spillHorizonMs: 2000,
  otherWorkerWaitMs: 5000,
  pathMs: 300,
  floors: { standard: 0.1, bulk: 0.05 },
  overloadHoldMs: 30_000,
  marginFraction: { gpu: 0, cpu: 0.1 },
  unmeasuredSpeed: { gpu: 10, cpu: 1 },
};

/** Times a pass over 10,000 waiting chunks; the data comes from a fixed seed. */
export function measurePlanDispatch(): DispatchPassTimes {
  const draw = seededRandom(seed).next;
  // A tenth is late already, and most of the rest cannot be met.
  const burst = observe(draw, (share) => share - 0.1);
  const calm = sortedByDeadline(observe(draw, (share) => 100 + share));
  const busyGpu = calm.workers.map((each) => (each.kind === 'gpu' ? filled(each) : each));
  return {
    seed,
    waitingChunks,
    workers: gpuWorkers + cpuWorkers,
    unsorted: timePasses(burst),
    sorted: timePasses(sortedByDeadline(burst)),
    calm: timePasses({ ...calm, workers: busyGpu }),
    full: timePasses({ ...burst, workers: burst.workers.map(filled) }),
  };
}

const sortedByDeadline = (observation: DispatchObservation): DispatchObservation => ({
  ...observation,
  waiting: observation.waiting
    .toSorted((a, b) => a.deadlineAtMs - b.deadlineAtMs)
    // New ones, so that they lie in memory as they do where they were made in this order.
    .map((chunk) => ({ ...chunk, excludedWorkers: new Set(chunk.excludedWorkers) })),
});

/** A worker that has no room. */
const filled = (load: WorkerLoad): WorkerLoad => ({
  ...load,
  assignedChunks: 100,
  assignedMediaMs: 1_000_000,
});

function timePasses(observation: DispatchObservation): PassTimes {
  const timesMs: number[] = [];
  for (let pass = 0; pass < warmUpPasses + measuredPasses; pass += 1) {
    const beganAtMs = systemClock.monotonicMs();
    planDispatch(observation, emptyDispatchMemory(), settings);
    const tookMs = systemClock.monotonicMs() - beganAtMs;
    if (pass >= warmUpPasses) timesMs.push(tookMs);
  }
  timesMs.sort((a, b) => a - b);
  return { p50Ms: quantile(timesMs, 0.5), p99Ms: quantile(timesMs, 0.99) };
}

function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return Number(value.toFixed(3));
}

/** From a share of a priority's objective, 0 to 1, to the share of it that is left to a chunk. */
type TimeLeft = (share: number) => number;

function observe(draw: () => number, timeLeft: TimeLeft): DispatchObservation {
  const waiting = Array.from({ length: waitingChunks }, (_, index) => {
    const priority = priorities[Math.floor(draw() * priorities.length)] ?? 'live';
    const chunk: WaitingChunk = {
      key: `${priority}/${index % 12}/${index}`,
      priority,
      model: draw() < 0.2 ? 'other' : null,
      mediaMs: 2000 + Math.floor(draw() * 10_000),
      deadlineAtMs: nowMs + Math.floor(timeLeft(draw()) * objectiveMs[priority]),
      waitingSinceMs: nowMs - Math.floor(draw() * 10_000),
      excludedWorkers: new Set(draw() < 0.01 ? ['gpu-3'] : []),
      isSuspect: false,
      mustGoFirst: draw() < 0.001,
    };
    return chunk;
  });
  return {
    nowMs,
    waiting,
    workers: Array.from({ length: gpuWorkers + cpuWorkers }, (_, index) => workerLoad(draw, index)),
    comingGpu: [20_000, 25_000, 60_000].map((afterMs) => ({
      atMs: nowMs + afterMs,
      slots: 8,
      slotSpeed: 10,
    })),
    gate: 'open',
    spillMediaMsPerMinuteMax: null,
  };
}

function workerLoad(draw: () => number, index: number): WorkerLoad {
  const kind = index < gpuWorkers ? 'gpu' : 'cpu';
  const slots = kind === 'gpu' ? 2 : 1;
  const assignedChunks = Math.floor(draw() * 5);
  return {
    worker: `${kind}-${index}`,
    kind,
    priorities: new Set(priorities),
    models: new Set(draw() < 0.5 ? ['demo', 'other'] : ['demo']),
    slots,
    speed: kind === 'gpu' ? 8 + draw() * 4 : 0.8 + draw() * 0.4,
    assignedChunks,
    assignedMediaMs: assignedChunks * 7000,
    holdsSuspect: false,
  };
}
