import type { Priority } from '../../shared/chunk/words.ts';

/** A chunk that nobody has in hand and no lane holds. */
export interface WaitingChunk {
  readonly key: string;
  readonly priority: Priority;
  /** `null`: the default model, which every worker serves. */
  readonly model: string | null;
  readonly mediaMs: number;
  /** How long nobody has had it. */
  readonly waitedMs: number;
  readonly excludedWorkers: ReadonlySet<string>;
  /** It was in hand when a worker died: it goes to an idle worker, and nothing else beside it. */
  readonly isSuspect: boolean;
}

/** A ready worker and what it already has, in its lanes and in hand. */
export interface WorkerLoad {
  readonly worker: string;
  /** Priorities in which it owns a lane partition. */
  readonly priorities: ReadonlySet<Priority>;
  readonly models: ReadonlySet<string>;
  readonly slots: number;
  /** Media milliseconds per wall millisecond of one slot; `null` before it was measured. */
  readonly speed: number | null;
  readonly assignedChunks: number;
  readonly assignedMediaMs: number;
  readonly holdsSuspect: boolean;
}

export interface PlacementSettings {
  /** How far ahead of its start a chunk may be bound to a worker. */
  readonly laneHorizonMs: number;
  /** After this long, a worker that failed on a chunk may have it again. */
  readonly otherWorkerWaitMs: number;
}

export interface Placement {
  readonly key: string;
  readonly worker: string;
}

interface Load {
  readonly worker: WorkerLoad;
  chunks: number;
  mediaMs: number;
  isClosed: boolean;
}

/**
 * Binds waiting chunks, in the order given, to workers that can start them within the lane horizon,
 * each to the worker that will start it first. What finds no room waits: late binding keeps it free
 * for whoever is ready sooner. Deterministic: ties go by the worker's name.
 */
export function placeChunks(
  waiting: Iterable<WaitingChunk>,
  workers: readonly WorkerLoad[],
  settings: PlacementSettings,
): readonly Placement[] {
  const loads = workers
    .toSorted((a, b) => (a.worker < b.worker ? -1 : 1))
    .map((worker) => ({
      worker,
      chunks: worker.assignedChunks,
      mediaMs: worker.assignedMediaMs,
      isClosed: worker.holdsSuspect,
    }));
  const placements: Placement[] = [];
  for (const chunk of waiting) {
    if (loads.every((load) => !hasRoom(load, settings))) break;
    const able = candidates(chunk, loads, settings);
    const chosen = chunk.isSuspect ? idleOrReserved(able) : soonest(able, settings);
    if (chosen === null) continue;
    placements.push({ key: chunk.key, worker: chosen.worker.worker });
    chosen.chunks += 1;
    chosen.mediaMs += chunk.mediaMs;
    chosen.isClosed ||= chunk.isSuspect;
  }
  return placements;
}

function candidates(
  chunk: WaitingChunk,
  loads: readonly Load[],
  settings: PlacementSettings,
): readonly Load[] {
  const reachable = loads.filter(({ worker }) => worker.priorities.has(chunk.priority));
  const { model } = chunk;
  const serving = reachable.filter(({ worker }) => model === null || worker.models.has(model));
  // Where nobody serves the model, any worker may have it: its refusal names the models there are.
  const able = serving.length > 0 ? serving : reachable;
  const fresh = able.filter(({ worker }) => !chunk.excludedWorkers.has(worker.worker));
  return fresh.length > 0 || chunk.waitedMs < settings.otherWorkerWaitMs ? fresh : able;
}

function startDelayMs({ worker, chunks, mediaMs }: Load): number {
  if (chunks < worker.slots) return 0;
  if (worker.speed === null) return Number.POSITIVE_INFINITY;
  return mediaMs / worker.speed / worker.slots;
}

const hasRoom = (load: Load, settings: PlacementSettings): boolean =>
  !load.isClosed && startDelayMs(load) <= settings.laneHorizonMs;

function soonest(able: readonly Load[], settings: PlacementSettings): Load | null {
  let best: Load | null = null;
  for (const load of able) {
    if (!hasRoom(load, settings)) continue;
    if (best === null || isSooner(load, best)) best = load;
  }
  return best;
}

function isSooner(a: Load, b: Load): boolean {
  const difference = startDelayMs(a) - startDelayMs(b);
  return difference < 0 || (difference === 0 && a.chunks < b.chunks);
}

/** An idle worker, or else the least busy one is kept from more work until it is idle. */
function idleOrReserved(able: readonly Load[]): Load | null {
  const open = able.filter((load) => !load.isClosed);
  const leastBusy = open.toSorted((a, b) => a.chunks - b.chunks)[0];
  if (leastBusy === undefined) return null;
  if (leastBusy.chunks === 0) return leastBusy;
  leastBusy.isClosed = true;
  return null;
}
