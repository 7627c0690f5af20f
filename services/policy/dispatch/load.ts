import type { WorkerKind } from '../../shared/chunk/words.ts';
import type { DispatchSettings } from './settings.ts';
import type { WaitingChunk } from './waiting-chunk.ts';
import type { WorkerLoad } from './worker-load.ts';

/** A worker with what this pass has given it besides. */
export interface Load {
  readonly worker: WorkerLoad;
  /** Place by name among all: what breaks ties. */
  readonly rank: number;
  /** Wall time of one slot for a millisecond of media, with its margin. */
  readonly msPerMediaMs: number;
  /** How late the next chunk may start to be bound now; below 0: only in an idle slot. */
  readonly horizonMs: number;
  chunks: number;
  mediaMs: number;
  /** When the next chunk would start, from now. */
  startDelayMs: number;
  /** It holds a suspect, or is kept free for one. */
  isClosed: boolean;
  /** It may be given a chunk now. */
  hasRoom: boolean;
  /** A chunk that it is given now starts at once. */
  hasIdleSlot: boolean;
}

/** All workers of a kind, by name, and how many of them can take more. */
export interface Crew {
  readonly loads: readonly Load[];
  readonly slots: number;
  idleSlots: number;
  withRoom: number;
  withIdleSlot: number;
}

const byName = (a: WorkerLoad, b: WorkerLoad): number =>
  a.worker < b.worker ? -1 : Number(a.worker > b.worker);

export function gatherCrew(
  workers: readonly WorkerLoad[],
  kind: WorkerKind,
  settings: DispatchSettings,
): Crew {
  // What is spilled has little time left: bound to a lane, it would be in the way of what is urgent.
  const isSpilledTo = kind === 'cpu' && workers.some((worker) => worker.kind === 'gpu');
  const horizonMs = isSpilledTo ? settings.spillHorizonMs : settings.laneHorizonMs;
  const loads = workers
    .filter((worker) => worker.kind === kind)
    .toSorted(byName)
    .map((worker, rank) => openLoad({ worker, rank, horizonMs, settings }));
  return {
    loads,
    slots: loads.reduce((sum, { worker }) => sum + worker.slots, 0),
    idleSlots: loads.reduce((sum, load) => sum + idleSlotsOf(load), 0),
    withRoom: loads.filter(({ hasRoom }) => hasRoom).length,
    withIdleSlot: loads.filter(({ hasIdleSlot }) => hasIdleSlot).length,
  };
}

function openLoad({
  worker,
  rank,
  horizonMs,
  settings,
}: {
  readonly worker: WorkerLoad;
  readonly rank: number;
  readonly horizonMs: number;
  readonly settings: DispatchSettings;
}): Load {
  const isMeasured = worker.speed !== null && worker.speed > 0;
  const speed = isMeasured ? worker.speed : settings.unmeasuredSpeed[worker.kind];
  const stretch = 1 + settings.marginFraction[worker.kind];
  const load: Load = {
    worker,
    rank,
    msPerMediaMs: speed > 0 ? stretch / speed : Number.POSITIVE_INFINITY,
    horizonMs: isMeasured ? horizonMs : -1,
    chunks: worker.assignedChunks,
    mediaMs: worker.assignedMediaMs,
    startDelayMs: 0,
    isClosed: worker.holdsSuspect,
    hasRoom: false,
    hasIdleSlot: false,
  };
  reckon(load);
  return load;
}

function reckon(load: Load): void {
  load.startDelayMs = startDelayMs(load);
  load.hasIdleSlot = !load.isClosed && load.chunks < load.worker.slots;
  load.hasRoom = load.hasIdleSlot || (!load.isClosed && load.startDelayMs <= load.horizonMs);
}

function startDelayMs({ worker, chunks, mediaMs, msPerMediaMs }: Load): number {
  if (chunks < worker.slots) return 0;
  if (worker.slots <= 0 || msPerMediaMs === Number.POSITIVE_INFINITY) {
    return Number.POSITIVE_INFINITY;
  }
  return (mediaMs * msPerMediaMs) / worker.slots;
}

const idleSlotsOf = ({ worker, chunks, isClosed }: Load): number =>
  isClosed ? 0 : Math.max(0, worker.slots - chunks);

/** The worker gets the chunk; with a suspect it gets nothing else. */
export function give(
  crew: Crew,
  load: Load,
  chunk: Pick<WaitingChunk, 'mediaMs' | 'isSuspect'>,
): void {
  const idleSlots = idleSlotsOf(load);
  load.chunks += 1;
  load.mediaMs += chunk.mediaMs;
  load.isClosed ||= chunk.isSuspect;
  crew.idleSlots += idleSlotsOf(load) - idleSlots;
  recount(crew, load);
}

/** It gets nothing more in this pass, so that it is idle in a later one. */
export function keepFree(crew: Crew, load: Load): void {
  crew.idleSlots -= idleSlotsOf(load);
  load.isClosed = true;
  recount(crew, load);
}

/** Who had no room does not get any in the pass. */
function recount(crew: Crew, load: Load): void {
  const { hasRoom, hasIdleSlot } = load;
  reckon(load);
  if (hasRoom && !load.hasRoom) crew.withRoom -= 1;
  if (hasIdleSlot && !load.hasIdleSlot) crew.withIdleSlot -= 1;
}
