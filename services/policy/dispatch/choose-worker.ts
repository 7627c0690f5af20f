import type { WorkerKind } from '../../shared/chunk/words.ts';
import type { Load } from './load.ts';
import type { Waiter } from './waiting.ts';

/** What is asked of whoever gets a chunk. */
export interface Terms {
  readonly kind: WorkerKind;
  /** From now; infinite where it is late anyhow. */
  readonly dueAfterMs: number;
  /** Nothing may be queued before it. */
  readonly needsIdleSlot: boolean;
  /** So long nobody has had it that a worker that failed on it may have it again. */
  readonly mayRepeat: boolean;
}

/** The worker of those that would start it first; `null`: none has room and finishes it in time. */
export function chooseWorker(
  { chunk, group, mediaMs, isPicky }: Waiter,
  terms: Terms,
): Load | null {
  if (isPicky) {
    const able = ableWorkers({ chunk, group }, terms).filter(
      (load) => !chunk.isSuspect || load.chunks === 0,
    );
    return soonest(able, mediaMs, terms);
  }
  const open = terms.kind === 'gpu' ? group.open.gpu : group.open.cpu;
  const best = soonest(open, mediaMs, terms);
  if (best === null) dropFull(open);
  return best;
}

/** The least busy worker, to be kept from more work until it is idle for a suspect. */
export function leastBusyWorker(
  waiter: Pick<Waiter, 'chunk' | 'group'>,
  terms: Terms,
): Load | null {
  const open = ableWorkers(waiter, terms).filter(({ isClosed }) => !isClosed);
  return open.toSorted((a, b) => a.chunks - b.chunks || a.rank - b.rank)[0] ?? null;
}

function ableWorkers(
  { chunk, group }: Pick<Waiter, 'chunk' | 'group'>,
  { kind, mayRepeat }: Terms,
): readonly Load[] {
  const others = group[kind].filter(({ worker }) => !chunk.excludedWorkers.has(worker.worker));
  return others.length > 0 || !mayRepeat ? others : group[kind];
}

function soonest(loads: readonly Load[], mediaMs: number, terms: Terms): Load | null {
  let best: Load | null = null;
  for (const load of loads) {
    if (!(terms.needsIdleSlot ? load.hasIdleSlot : load.hasRoom)) continue;
    if (best !== null && !isSooner(load, best)) continue;
    if (load.startDelayMs + mediaMs * load.msPerMediaMs <= terms.dueAfterMs) best = load;
  }
  return best;
}

function isSooner(a: Load, b: Load): boolean {
  if (a.startDelayMs !== b.startDelayMs) return a.startDelayMs < b.startDelayMs;
  return a.chunks < b.chunks || (a.chunks === b.chunks && a.rank < b.rank);
}

/** A worker that is full stays so for the rest of the pass. */
function dropFull(loads: Load[]): void {
  let kept = 0;
  for (const load of loads) {
    if (!load.hasRoom) continue;
    loads[kept] = load;
    kept += 1;
  }
  loads.length = kept;
}
