/**
 * When each worker last ended chunks. A worker with more in hand than slots starts one each time one
 * ends, which its heartbeats do not tell.
 */
export interface RecentEnds {
  /** Monotonic time at which a word of the worker about a chunk was read. */
  note(worker: string, atMs: number): void;
  /** The last `count` ends, oldest first; fewer where fewer are known. */
  last(worker: string, count: number): readonly number[];
  forget(worker: string): void;
}

/** No worker has more slots that matter to the reckoning. */
const endsKept = 64;

export function createRecentEnds(): RecentEnds {
  const ends = new Map<string, number[]>();
  return {
    note(worker, atMs) {
      const known = ends.get(worker) ?? [];
      ends.set(worker, known);
      known.push(atMs);
      if (known.length > endsKept) known.shift();
    },
    last: (worker, count) => (count <= 0 ? [] : (ends.get(worker) ?? []).slice(-count)),
    forget(worker) {
      ends.delete(worker);
    },
  };
}
