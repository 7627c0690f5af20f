import type { CpuWorkerSettings } from './settings.ts';
import { cpuHeldMediaMs, cpuUseFraction, gpuMediaWith, gpuUseFraction } from './supply.ts';
import { judgedMs } from './spill-gate.ts';
import type { StrainInput } from './spill-gate.ts';

/** A CPU worker takes so long to start: what is due before cannot wait for it. */
const startMs = 5000;
const roundingFraction = 0.01;
const workersLimit = 1_000_000;

/** How many CPU workers it takes to do what GPU workers cannot, where that is most. */
export interface CpuNeed {
  readonly workers: number;
  readonly mediaMs: number;
  readonly withinMs: number;
}

/**
 * CPU workers that have in time what they may have and GPU workers, ready and coming, have not, and
 * what they hold already. One at least where there is anything that they may have.
 *
 * `isAlone`: no GPU worker computes, so all that is due counts, not only what is due within a boot.
 */
export function cpuNeed(
  input: StrainInput,
  { cpuWorkers, isAlone }: { readonly cpuWorkers: CpuWorkerSettings; readonly isAlone: boolean },
): CpuNeed {
  const { outlook, curve, work } = input;
  const gpu = gpuMediaWith(input.gpu, new Map());
  const held = cpuHeldMediaMs(work);
  const speedNow = outlook.cpuSlots * outlook.cpuSlotSpeed;
  const workerSpeed = cpuUseFraction * cpuWorkers.slotsPerWorker * outlook.cpuSlotSpeed;
  if (workerSpeed <= 0) return { workers: 0, mediaMs: 0, withinMs: 0 };
  const untilMs = isAlone ? Number.POSITIVE_INFINITY : judgedMs(input);
  let most: CpuNeed = { workers: 0, mediaMs: 0, withinMs: 0 };
  let speedMost = 0;
  let isAnyDue = false;
  for (const [index, horizonMs] of curve.horizonsMs.entries()) {
    if (horizonMs > untilMs) break;
    const eligible = curve.cpuDueMediaMs[index] ?? 0;
    isAnyDue ||= eligible > 0;
    const busy = Math.min(held, speedNow * horizonMs);
    const missing = (curve.dueMediaMs[index] ?? 0) - busy - gpuUseFraction * (gpu[index] ?? 0);
    const mediaMs = Math.min(Math.max(0, missing), eligible) + busy;
    const speed = mediaMs / Math.max(startMs, horizonMs);
    if (speed <= speedMost) continue;
    speedMost = speed;
    most = { workers: 0, mediaMs, withinMs: horizonMs };
  }
  const workers = Math.ceil(speedMost / workerSpeed - roundingFraction);
  return { ...most, workers: Math.min(workersLimit, Math.max(isAnyDue ? 1 : 0, workers)) };
}
