import type { DispatchMemory } from './memory.ts';
import type { Pass } from './pass.ts';
import { inTimeByDeadline } from './waiting-lines.ts';
import type { DispatchOrder, WaitingLines } from './waiting-lines.ts';
import { doneAfterMs, openStream, surelyDoneAfterMs } from './work-stream.ts';
import type { WorkStream } from './work-stream.ts';

/** What the projection goes by; it uses the streams up. */
interface Capacity {
  readonly gpu: WorkStream;
  /** `null`: nothing may go there. */
  readonly cpu: WorkStream | null;
  /** Media milliseconds that may still be spilled in this minute, and in each one. */
  readonly spillLeftMs: number;
  readonly spillPerMinuteMs: number;
}

/** Who is needed so that all that can be in time is, if the earliest deadline always goes first. */
type Need = 'gpu' | 'gpu-and-cpu' | 'more';

/** What nobody can finish in time needs no more: no order would help it. */
function reckonNeed(
  lines: WaitingLines,
  { gpu, cpu, spillLeftMs, spillPerMinuteMs }: Capacity,
): Need {
  let need: Need = 'gpu';
  let spilledMediaMs = 0;
  const { waiting } = lines;
  const nextPlace = inTimeByDeadline(lines);
  for (let place = nextPlace(); place !== null; place = nextPlace()) {
    const group = waiting.groups[place];
    const mediaMs = waiting.mediaMs[place] ?? 0;
    const dueAfterMs = waiting.dueAfterMs[place] ?? 0;
    if (group === undefined) continue;
    if (group.isForGpu && surelyDoneAfterMs(gpu, mediaMs) <= dueAfterMs) {
      gpu.aheadMediaMs += mediaMs;
      continue;
    }
    need = 'gpu-and-cpu';
    if (cpu === null || group.cpu.length === 0) return 'more';
    if (doneAfterMs(cpu, mediaMs) > dueAfterMs) return 'more';
    cpu.aheadMediaMs += mediaMs;
    if (!group.isForGpu) continue;
    spilledMediaMs += mediaMs;
    if (spilledMediaMs > spillLeftMs + (spillPerMinuteMs * dueAfterMs) / 60_000) return 'more';
  }
  return need;
}

/** By what a pass goes, and what the next one is to remember of it. */
export interface Course {
  readonly order: DispatchOrder;
  readonly strictUntilMs: number | null;
  /** The GPU has all done in time that can be: nothing is to be spilled. */
  readonly isGpuEnough: boolean;
}

/** The course while what waits is not looked at. */
export function heldCourse({ observation, settings }: Pass, memory: DispatchMemory): Course {
  const { nowMs } = observation;
  const untilMs = memory.strictUntilMs;
  if (untilMs === null || untilMs <= nowMs) {
    return { order: 'earliest-deadline', strictUntilMs: null, isGpuEnough: false };
  }
  return {
    order: 'strict-priority',
    // A clock that stepped back prolongs nothing.
    strictUntilMs: Math.min(untilMs, nowMs + settings.overloadHoldMs),
    isGpuEnough: false,
  };
}

export function chooseCourse(pass: Pass, lines: WaitingLines, memory: DispatchMemory): Course {
  const { observation, settings, crews, gpuLine, spilledMediaMs } = pass;
  const { nowMs, gate } = observation;
  const mediaMsMax = observation.spillMediaMsPerMinuteMax ?? Number.POSITIVE_INFINITY;
  const need = reckonNeed(lines, {
    gpu: { ...gpuLine },
    cpu: gate === 'open' ? openStream(crews.cpu.loads, [], nowMs) : null,
    spillLeftMs: mediaMsMax - spilledMediaMs,
    spillPerMinuteMs: mediaMsMax,
  });
  const held = heldCourse(pass, memory);
  switch (need) {
    case 'gpu':
      // In strict priority something may still be late that the earliest deadline first would save.
      return { ...held, isGpuEnough: held.order === 'earliest-deadline' };
    case 'gpu-and-cpu':
      return held;
    case 'more':
      return {
        order: 'strict-priority',
        strictUntilMs: nowMs + settings.overloadHoldMs,
        isGpuEnough: false,
      };
  }
}
