import type { Entry } from './entry.ts';

/** What one worker has, in its lanes and in hand. */
export interface AssignedWork {
  readonly chunks: number;
  readonly mediaMs: number;
  readonly holdsSuspect: boolean;
}

/** A chunk with the workers that have it, as it was noted. */
export interface AssignedChunk {
  readonly mediaMs: number;
  readonly isSuspect: boolean;
  /** Each once; empty while it waits. */
  readonly workers: readonly string[];
}

/** What all workers have. Sums are kept by adding and taking away, never by counting anew. */
export interface WorkByWorker {
  add(entry: Entry, chunk: AssignedChunk): void;
  /** With what it was added with. */
  remove(entry: Entry, chunk: AssignedChunk): void;
  entriesAt(worker: string): ReadonlySet<Entry>;
  sumAt(worker: string): AssignedWork;
}

const noEntries: ReadonlySet<Entry> = new Set();
const emptyWork = { entries: noEntries, mediaMs: 0, suspects: 0 };

export function createWorkByWorker(): WorkByWorker {
  const works = new Map<string, { entries: Set<Entry>; mediaMs: number; suspects: number }>();
  return {
    add(entry, { workers, mediaMs, isSuspect }) {
      for (const worker of workers) {
        const work = works.get(worker) ?? { entries: new Set(), mediaMs: 0, suspects: 0 };
        works.set(worker, work);
        work.entries.add(entry);
        work.mediaMs += mediaMs;
        if (isSuspect) work.suspects += 1;
      }
    },
    remove(entry, { workers, mediaMs, isSuspect }) {
      for (const worker of workers) {
        const work = works.get(worker);
        if (work?.entries.delete(entry) !== true) continue;
        work.mediaMs -= mediaMs;
        if (isSuspect) work.suspects -= 1;
        if (work.entries.size === 0) works.delete(worker);
      }
    },
    entriesAt: (worker) => works.get(worker)?.entries ?? noEntries,
    sumAt(worker) {
      const { entries, mediaMs, suspects } = works.get(worker) ?? emptyWork;
      return { chunks: entries.size, mediaMs, holdsSuspect: suspects > 0 };
    },
  };
}
