import { sum } from './bounded.ts';
import type { DueCurve, Work } from './due-curve.ts';
import type { Outlook } from './outlook.ts';
import type { ScalingSettings } from './settings.ts';
import { priorities } from '../../shared/chunk/words.ts';

/** Share of their time that GPU workers are taken to compute: chunks come whole and unevenly. */
export const gpuUseFraction = 0.9;
/** Share of their time that CPU workers are taken to compute. */
export const cpuUseFraction = 0.9;

/** What GPU workers, ready and coming, can do by each horizon of a curve, pool by pool. */
export interface GpuSupply {
  readonly horizonsMs: readonly number[];
  /** Of workers that no pool accounts for. */
  readonly otherSpeed: number;
  readonly pools: readonly {
    readonly pool: string;
    readonly nodeSpeed: number;
    readonly bootMs: number;
    readonly mediaMs: readonly number[];
  }[];
}

export function gpuSupply(outlook: Outlook, horizonsMs: readonly number[]): GpuSupply {
  const pools = outlook.pools.map(
    ({ settings, bootMs, nodeSpeed, slotsReady, slotSpeed, comingInMs }) => ({
      pool: settings.pool,
      nodeSpeed,
      bootMs,
      mediaMs: horizonsMs.map((horizonMs) => {
        const comingMs = sum(comingInMs.map((inMs) => Math.max(0, horizonMs - inMs)));
        return slotsReady * slotSpeed * horizonMs + nodeSpeed * comingMs;
      }),
    }),
  );
  return { horizonsMs, otherSpeed: outlook.otherSlots * outlook.otherSlotSpeed, pools };
}

/**
 * Media milliseconds done by each horizon if each pool ordered so many nodes more now, or let them go
 * if below 0. A node that is let go counts as one of the loaded ones: that leaves the least.
 */
export function gpuMediaWith(
  { horizonsMs, otherSpeed, pools }: GpuSupply,
  orderedMore: ReadonlyMap<string, number>,
): readonly number[] {
  const total = horizonsMs.map((horizonMs) => otherSpeed * horizonMs);
  for (const { pool, nodeSpeed, bootMs, mediaMs } of pools) {
    const speed = (orderedMore.get(pool) ?? 0) * nodeSpeed;
    for (const [index, horizonMs] of horizonsMs.entries()) {
      const moreMs = speed < 0 ? horizonMs : Math.max(0, horizonMs - bootMs);
      const done = Math.max(0, (mediaMs[index] ?? 0) + speed * moreMs);
      total[index] = (total[index] ?? 0) + done;
    }
  }
  return total;
}

/**
 * What CPU workers will have done: work that they may have and can do in time, and at least what
 * they have already.
 */
export function cpuSupply(
  outlook: Outlook,
  {
    curve,
    work,
    settings,
  }: {
    readonly curve: DueCurve;
    readonly work: Work;
    readonly settings: ScalingSettings;
  },
): readonly number[] {
  const held = cpuHeldMediaMs(work);
  const speed = cpuUseFraction * outlook.cpuSlots * outlook.cpuSlotSpeed;
  return curve.horizonsMs.map((horizonMs, index) => {
    const eligible = settings.spill === 'shut' ? 0 : (curve.cpuDueMediaMs[index] ?? 0);
    return Math.min(speed * horizonMs, Math.max(held, eligible));
  });
}

export const cpuHeldMediaMs = (work: Work): number =>
  sum(priorities.map((priority) => work.priorities[priority].queue.cpuMediaMs));
