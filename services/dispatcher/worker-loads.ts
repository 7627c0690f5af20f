import type { WorkerLoad } from '../policy/dispatch/worker-load.ts';
import { heartbeatIntervalMs } from '../shared/chunk/fleet.ts';
import type { EntryIndex } from './entry-index.ts';
import type { FleetView, Member } from './fleet-view.ts';

/**
 * A worker that missed its beat gets nothing more until it is heard: it may be dead, and what lies in
 * its lanes must wait for its start-by. What it has goes on.
 */
const overdueAfterMs = 2 * heartbeatIntervalMs;

/** Workers that may be given work, with what they have. */
export function workerLoads(
  fleet: FleetView,
  index: EntryIndex,
  nowMs: number,
): readonly WorkerLoad[] {
  const watchedMs = fleet.watchedMs();
  const loads: WorkerLoad[] = [];
  for (const member of fleet.members().values()) {
    const { heartbeat, facts: abilities } = member;
    if (!isReady(member, watchedMs)) continue;
    const { chunks, mediaMs, holdsSuspect } = index.assignedTo(heartbeat.worker);
    const { worker, kind, slots } = heartbeat;
    const assignedMediaMs = Math.max(0, mediaMs - progressMs(member, index, nowMs));
    const assigned = { assignedChunks: chunks, assignedMediaMs, holdsSuspect };
    loads.push({ worker, kind, slots, ...abilities, ...assigned });
  }
  return loads;
}

const isReady = ({ heartbeat, isGone, heardAtWatchedMs }: Member, watchedMs: number): boolean =>
  !isGone && heartbeat.state === 'ready' && watchedMs - heardAtWatchedMs <= overdueAfterMs;

/** Of more chunks than this, what is done of those under way is a small part. */
const countedChunksMax = 32;

/**
 * About how much of what the worker has in hand is done: its slots work on what they have had the
 * longest. Without it, a slot that takes longer for a chunk than the lane horizon would find its
 * lane empty each time, and late work would be reckoned to end later with each second it runs.
 */
function progressMs({ heartbeat, facts }: Member, index: EntryIndex, nowMs: number): number {
  const { worker, slots } = heartbeat;
  const { speed } = facts;
  const entries = index.at(worker);
  if (speed === null || entries.size > countedChunksMax) return 0;
  const inHand: { readonly sinceMs: number; readonly mediaMs: number }[] = [];
  for (const entry of entries) {
    for (const live of entry.liveTries.values()) {
      if (live.worker !== worker || live.inHandSinceMs === null) continue;
      inHand.push({ sinceMs: live.inHandSinceMs, mediaMs: index.mediaMsOf(entry) });
    }
  }
  return inHand
    .toSorted((a, b) => a.sinceMs - b.sinceMs)
    .slice(0, slots)
    .reduce((sum, { sinceMs, mediaMs }) => sum + Math.min(mediaMs, (nowMs - sinceMs) * speed), 0);
}
