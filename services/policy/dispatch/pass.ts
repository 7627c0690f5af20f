import { openFloors } from './floors.ts';
import type { Floors } from './floors.ts';
import { gatherCrew } from './load.ts';
import { lastMinute } from './memory.ts';
import type { DispatchMemory } from './memory.ts';
import type { DispatchObservation } from './observation.ts';
import type { Placement } from './placement.ts';
import { canBeInTime, groupChunks, othersOf } from './service-group.ts';
import type { Crews } from './service-group.ts';
import type { DispatchSettings } from './settings.ts';
import type { WaitingChunk } from './waiting-chunk.ts';
import { emptyWaiting } from './waiting.ts';
import { formLines } from './waiting-lines.ts';
import type { WaitingLines } from './waiting-lines.ts';
import { openStream } from './work-stream.ts';
import type { WorkStream } from './work-stream.ts';

/** One pass over all that waits: what is fixed, and what changes with each chunk. */
export interface Pass {
  readonly observation: DispatchObservation;
  readonly settings: DispatchSettings;
  readonly crews: Crews;
  /** The GPU with all that it is given or that waits for it. */
  readonly gpuLine: WorkStream;
  readonly floors: Floors;
  readonly placements: Placement[];
  readonly dispatchedMediaMs: Record<WaitingChunk['priority'], number>;
  /** In the last minute, with this pass. */
  spilledMediaMs: number;
}

export function openPass(
  observation: DispatchObservation,
  memory: DispatchMemory,
  settings: DispatchSettings,
): Pass {
  const { workers, comingGpu, nowMs } = observation;
  const crews = {
    gpu: gatherCrew(workers, 'gpu', settings),
    cpu: gatherCrew(workers, 'cpu', settings),
  };
  return {
    observation,
    settings,
    crews,
    gpuLine: openStream(crews.gpu.loads, comingGpu, nowMs),
    floors: openFloors(memory, nowMs, settings.floors),
    placements: [],
    dispatchedMediaMs: { live: 0, standard: 0, bulk: 0 },
    spilledMediaMs: lastMinute(memory, nowMs).spilledMediaMs,
  };
}

/** Whether anybody may be given anything; what waits need not be looked at to know. */
export function hasRoomAnywhere({ crews, observation }: Pass): boolean {
  return crews.gpu.withRoom > 0 || (observation.gate === 'open' && crews.cpu.withRoom > 0);
}

export function lineUpWaiting(pass: Pass): WaitingLines {
  const { observation, settings, crews } = pass;
  const groupOf = groupChunks(crews, observation);
  const startMs = observation.nowMs + settings.pathMs;
  const waiting = emptyWaiting(observation.waiting);
  let place = 0;
  for (const chunk of observation.waiting) {
    const group = groupOf(chunk);
    const mediaMs = chunk.mediaMs > 0 ? chunk.mediaMs : 0;
    const hasExcluded = chunk.excludedWorkers.size > 0;
    const finishers = hasExcluded
      ? othersOf(group, chunk, repeatAfterMs(pass, chunk))
      : group.soonest;
    const leftMs = chunk.deadlineAtMs - startMs;
    const dueAfterMs = Number.isNaN(leftMs) ? Number.NEGATIVE_INFINITY : leftMs;
    waiting.groups.push(group);
    waiting.mediaMs[place] = mediaMs;
    waiting.dueAfterMs[place] = dueAfterMs;
    waiting.isHopeless[place] = canBeInTime(finishers, mediaMs, dueAfterMs) ? 0 : 1;
    waiting.isPicky[place] = hasExcluded || chunk.isSuspect ? 1 : 0;
    place += 1;
  }
  return formLines(waiting);
}

/** When a worker that failed on it may have it again, from now. */
export const repeatAfterMs = ({ observation, settings }: Pass, chunk: WaitingChunk): number =>
  chunk.waitingSinceMs + settings.otherWorkerWaitMs - observation.nowMs;
