import type { Decision } from '../../shared/chunk/decision.ts';
import type { Said } from '../../shared/chunk/operator.ts';
import { bounded, rounded } from './bounded.ts';
import type { DueCurve, Work } from './due-curve.ts';
import type { Memory } from './memory.ts';
import { slotsReadyOf } from './outlook.ts';
import type { Outlook } from './outlook.ts';
import type { ScalingSettings } from './settings.ts';
import { cpuHeldMediaMs, gpuMediaWith, gpuUseFraction } from './supply.ts';
import type { GpuSupply } from './supply.ts';

/** What is due and what GPU workers can do by then, where they are furthest behind. */
export interface Strain {
  readonly isOverloaded: boolean;
  readonly withinMs: number;
  readonly dueMediaMs: number;
  readonly gpuMediaMs: number;
}

export interface StrainInput {
  readonly outlook: Outlook;
  readonly curve: DueCurve;
  readonly gpu: GpuSupply;
  readonly work: Work;
  readonly objectiveMsMin: number;
  readonly letGo: ReadonlyMap<string, number>;
}

/** Beyond this, nodes can still be ordered. */
export const judgedMs = ({ work, objectiveMsMin }: StrainInput): number =>
  Math.max(work.bootMs, objectiveMsMin);

/**
 * Whether GPU workers, ready and coming, miss anything that is due within a boot. What CPU workers
 * have already is not theirs to do.
 */
export function strainOf(input: StrainInput): Strain {
  const { outlook, curve, work, letGo } = input;
  const more = new Map([...letGo].map(([pool, nodes]) => [pool, -nodes]));
  const gpu = gpuMediaWith(input.gpu, more);
  const cpuSpeed = outlook.cpuSlots * outlook.cpuSlotSpeed;
  const held = cpuHeldMediaMs(work);
  const untilMs = judgedMs(input);
  let worst: Strain = { isOverloaded: false, withinMs: 0, dueMediaMs: 0, gpuMediaMs: 0 };
  let mostMissing = Number.NEGATIVE_INFINITY;
  for (const [index, horizonMs] of curve.horizonsMs.entries()) {
    if (horizonMs > untilMs) break;
    const dueMediaMs = (curve.dueMediaMs[index] ?? 0) - Math.min(held, cpuSpeed * horizonMs);
    const gpuMediaMs = gpuUseFraction * (gpu[index] ?? 0);
    if (dueMediaMs - gpuMediaMs <= mostMissing) continue;
    mostMissing = dueMediaMs - gpuMediaMs;
    worst = {
      isOverloaded: mostMissing > 0,
      withinMs: horizonMs,
      dueMediaMs: Math.max(0, dueMediaMs),
      gpuMediaMs,
    };
  }
  return worst;
}

export interface GateInput {
  /** `null`: what is due, or who is there, is not known. */
  readonly strain: Strain | null;
  readonly outlook: Outlook;
  readonly settings: ScalingSettings;
  /** Whose word the settings' spill is; `null`: it is as it was set. */
  readonly saidBy: Said | null;
  readonly nowMs: number;
  readonly bootMs: number;
}

export interface GateDecided {
  readonly spill: Decision['spill'];
  readonly memory: Memory['spill'];
}

/** How long the gate stays open after the last overload. */
export const gateHoldMs = (bootMs: number): number => bounded(bootMs / 2, 5000, 60_000);

export function decideGate(memory: Memory['spill'], input: GateInput): GateDecided {
  const { strain, settings, saidBy, nowMs, bootMs } = input;
  const slotsReady = slotsReadyOf(input.outlook);
  const overloadedAtMs = strain?.isOverloaded === true ? nowMs : memory.overloadedAtMs;
  const calmMs = nowMs - (overloadedAtMs ?? nowMs);
  const holdMs = gateHoldMs(bootMs);
  const figures = {
    slotsReady,
    ...(strain === null
      ? {}
      : {
          dueMediaMs: rounded(strain.dueMediaMs),
          gpuMediaMs: rounded(strain.gpuMediaMs),
          withinMs: rounded(strain.withinMs),
        }),
  };
  const decided = (
    gate: 'open' | 'shut',
    reason: Decision['spill']['reason'],
    more: Readonly<Record<string, number>> = {},
  ): GateDecided => ({
    spill: { gate, reason, saidBy, figures: { ...figures, ...more } },
    memory: { isOpen: gate === 'open', overloadedAtMs },
  });
  if (settings.spill !== 'auto') return decided(settings.spill, 'operator');
  if (strain === null) return decided('open', 'unknown');
  if (slotsReady === 0) return decided('open', 'no-gpu');
  if (strain.isOverloaded) return decided('open', 'overload');
  if (memory.isOpen && overloadedAtMs !== null && calmMs < holdMs) {
    return decided('open', 'hold', { shutInMs: rounded(holdMs - calmMs) });
  }
  return decided('shut', 'gpu-in-time');
}
