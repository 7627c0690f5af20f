import type { WorkerKind } from '../../shared/chunk/words.ts';
import { chooseWorker, leastBusyWorker } from './choose-worker.ts';
import type { Terms } from './choose-worker.ts';
import { countMedia, hasMoreUrgent } from './floors.ts';
import { give, keepFree } from './load.ts';
import type { Load } from './load.ts';
import { repeatAfterMs } from './pass.ts';
import type { Pass } from './pass.ts';
import { takeHopeless, takeInTime } from './waiting-lines.ts';
import type { Waiter } from './waiting.ts';
import type { DispatchOrder, WaitingLines } from './waiting-lines.ts';
import { surelyDoneAfterMs } from './work-stream.ts';

/**
 * What became of a chunk in a pass. `gpu-later`: the GPU will do it in time, but nobody may have it
 * yet; `late`: it will not, and no CPU worker has it.
 */
export type Turn = 'gpu' | 'gpu-later' | 'cpu' | 'late';

interface Walk {
  readonly order: DispatchOrder;
  /** The GPU has all done in time that can be: nothing is to be spilled. */
  readonly isGpuEnough: boolean;
  /** Told of each chunk, so that each is looked at; without it the walk ends once all are full. */
  readonly note?: (waiter: Waiter, turn: Turn) => void;
}

/** Gives each chunk its turn: first what must go first or can be in time, then the rest. */
export function takeTurns(
  pass: Pass,
  lines: WaitingLines,
  { order, isGpuEnough, note }: Walk,
): void {
  const { crews, observation, floors } = pass;
  const isCpuOpen = observation.gate === 'open';
  const maySpill = isCpuOpen && !isGpuEnough;
  for (;;) {
    const hasRoom = crews.gpu.withRoom > 0 || (maySpill && crews.cpu.withRoom > 0);
    if (!hasRoom && note === undefined) break;
    const waiter = takeInTime(lines, floors, order);
    if (waiter === null) break;
    const turn = waiter.isHopeless
      ? takeLateTurn(pass, waiter, false)
      : takeTurn(pass, waiter, isGpuEnough);
    note?.(waiter, turn);
  }
  for (;;) {
    const hasSlot = crews.gpu.withIdleSlot > 0 || (isCpuOpen && crews.cpu.withIdleSlot > 0);
    if (!hasSlot && note === undefined) break;
    const waiter = takeHopeless(lines, floors, order);
    if (waiter === null) break;
    const turn = takeLateTurn(pass, waiter, true);
    note?.(waiter, turn);
  }
}

/**
 * To a GPU worker that can start it soon and finishes it in time; else it waits for the GPU if that
 * will have it done in time, all before it counted; else to a CPU worker that finishes it in time.
 */
function takeTurn(pass: Pass, waiter: Waiter, isGpuEnough: boolean): Turn {
  const { crews, gpuLine } = pass;
  const { chunk, group, mediaMs, dueAfterMs, isPicky } = waiter;
  const gpu = crews.gpu.withRoom > 0 ? chooseWorker(waiter, termsOf(pass, waiter, 'gpu')) : null;
  if (gpu !== null) return place(pass, waiter, gpu);
  const isForLater =
    isGpuEnough || (group.isForGpu && surelyDoneAfterMs(gpuLine, mediaMs) <= dueAfterMs);
  if (!isForLater && mayUseCpu(pass, waiter) && !leavesSlot(pass, waiter)) {
    const cpu = chooseWorker(waiter, termsOf(pass, waiter, 'cpu'));
    if (cpu !== null) return place(pass, waiter, cpu);
  }
  if (isPicky && chunk.isSuspect) keepFreeFor(pass, waiter);
  if (!isForLater) return 'late';
  queueForGpu(pass, waiter);
  return 'gpu-later';
}

/**
 * Late work goes to the GPU, and to CPU workers only where no GPU worker has a lane for it: on the
 * CPU it would take the place of work that can still be in time there.
 */
function takeLateTurn(pass: Pass, waiter: Waiter, needsIdleSlot: boolean): Turn {
  const late = { dueAfterMs: Number.POSITIVE_INFINITY, needsIdleSlot };
  const { withRoom, withIdleSlot } = pass.crews.gpu;
  if ((needsIdleSlot ? withIdleSlot : withRoom) > 0) {
    const gpu = chooseWorker(waiter, { ...termsOf(pass, waiter, 'gpu'), ...late });
    if (gpu !== null) return place(pass, waiter, gpu);
  }
  if (waiter.group.gpu.length === 0 && mayUseCpu(pass, waiter)) {
    const terms = { ...termsOf(pass, waiter, 'cpu'), ...late, needsIdleSlot: true };
    const cpu = chooseWorker(waiter, terms);
    if (cpu !== null) return place(pass, waiter, cpu);
  }
  if (waiter.isPicky && waiter.chunk.isSuspect) keepFreeFor(pass, waiter);
  // What a floor owes or must go first stands in the line before all that comes after it.
  if (!needsIdleSlot) queueForGpu(pass, waiter);
  return 'late';
}

function termsOf(pass: Pass, { chunk, dueAfterMs, isPicky }: Waiter, kind: WorkerKind): Terms {
  const mayRepeat = isPicky && repeatAfterMs(pass, chunk) <= 0;
  return { kind, dueAfterMs, needsIdleSlot: false, mayRepeat };
}

function mayUseCpu({ observation, crews, spilledMediaMs }: Pass, waiter: Waiter): boolean {
  if (observation.gate !== 'open' || crews.cpu.withRoom === 0) return false;
  const mediaMsMax = observation.spillMediaMsPerMinuteMax;
  if (mediaMsMax === null || !waiter.group.isForGpu) return true;
  return spilledMediaMs + waiter.mediaMs <= mediaMsMax;
}

/** Of so many CPU slots one is left to the urgent; where there are fewer than half as many, none. */
const slotsForOneLeft = 8;

/**
 * What could still go to a CPU worker a whole chunk later leaves some slots to what is more urgent
 * and cannot: a slot is busy for longer than an urgent chunk can wait for it.
 */
function leavesSlot({ crews: { cpu }, floors }: Pass, waiter: Waiter): boolean {
  const { group, mediaMs, dueAfterMs } = waiter;
  if (!group.isForGpu || cpu.idleSlots > Math.round(cpu.slots / slotsForOneLeft)) return false;
  if (dueAfterMs <= 2 * mediaMs * group.cpuMsPerMediaMs) return false;
  return hasMoreUrgent(floors, group.priority);
}

function place(pass: Pass, waiter: Waiter, load: Load): Turn {
  const { chunk, mediaMs, group } = waiter;
  const { priority, isSuspect } = chunk;
  const { kind, worker } = load.worker;
  const isSpilled = kind === 'cpu' && group.isForGpu;
  give(pass.crews[kind], load, { mediaMs, isSuspect });
  pass.placements.push({ key: chunk.key, worker, isSpilled });
  countMedia(pass.floors, priority, mediaMs);
  pass.dispatchedMediaMs[priority] += mediaMs;
  if (isSpilled) pass.spilledMediaMs += mediaMs;
  if (kind === 'gpu') pass.gpuLine.aheadMediaMs += mediaMs;
  return kind;
}

/**
 * It stands before what comes after it. Towards its priority's floor it counts only once all are
 * full, else one chunk that suits nobody would take the share of those that could go.
 */
function queueForGpu({ crews, gpuLine, floors }: Pass, { group, mediaMs }: Waiter): void {
  gpuLine.aheadMediaMs += mediaMs;
  if (crews.gpu.withRoom === 0) countMedia(floors, group.priority, mediaMs);
}

function keepFreeFor(pass: Pass, waiter: Waiter): void {
  const { crews, observation } = pass;
  const gpu = leastBusyWorker(waiter, termsOf(pass, waiter, 'gpu'));
  if (gpu !== null) keepFree(crews.gpu, gpu);
  if (waiter.group.gpu.length > 0 || observation.gate !== 'open') return;
  const cpu = leastBusyWorker(waiter, termsOf(pass, waiter, 'cpu'));
  if (cpu !== null) keepFree(crews.cpu, cpu);
}
