import type { Load } from './load.ts';
import type { ComingSlots } from './observation.ts';

/** From a moment on, so many slots of so much speed compute. */
interface Step {
  /** From now. */
  readonly afterMs: number;
  /** Media milliseconds computed by then if there is work all the time. */
  readonly doneMediaMs: number;
  readonly mediaMsPerMs: number;
  /** Time of one slot, of their mean speed, for a millisecond of media. */
  readonly msPerMediaMs: number;
}

/**
 * Many slots taken as one stream, which is right but for the length of a chunk: the projection of
 * when work would be done that stands in a line before them. The line only grows.
 */
export interface WorkStream {
  readonly steps: readonly Step[];
  /** The step in which the next in the line would start. */
  step: number;
  aheadMediaMs: number;
}

/** Slots of ready workers with what they hold, and slots to come. */
export function openStream(
  loads: readonly Load[],
  coming: readonly ComingSlots[],
  nowMs: number,
): WorkStream {
  const ready = loads
    .filter(({ worker, msPerMediaMs }) => worker.slots > 0 && msPerMediaMs > 0)
    .map(({ worker, msPerMediaMs }) => ({
      afterMs: 0,
      slots: worker.slots,
      speed: 1 / msPerMediaMs,
    }));
  const later = coming
    .filter(({ slots, slotSpeed }) => slots > 0 && slotSpeed > 0)
    .map(({ atMs, slots, slotSpeed }) => ({
      afterMs: Math.max(0, atMs - nowMs),
      slots,
      speed: slotSpeed,
    }))
    .toSorted((a, b) => a.afterMs - b.afterMs || a.slots - b.slots || a.speed - b.speed);
  const steps: Step[] = [];
  let slots = 0;
  let last: Step = { afterMs: 0, doneMediaMs: 0, mediaMsPerMs: 0, msPerMediaMs: 0 };
  for (const more of [...ready, ...later]) {
    slots += more.slots;
    const mediaMsPerMs = last.mediaMsPerMs + more.slots * more.speed;
    last = {
      afterMs: more.afterMs,
      doneMediaMs: last.doneMediaMs + last.mediaMsPerMs * (more.afterMs - last.afterMs),
      mediaMsPerMs,
      msPerMediaMs: slots / mediaMsPerMs,
    };
    if (steps.at(-1)?.afterMs === more.afterMs) steps.pop();
    steps.push(last);
  }
  const aheadMediaMs = loads.reduce((sum, { mediaMs }) => sum + mediaMs, 0);
  return { steps, step: 0, aheadMediaMs };
}

/**
 * When the next in the line would be done even if one more chunk like it came before it, from now. The
 * stream errs by the length of a chunk, and what is more urgent or owed may still arrive; whoever
 * counts on the last moment finds out when it is too late to go elsewhere.
 */
export function surelyDoneAfterMs(stream: WorkStream, mediaMs: number): number {
  const afterMs = doneAfterMs(stream, mediaMs);
  return afterMs + mediaMs * (stream.steps[stream.step]?.msPerMediaMs ?? 0);
}

/** When the next in the line would be done, from now; infinite where nothing ever computes. */
export function doneAfterMs(stream: WorkStream, mediaMs: number): number {
  const { steps, aheadMediaMs } = stream;
  let next = steps[stream.step + 1];
  while (next !== undefined && next.doneMediaMs <= aheadMediaMs) {
    stream.step += 1;
    next = steps[stream.step + 1];
  }
  const step = steps[stream.step];
  if (step === undefined || step.mediaMsPerMs <= 0) return Number.POSITIVE_INFINITY;
  const startMs = step.afterMs + (aheadMediaMs - step.doneMediaMs) / step.mediaMsPerMs;
  return Math.max(step.afterMs, startMs) + mediaMs * step.msPerMediaMs;
}
