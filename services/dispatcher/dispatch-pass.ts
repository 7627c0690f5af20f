import { attemptKey } from '../shared/chunk/assignment.ts';
import { coordinatesKey } from '../shared/chunk/coordinates.ts';
import { encodeLaneOrder, laneOrderFor, laneOrderHeader } from '../shared/chunk/lane-record.ts';
import type { Priority } from '../shared/chunk/words.ts';
import { partitionKey } from '../shared/kafka/ports.ts';
import type { OutgoingRecord } from '../shared/kafka/ports.ts';
import { textHeaders } from '../shared/kafka/record-headers.ts';
import { placeChunks } from '../policy/dispatch/place-chunks.ts';
import type { WaitingChunk, WorkerLoad } from '../policy/dispatch/place-chunks.ts';
import { giveUpTry, isWaiting } from './entry.ts';
import type { Entry } from './entry.ts';
import type { FleetView, Member } from './fleet-view.ts';
import type { MediaLengths } from './media-lengths.ts';
import { isWithinSpan } from './partition-progress.ts';
import { doneCaughtUpAtMs, entriesInFlight } from './term-state.ts';
import type { DispatchSettings, TermState } from './term-state.ts';

export interface DispatchPass {
  readonly state: TermState;
  readonly settings: DispatchSettings;
  readonly fleet: FleetView;
  readonly lengths: MediaLengths;
  readonly nowMs: number;
  readonly brokerNowMs: number;
}

/** Our clocks and the broker's may differ by this much where a start is judged by them. */
const startByMarginMs = 300;

/**
 * Gives up tries that cannot have started: untaken past their start-by, or no longer in their
 * worker's hands with no word in `done`. Both are concluded only when `fleet` and `done` were read
 * past that moment, else a slow reader would do running work again.
 */
export function concludeTries({ state, fleet, nowMs }: DispatchPass): void {
  const doneReadToMs = doneCaughtUpAtMs(state);
  for (const entry of entriesInFlight(state)) {
    for (const [key, live] of entry.liveTries) {
      const judgedAtMs = live.startByMs + startByMarginMs;
      const isUntaken =
        live.worker === null && Math.min(nowMs, fleet.caughtUpAtMs(), doneReadToMs) > judgedAtMs;
      const hasVanished = live.vanishedAtMs !== null && doneReadToMs > live.vanishedAtMs;
      if (isUntaken || hasVanished) giveUpTry(entry, key, nowMs);
    }
  }
}

/** Chooses what goes where, notes the tries, and returns the lane records to send. */
export function dispatch(pass: DispatchPass): readonly OutgoingRecord[] {
  const { state, settings } = pass;
  const workers = workerLoads(pass);
  if (workers.length === 0) return [];
  const waiting = waitingEntries(state);
  const placements = placeChunks(
    waiting.map((entry) => waitingChunk(pass, entry)),
    workers,
    settings,
  );
  const records: OutgoingRecord[] = [];
  for (const { key, worker } of placements) {
    const entry = state.entries.get(key);
    const member = pass.fleet.members().get(worker);
    if (entry === undefined || member === undefined) continue;
    const record = startTry(pass, entry, member);
    if (record !== null) records.push(record);
  }
  return records;
}

/** First in, first out, over all intake. Deadlines and spill order this list differently. */
function waitingEntries(state: TermState): readonly Entry[] {
  return [...state.entries.values()]
    .filter((entry) => isWaiting(entry) && mayBeTried(state, entry))
    .toSorted(
      (a, b) =>
        a.record.timestampMs - b.record.timestampMs || a.coordinates.offset - b.coordinates.offset,
    );
}

/**
 * A raised count of failed tries is committed before the next try, or a poison chunk could kill
 * workers for ever while dispatchers die; and only what the progress can record may be worked on.
 */
function mayBeTried(state: TermState, entry: Entry): boolean {
  const published = state.publishedAttempts.get(coordinatesKey(entry.coordinates));
  for (const key of entry.failedTries.keys()) {
    if (published?.has(key) !== true) return false;
  }
  const progress = state.progress.get(partitionKey(entry.record));
  return progress !== undefined && isWithinSpan(progress, entry.coordinates.offset);
}

function waitingChunk({ lengths, nowMs }: DispatchPass, entry: Entry): WaitingChunk {
  return {
    key: coordinatesKey(entry.coordinates),
    priority: entry.coordinates.priority,
    model: entry.chunk?.model ?? null,
    mediaMs: lengths.of(entry),
    waitedMs: nowMs - entry.waitingSinceMs,
    excludedWorkers: entry.excludedWorkers,
    isSuspect: entry.isSuspect,
  };
}

function workerLoads({ state, fleet, lengths }: DispatchPass): readonly WorkerLoad[] {
  const assigned = new Map<string, { chunks: number; mediaMs: number; holdsSuspect: boolean }>();
  for (const entry of entriesInFlight(state)) {
    for (const live of entry.liveTries.values()) {
      const worker = live.worker ?? live.sentTo?.worker;
      if (worker === undefined) continue;
      const sum = assigned.get(worker) ?? { chunks: 0, mediaMs: 0, holdsSuspect: false };
      assigned.set(worker, {
        chunks: sum.chunks + 1,
        mediaMs: sum.mediaMs + lengths.of(entry),
        holdsSuspect: sum.holdsSuspect || entry.isSuspect,
      });
    }
  }
  return [...fleet.members().values()]
    .filter(({ heartbeat, isGone }) => !isGone && heartbeat.state === 'ready')
    .map(({ heartbeat }) => {
      const sum = assigned.get(heartbeat.worker);
      return {
        worker: heartbeat.worker,
        priorities: new Set(heartbeat.partitions.map(({ priority }) => priority)),
        models: new Set(heartbeat.models.map(({ name }) => name)),
        slots: heartbeat.slots,
        speed: slowestSpeed(heartbeat.speeds),
        assignedChunks: sum?.chunks ?? 0,
        assignedMediaMs: sum?.mediaMs ?? 0,
        holdsSuspect: sum?.holdsSuspect ?? false,
      };
    });
}

/** A lane is filled by the slowest of the models in it: too little costs a pause, too much a deadline. */
function slowestSpeed(speeds: readonly { readonly speed: number }[]): number | null {
  return speeds.length === 0 ? null : Math.min(...speeds.map(({ speed }) => speed));
}

function startTry(pass: DispatchPass, entry: Entry, member: Member): OutgoingRecord | null {
  const { state, settings, nowMs, brokerNowMs } = pass;
  const { chunk, coordinates, record } = entry;
  const { heartbeat } = member;
  const partition = partitionFor(heartbeat.partitions, coordinates.priority, entry);
  if (chunk === null || partition === null) return null;
  const assignment = { coordinates, term: state.term.term, number: entry.nextNumber };
  entry.nextNumber += 1;
  const order = laneOrderFor(chunk, {
    assignment,
    attempt: entry.failedTries.size + 1,
    excludedWorkers: [...entry.excludedWorkers],
    dispatchedAtMs: Math.round(brokerNowMs),
    startByMs: Math.round(brokerNowMs + settings.startWithinMs),
    spilled: false,
  });
  entry.liveTries.set(attemptKey(assignment), {
    assignment,
    worker: null,
    sentTo: { worker: heartbeat.worker },
    startByMs: nowMs + settings.startWithinMs,
    vanishedAtMs: null,
  });
  state.inFlight.add(entry);
  return {
    topic: settings.topics.lane({ kind: heartbeat.kind, priority: coordinates.priority }),
    partition,
    key: record.key,
    value: record.value,
    headers: [...record.headers, ...textHeaders([[laneOrderHeader, encodeLaneOrder(order)]])],
  };
}

/** Spread over the partitions that the worker owns, so that none grows a tail. */
function partitionFor(
  owned: Member['heartbeat']['partitions'],
  priority: Priority,
  entry: Entry,
): number | null {
  const fitting = owned.filter((partition) => partition.priority === priority);
  return fitting[entry.coordinates.offset % Math.max(1, fitting.length)]?.partition ?? null;
}
