import type { NodePhase } from '../../shared/chunk/node-pools.ts';
import { bootMsP90, failedFraction } from './boot-time.ts';
import type { PoolMemory } from './memory.ts';
import type { PoolSettings } from './settings.ts';

/** A phase that lasts this many times as long as nine of ten did has failed. */
const slownessMax = 3;
/** With fewer samples, one odd boot would be the measure. */
const samplesMin = 5;
/** However fast machines came so far, they get this share of the time that was expected. */
const launchFractionMin = 0.25;
/** However short a phase was so far, it gets this share of a boot. */
const phaseFractionMin = 0.5;

export interface PhaseLimits {
  /** From the order to a machine that starts; who takes longer has none. */
  readonly launchMs: number;
  /** Phases of which enough is known. */
  readonly phaseMs: ReadonlyMap<NodePhase, number>;
}

/**
 * How long a node may be in each phase of its boot before it is believed not to come: clouds without
 * capacity say so late or never.
 */
export function phaseLimits(
  { phaseMs }: PoolMemory,
  { launchMsPrior }: PoolSettings,
  bootMs: number,
): PhaseLimits {
  const measured = phaseMs.filter(({ samplesMs }) => samplesMs.length >= samplesMin);
  const limits = measured.map(({ phase, samplesMs }) => {
    const leastMs =
      phase === 'ordered' ? launchFractionMin * launchMsPrior : phaseFractionMin * bootMs;
    return [phase, Math.max(leastMs, slownessMax * bootMsP90(samplesMs, 0))] as const;
  });
  const known = new Map(limits);
  const launchMs = Math.min(known.get('ordered') ?? launchMsPrior, failedFraction * bootMs);
  return { launchMs, phaseMs: new Map([...known, ['ordered', launchMs]]) };
}
