import type { ComingSlots, DispatchObservation } from '../../policy/dispatch/observation.ts';
import type { Directive, SpillGate } from '../../shared/chunk/directive.ts';
import type { HeardDirective } from './directive-view.ts';

/** What a pass goes by besides chunks and workers. */
export type SpillRules = Pick<
  DispatchObservation,
  'comingGpu' | 'gate' | 'spillMediaMsPerMinuteMax'
>;

/**
 * Without a directive that holds, each chunk's own deadline decides, with the GPU workers that are
 * there and none that may be coming: spilling too much costs less than a deadline.
 */
const failSafe: SpillRules = { comingGpu: [], gate: 'open', spillMediaMsPerMinuteMax: null };

/** `gpuSlotsReady`: as `fleet` has them at this moment. */
export function spillRules(heard: HeardDirective, gpuSlotsReady: number): SpillRules {
  const { state, newest } = heard;
  if (state !== 'followed' || newest === null) return failSafe;
  return {
    comingGpu: comingGpu(newest),
    gate: gateOf(newest, gpuSlotsReady),
    spillMediaMsPerMinuteMax: newest.spill.mediaMsPerMinuteMax,
  };
}

/**
 * A gate that was shut because of what the GPU workers can do means nothing once some of them are
 * gone: the scaler speaks every few seconds only. What an operator shut stays shut.
 */
function gateOf({ spill, capacity }: Directive, gpuSlotsReady: number): SpillGate {
  if (spill.gate === 'open' || spill.reason === 'operator') return spill.gate;
  const slotsCounted = capacity
    .filter(({ kind }) => kind === 'gpu')
    .reduce((sum, { slotsReady }) => sum + slotsReady, 0);
  return gpuSlotsReady < slotsCounted ? 'open' : 'shut';
}

const comingGpu = ({ capacity }: Directive): readonly ComingSlots[] =>
  capacity
    .filter(({ kind }) => kind === 'gpu')
    .flatMap(({ coming, slotSpeed }) => coming.map((slots) => ({ ...slots, slotSpeed })));
