import type { Decision } from '../../shared/chunk/decision.ts';
import { bounded, rounded } from './bounded.ts';
import type { DueCurve, Work } from './due-curve.ts';
import type { Memory } from './memory.ts';
import { slotsReadyOf } from './outlook.ts';
import type { Outlook } from './outlook.ts';
import type { ScalingSettings } from './settings.ts';
import { cpuHeldMediaMs, gpuMediaWith } from './supply.ts';
import type { GpuSupply } from './supply.ts';

/** Share of their time that GPU workers are taken to compute: chunks come whole and unevenly. */
const gpuUseFraction = 0.9;

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

/**
 * Whether GPU workers, ready and coming, miss anything that is due within a boot: beyond that,
 * nodes can still be ordered. What CPU workers have already is not theirs to do.
 */
export function strainOf(input: StrainInput): Strain {
  const { outlook, curve, work, objectiveMsMin, letGo } = input;
  const more = new Map([...letGo].map(([pool, nodes]) => [pool, -nodes]));
  const gpu = gpuMediaWith(input.gpu, more);
  const cpuSpeed = outlook.cpuSlots * outlook.cpuSlotSpeed;
  const held = cpuHeldMediaMs(work);
  const judgedMs = Math.max(work.bootMs, objectiveMsMin);
  let worst: Strain = { isOverloaded: false, withinMs: 0, dueMediaMs: 0, gpuMediaMs: 0 };
  let mostMissing = Number.NEGATIVE_INFINITY;
  for (const [index, horizonMs] of curve.horizonsMs.entries()) {
    if (horizonMs > judgedMs) break;
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
  readonly nowMs: number;
  readonly bootMs: number;
}

export interface GateDecided {
  readonly spill: Decision['spill'];
  readonly memory: Memory['spill'];
}

export function decideGate(memory: Memory['spill'], input: GateInput): GateDecided {
  const { strain, settings, nowMs, bootMs } = input;
  const slotsReady = slotsReadyOf(input.outlook);
  const overloadedAtMs = strain?.isOverloaded === true ? nowMs : memory.overloadedAtMs;
  const calmMs = nowMs - (overloadedAtMs ?? nowMs);
  const holdMs = bounded(bootMs / 2, 5000, 60_000);
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
    spill: { gate, reason, figures: { ...figures, ...more } },
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
