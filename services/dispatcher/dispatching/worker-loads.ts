import type { WorkerLoad } from '../../policy/dispatch/worker-load.ts';
import { heartbeatIntervalMs } from '../../shared/chunk/fleet.ts';
import type { EntryIndex } from '../knowledge/entry-index.ts';
import type { FleetView, Member } from './fleet-view.ts';
import type { RecentEnds } from '../knowledge/recent-ends.ts';

/**
 * A worker that missed its beat gets nothing more until it is heard: it may be dead, and what lies in
 * its lanes must wait for its start-by. What it has goes on.
 */
const overdueAfterMs = 2 * heartbeatIntervalMs;

/** What is known of the chunks that workers have. */
export interface Assigned {
  readonly index: EntryIndex;
  readonly recentEnds: RecentEnds;
}

/** Workers that may be given work, with what they have. */
export function workerLoads(
  fleet: FleetView,
  assignedWork: Assigned,
  nowMs: number,
): readonly WorkerLoad[] {
  const { index } = assignedWork;
  const watchedMs = fleet.watchedMs();
  const loads: WorkerLoad[] = [];
  for (const member of fleet.members().values()) {
    const { heartbeat, facts: abilities } = member;
    if (!isReady(member, watchedMs)) continue;
    const { chunks, mediaMs, holdsSuspect } = index.assignedTo(heartbeat.worker);
    const { worker, kind, slots } = heartbeat;
    const assignedMediaMs = Math.max(0, mediaMs - progressMs(member, assignedWork, nowMs));
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
 * longest, each since it was taken or, where the slots were busy then, since a chunk before it ended.
 * Without it, a slot that takes longer for a chunk than the lane horizon would find its lane empty
 * each time, and late work would be reckoned to end later with each second it runs.
 */
function progressMs(
  { heartbeat, facts }: Member,
  { index, recentEnds }: Assigned,
  nowMs: number,
): number {
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
  const running = inHand.toSorted((a, b) => a.sinceMs - b.sinceMs).slice(0, slots);
  const endsMs = recentEnds.last(worker, running.length);
  return running.reduce((sum, { sinceMs, mediaMs }, place) => {
    const runsMs = nowMs - Math.max(sinceMs, endsMs[place] ?? sinceMs);
    return sum + Math.min(mediaMs, runsMs * speed);
  }, 0);
}
