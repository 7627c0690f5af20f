import { attemptKey } from '../../shared/chunk/assignment.ts';
import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import type { Heartbeat } from '../../shared/chunk/fleet.ts';
import { endIfExhausted, heardInHand, loseWorker, vanishFromHand } from '../knowledge/entry.ts';
import type { Entry } from '../knowledge/entry.ts';
import type { FleetEvent } from '../../shared/kafka/fleet-watch.ts';
import type { TermState } from '../knowledge/term-state.ts';

/** What a change in the fleet means for the chunks of the term. */
export function hearFleet(
  state: TermState,
  event: FleetEvent,
  context: { readonly attemptsMax: number; readonly nowMs: number },
): void {
  switch (event.kind) {
    case 'heard':
      hearHands(state, event.heartbeat, context.nowMs);
      return;
    case 'left':
      state.recentEnds.forget(event.worker);
      for (const [entry, key] of triesOf(state, event.worker)) {
        vanishFromHand(entry, key, context.nowMs);
      }
      return;
    case 'gone':
      state.recentEnds.forget(event.worker);
      for (const [entry, key] of triesOf(state, event.worker)) {
        loseWorker(entry, key, { worker: event.worker, nowMs: context.nowMs });
        endIfExhausted(entry, context.attemptsMax);
      }
  }
}

function hearHands(state: TermState, heartbeat: Heartbeat, nowMs: number): void {
  const inHand = new Set<string>();
  for (const assignment of heartbeat.inHand) {
    const entry = state.entries.get(coordinatesKey(assignment.coordinates));
    if (entry === undefined) continue;
    inHand.add(`${coordinatesKey(entry.coordinates)}@${attemptKey(assignment)}`);
    heardInHand(entry, assignment, { worker: heartbeat.worker, nowMs });
  }
  for (const [entry, key] of triesOf(state, heartbeat.worker)) {
    if (!inHand.has(`${coordinatesKey(entry.coordinates)}@${key}`)) {
      vanishFromHand(entry, key, nowMs);
    }
  }
}

/** Tries that a worker has in hand, as last heard; collected first, since callers change them. */
function triesOf(state: TermState, worker: string): readonly (readonly [Entry, string])[] {
  const found: (readonly [Entry, string])[] = [];
  for (const entry of state.index.at(worker)) {
    for (const [key, live] of entry.liveTries) {
      if (live.worker === worker) found.push([entry, key]);
    }
  }
  return found;
}
