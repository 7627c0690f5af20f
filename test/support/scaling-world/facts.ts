import type { PoolSettings, ScalingSettings } from '../../../services/policy/scaling/settings.ts';
import type { Observation, WorkerFacts } from '../../../services/policy/scaling/observation.ts';
import { dueBoundsMs } from '../../../services/shared/chunk/demand.ts';
import type { Demand, QueueDemand } from '../../../services/shared/chunk/demand.ts';
import type { PoolNode, PoolState } from '../../../services/shared/chunk/node-pools.ts';
import { noOperatorWords } from '../../../services/shared/chunk/operator.ts';
import type { OperatorWords, Pause } from '../../../services/shared/chunk/operator.ts';
import { priorities } from '../../../services/shared/chunk/words.ts';
import type { Priority } from '../../../services/shared/chunk/words.ts';

/** One node: two slots at 2 s of video a second each, 20 s to boot. */
export const gpuPool: PoolSettings = {
  pool: 'gpu',
  nodesMin: 0,
  nodesMax: 10,
  pricePerHour: 1,
  slotsPerNode: 2,
  bootMsPrior: 20_000,
  slotSpeedPrior: 2,
  workersPerNode: 1,
  launchMsPrior: 10_000,
};

export const scalingSettings: ScalingSettings = {
  pools: [gpuPool],
  cpuWorkers: null,
  cpuSlotSpeedPrior: 1,
  objectiveMs: { live: 30_000, standard: 300_000, bulk: 3_600_000 },
  mediaMsPrior: 4000,
  holdBoots: 2,
  marginFraction: 0.1,
  persistenceBoots: 1.5,
  backOffMs: 60_000,
  spill: 'auto',
};

/** A moment in broker time at which tests begin. */
export const beginMs = 1_800_000_000_000;

export interface DueWork {
  readonly priority: Priority;
  readonly mediaMs: number;
  /** Time left; below 0 it is late. */
  readonly leftMs: number;
}

/** Chunks of 4 s each, all waiting. */
export function queueOf(priority: Priority, due: readonly DueWork[]): QueueDemand {
  const own = due.filter((work) => work.priority === priority);
  const dueMediaMs = Array.from({ length: dueBoundsMs.length + 1 }, () => 0);
  for (const { mediaMs, leftMs } of own) {
    const bucket = dueBoundsMs.findIndex((bound) => leftMs <= bound);
    const index = bucket < 0 ? dueBoundsMs.length : bucket;
    dueMediaMs[index] = (dueMediaMs[index] ?? 0) + mediaMs;
  }
  const waitingMediaMs = own.reduce((total, { mediaMs }) => total + mediaMs, 0);
  return {
    priority,
    model: null,
    waitingChunks: Math.ceil(waitingMediaMs / 4000),
    waitingMediaMs,
    gpuChunks: 0,
    gpuMediaMs: 0,
    cpuChunks: 0,
    cpuMediaMs: 0,
    oldestSubmittedAtMs: null,
    dueMediaMs,
  };
}

export function demandOf(due: readonly DueWork[], publishedAtMs: number): Demand {
  return {
    term: 't1',
    sequence: 1,
    publishedAtMs,
    queues: priorities.map((priority) => queueOf(priority, due)),
    tallies: [],
    order: 'earliest-deadline',
    directive: { state: 'none', term: null, sequence: null },
    spill: { isOpen: false, verdicts: [] },
  };
}

const tallyOf = (priority: Priority, allowedMs: number): Demand['tallies'][number] => ({
  priority,
  readChunks: 1,
  readMediaMs: 4000,
  allowedMs,
  spilledChunks: 0,
  onTime: 1,
  late: 0,
  deadLetters: 0,
  expired: 0,
});

export const workerOf = (worker: string, changes: Partial<WorkerFacts>): WorkerFacts => ({
  worker,
  kind: 'gpu',
  pool: 'gpu',
  node: null,
  state: 'ready',
  emulated: true,
  slots: 2,
  speeds: [],
  models: [],
  inHandChunks: 0,
  ...changes,
});

/** A node that was ordered so long ago; loaded ones are those with a ready worker. */
export const nodeOf = (node: string, agoMs: number, changes: Partial<PoolNode> = {}): PoolNode => ({
  node,
  phase: 'launched',
  reached: [
    { phase: 'ordered', agoMs },
    { phase: 'launched', agoMs },
  ],
  ...changes,
});

export interface Facts {
  readonly atMs?: number;
  readonly due?: readonly DueWork[];
  /** Chunks that ever arrived, of all priorities alike. */
  readonly logEnd?: number;
  /** Nodes of the pool `gpu` with a ready worker, ordered ten minutes ago. */
  readonly loaded?: number;
  readonly booting?: readonly PoolNode[];
  readonly nodesDesired?: number;
  readonly workers?: readonly WorkerFacts[];
  readonly pools?: readonly PoolState[];
  readonly problem?: string | null;
  /** What an annotation on the pool `gpu` says. */
  readonly pause?: Pause | null;
  readonly operator?: Partial<OperatorWords>;
  /** Chunks of live video in intake that no dispatcher has read. */
  readonly unreadLive?: number;
  /** What producers of live video allow, as the dispatcher has seen it. */
  readonly allowedLiveMs?: number;
}

/** An observation in which all is known and nothing is said twice. */
export function observationOf(facts: Facts): Observation {
  const atMs = facts.atMs ?? beginMs;
  const demand = {
    ...demandOf(facts.due ?? [], atMs),
    tallies: facts.allowedLiveMs === undefined ? [] : [tallyOf('live', facts.allowedLiveMs)],
  };
  const loaded = Array.from({ length: facts.loaded ?? 0 }, (_, index) => `loaded-${index}`);
  const booting = facts.booting ?? [];
  const nodes = [...loaded.map((node) => nodeOf(node, 600_000)), ...booting];
  const gpu: PoolState = {
    pool: 'gpu',
    nodesDesired: facts.nodesDesired ?? nodes.length,
    nodes,
    problem: facts.problem ?? null,
    pause: facts.pause ?? null,
  };
  const states = [gpu, ...(facts.pools ?? [])];
  const workers = [
    ...loaded.map((node) => workerOf(`worker-${node}`, { node })),
    ...(facts.workers ?? []),
  ];
  return {
    observedAtMs: atMs,
    intake: {
      kind: 'known',
      value: demand.queues.map(({ priority, waitingChunks }) => ({
        priority,
        chunks: waitingChunks + (priority === 'live' ? (facts.unreadLive ?? 0) : 0),
        logEnd: facts.logEnd ?? 1000,
      })),
    },
    demand: { kind: 'known', value: demand },
    workers: { kind: 'known', value: workers },
    pools: Object.fromEntries(states.map((state) => [state.pool, { kind: 'known', value: state }])),
    operator: { kind: 'known', value: { ...noOperatorWords, ...facts.operator } },
  };
}
