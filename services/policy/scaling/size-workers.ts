import type { Decision, PoolDecision, WorkersDecision } from '../../shared/chunk/decision.ts';
import { rounded } from './bounded.ts';
import { cpuNeed } from './cpu-need.ts';
import type { CpuNeed } from './cpu-need.ts';
import { mostNeeded, rememberNeed } from './keep.ts';
import type { CpuWorkersMemory } from './memory.ts';
import type { Outlook } from './outlook.ts';
import type { CpuWorkerSettings, ScalingSettings } from './settings.ts';
import type { FleetView } from './situation.ts';
import type { StrainInput } from './spill-gate.ts';

export interface SizeWorkersInput {
  readonly outlook: Outlook;
  /** In the order of the outlook. */
  readonly pools: readonly PoolDecision[];
  /** `null`: who works is not known. */
  readonly fleet: FleetView | null;
  readonly spill: Decision['spill'];
  /** `null`: what is due is not known, or not all of it. */
  readonly judged: StrainInput | null;
  readonly settings: ScalingSettings;
  readonly nowMs: number;
  /** For which fewer CPU workers must do before one is let go. */
  readonly holdMs: number;
}

export interface SizedWorkers {
  readonly workers: readonly WorkersDecision[];
  readonly memory: CpuWorkersMemory | null;
}

/**
 * How many workers there are to be. Whose number was never known is left out: whoever starts workers
 * is then told nothing, rather than none.
 */
export function sizeWorkers(
  memory: CpuWorkersMemory | null,
  input: SizeWorkersInput,
): SizedWorkers {
  const gpu = input.outlook.pools.flatMap((pool, index) => {
    const decided = input.pools[index];
    if (decided === undefined || !pool.isSizeKnown) return [];
    return [gpuWorkers(decided, pool.settings.workersPerNode, input.fleet)];
  });
  const { cpuWorkers } = input.settings;
  if (cpuWorkers === null) return { workers: gpu, memory: null };
  const cpu = sizeCpuWorkers(memory, cpuWorkers, input);
  return cpu === null
    ? { workers: gpu, memory }
    : { workers: [...gpu, cpu.decision], memory: cpu.memory };
}

/** For each ordered node that may come: they wait for it, and start as soon as it is there. */
function gpuWorkers(
  { pool, nodesDesired }: PoolDecision,
  workersPerNode: number,
  fleet: FleetView | null,
): WorkersDecision {
  const replicas = nodesDesired * workersPerNode;
  return {
    kind: 'gpu',
    pool,
    replicas,
    isActive: replicas > 0 || fleet === null || fleet.busyPools.has(pool),
    reason: 'nodes',
    figures: { nodesDesired, workersPerNode },
  };
}

interface CpuSized {
  readonly decision: WorkersDecision;
  readonly memory: CpuWorkersMemory;
}

function sizeCpuWorkers(
  memory: CpuWorkersMemory | null,
  limits: CpuWorkerSettings,
  input: SizeWorkersInput,
): CpuSized | null {
  const { fleet, judged, spill, nowMs, holdMs } = input;
  // Without a memory, those who are there are held first, as nodes are.
  const before = memory?.replicas ?? fleet?.cpuWorkers ?? null;
  if (before === null) return null;
  const points = memory?.needs ?? [{ fromMs: nowMs, nodes: before }];
  const need = judged === null ? null : needOf(judged, limits, spill);
  const nodes = need === null ? before : need.workers;
  const needs = rememberNeed(points, { nowMs, nodes, holdMs });
  const kept = need === null ? before : mostNeeded(needs);
  const replicas = Math.min(limits.workersMax, Math.max(limits.workersMin, kept));
  const reason = reasonOf({ need, kept, replicas, limits, spill });
  const workerSpeed = limits.slotsPerWorker * input.outlook.cpuSlotSpeed;
  const decision: WorkersDecision = {
    kind: 'cpu',
    pool: null,
    replicas,
    isActive: replicas > 0 || fleet === null || fleet.isCpuBusy,
    reason,
    figures: {
      slotsReady: input.outlook.cpuSlots,
      workerMediaMsPerSecond: rounded(1000 * workerSpeed),
      ...(need === null
        ? {}
        : {
            workersNeeded: need.workers,
            workersKept: kept,
            holdMs: rounded(holdMs),
            mediaMs: rounded(need.mediaMs),
            withinMs: rounded(need.withinMs),
          }),
    },
  };
  return { decision, memory: { replicas, needs } };
}

const noNeed: CpuNeed = { workers: 0, mediaMs: 0, withinMs: 0 };

function needOf(
  judged: StrainInput,
  cpuWorkers: CpuWorkerSettings,
  { gate, reason }: Decision['spill'],
): CpuNeed {
  if (gate === 'shut') return noNeed;
  return cpuNeed(judged, { cpuWorkers, isAlone: reason === 'no-gpu' });
}

interface CpuBound {
  readonly need: CpuNeed | null;
  readonly kept: number;
  readonly replicas: number;
  readonly limits: CpuWorkerSettings;
  readonly spill: Decision['spill'];
}

function reasonOf({ need, kept, replicas, limits, spill }: CpuBound): WorkersDecision['reason'] {
  if (kept > replicas) return 'ceiling';
  if (kept < replicas) return 'floor';
  if (need === null) return 'unknown';
  if (kept <= limits.workersMin) return 'floor';
  if (kept > need.workers) return 'hold';
  return spill.reason === 'no-gpu' ? 'no-gpu' : 'overload';
}
