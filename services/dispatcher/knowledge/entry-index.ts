import type { WaitingChunk } from '../../policy/dispatch/waiting-chunk.ts';
import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import { createWorkByWorker } from './assigned-work.ts';
import type { AssignedChunk, AssignedWork } from './assigned-work.ts';
import { isWaiting } from './entry.ts';
import type { Entry } from './entry.ts';
import type { MediaLengths } from './media-lengths.ts';

/**
 * Where every chunk of a term stands, kept right with each change of an entry, so that no event costs
 * a walk over all of them: of ten thousand that wait, one word of a worker concerns one.
 */
export interface EntryIndex {
  /** Takes in how the entry stands now. */
  note(entry: Entry): void;
  /** Takes in again what is held back, after progress or counts of failed tries were committed. */
  noteHeldBack(): void;
  /** Reckons media lengths and broker times anew where either has moved since they were noted. */
  reckon(brokerOffsetMs: number): void;
  /** Chunks that may be tried now, in no order; the same list until one of them changes. */
  waiting(): readonly WaitingChunk[];
  waitingEntries(): IterableIterator<Entry>;
  /** Waiting, but for a commit of what they failed, or for progress that can record them. */
  heldBack(): ReadonlySet<Entry>;
  inFlight(): ReadonlySet<Entry>;
  /** Ended and not settled, in the order of their ends. */
  ended(): ReadonlySet<Entry>;
  /** Not ended, with failed tries. */
  failing(): ReadonlySet<Entry>;
  /** Its outcome is published. */
  forget(entry: Entry): void;
  /** Entries with a try at the worker, in its lanes or in hand. */
  at(worker: string): ReadonlySet<Entry>;
  assignedTo(worker: string): AssignedWork;
  mediaMsOf(entry: Entry): number;
  /** Tells the policy to send this chunk first, as long as it waits. */
  hurry(entry: Entry): void;
}

/** Broker times of what was noted are wrong by this much at most. */
const offsetStepMs = 250;

export function createEntryIndex(parts: {
  readonly lengths: MediaLengths;
  /** Whether a chunk that nobody has may be sent. */
  readonly mayBeTried: (entry: Entry) => boolean;
}): EntryIndex {
  const { lengths, mayBeTried } = parts;
  const noted = new Map<Entry, AssignedChunk>();
  const waiting = createWaitingChunks();
  const heldBack = new Set<Entry>();
  const inFlight = new Set<Entry>();
  const ended = new Set<Entry>();
  const failing = new Set<Entry>();
  const work = createWorkByWorker();
  const reckoned = { brokerOffsetMs: 0, revision: lengths.revision() };

  const clear = (entry: Entry): void => {
    const before = noted.get(entry);
    if (before === undefined) return;
    work.remove(entry, before);
    noted.delete(entry);
    waiting.delete(entry);
    for (const standing of [inFlight, heldBack, failing]) standing.delete(entry);
  };
  const note = (entry: Entry): void => {
    clear(entry);
    if (entry.ending !== null) {
      ended.add(entry);
      return;
    }
    const { isSuspect, failedTries } = entry;
    const chunk = { mediaMs: lengths.of(entry), isSuspect, workers: workersOf(entry) };
    noted.set(entry, chunk);
    work.add(entry, chunk);
    if (failedTries.size > 0) failing.add(entry);
    if (!isWaiting(entry)) inFlight.add(entry);
    else if (!mayBeTried(entry)) heldBack.add(entry);
    else waiting.set(entry, waitingChunk(entry, chunk.mediaMs, reckoned.brokerOffsetMs));
  };

  return {
    note,
    noteHeldBack: () => Array.from(heldBack).forEach(note),
    reckon(brokerOffsetMs) {
      const movedMs = Math.abs(brokerOffsetMs - reckoned.brokerOffsetMs);
      const revision = lengths.revision();
      if (movedMs <= offsetStepMs && reckoned.revision === revision) return;
      Object.assign(reckoned, { brokerOffsetMs, revision });
      Array.from(noted.keys()).forEach(note);
    },
    waiting: () => waiting.list(),
    waitingEntries: () => waiting.entries(),
    heldBack: () => heldBack,
    inFlight: () => inFlight,
    ended: () => ended,
    failing: () => failing,
    forget: (entry) => void ended.delete(entry),
    at: (worker) => work.entriesAt(worker),
    assignedTo: (worker) => work.sumAt(worker),
    mediaMsOf: (entry) => noted.get(entry)?.mediaMs ?? lengths.of(entry),
    hurry: (entry) => waiting.hurry(entry),
  };
}

interface WaitingChunks {
  set(entry: Entry, chunk: WaitingChunk): void;
  delete(entry: Entry): void;
  hurry(entry: Entry): void;
  list(): readonly WaitingChunk[];
  entries(): IterableIterator<Entry>;
}

/** The list is made when it is asked for, not with each of the changes between two passes. */
function createWaitingChunks(): WaitingChunks {
  const chunks = new Map<Entry, WaitingChunk>();
  let list: readonly WaitingChunk[] | null = null;
  const set = (entry: Entry, chunk: WaitingChunk): void => {
    chunks.set(entry, chunk);
    list = null;
  };
  return {
    set,
    delete(entry) {
      if (chunks.delete(entry)) list = null;
    },
    hurry(entry) {
      const chunk = chunks.get(entry);
      if (chunk?.mustGoFirst === false) set(entry, { ...chunk, mustGoFirst: true });
    },
    list() {
      list ??= Array.from(chunks.values());
      return list;
    },
    entries: () => chunks.keys(),
  };
}

function workersOf({ liveTries }: Entry): readonly string[] {
  const workers: string[] = [];
  for (const { worker, sentTo } of liveTries.values()) {
    const has = worker ?? sentTo?.worker;
    if (has !== undefined && !workers.includes(has)) workers.push(has);
  }
  return workers;
}

function waitingChunk(entry: Entry, mediaMs: number, brokerOffsetMs: number): WaitingChunk {
  const { coordinates, chunk, record, excludedWorkers, isSuspect } = entry;
  return {
    key: coordinatesKey(coordinates),
    priority: coordinates.priority,
    model: chunk?.model ?? null,
    mediaMs,
    deadlineAtMs: chunk?.deadlineAtMs ?? record.timestampMs,
    waitingSinceMs: entry.waitingSinceMs + brokerOffsetMs,
    excludedWorkers,
    isSuspect,
    mustGoFirst: false,
  };
}
