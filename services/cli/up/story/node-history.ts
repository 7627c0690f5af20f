import type { LocalPoolView } from '../../../local/nodes/local-pool.ts';

/** What became of one node; times are monotonic. */
interface NodeLife {
  /** `null`: it was there from the beginning. */
  readonly orderedAtMs: number | null;
  loadedAtMs: number | null;
  goneAtMs: number | null;
}

/** Which nodes there were, and when they booted, computed and left. */
export class NodeHistory {
  readonly #lives = new Map<string, NodeLife>();
  #hasLooked = false;

  /** @param loaded names of the nodes whose workers say that they are ready. */
  look(pools: readonly LocalPoolView[], loaded: ReadonlySet<string>, atMs: number): void {
    const present = new Set<string>();
    for (const { node } of pools.flatMap(({ nodes }) => nodes)) {
      present.add(node);
      const life = this.#lives.get(node) ?? {
        orderedAtMs: this.#hasLooked ? atMs : null,
        loadedAtMs: null,
        goneAtMs: null,
      };
      this.#lives.set(node, life);
      if (loaded.has(node)) life.loadedAtMs ??= atMs;
    }
    for (const [node, life] of this.#lives) if (!present.has(node)) life.goneAtMs ??= atMs;
    this.#hasLooked = true;
  }

  /** Whether a node that was ordered did not compute yet. */
  wasBootingAt(atMs: number): boolean {
    return [...this.#lives.values()].some(
      ({ orderedAtMs, loadedAtMs, goneAtMs }) =>
        orderedAtMs !== null &&
        orderedAtMs <= atMs &&
        atMs < (loadedAtMs ?? goneAtMs ?? Number.POSITIVE_INFINITY),
    );
  }

  ordered(): number {
    return this.#booted().length;
  }

  /** Ordered and loaded. */
  loaded(): number {
    return this.#booted().filter(({ loadedAtMs }) => loadedAtMs !== null).length;
  }

  /** Ordered, loaded, and gone again. */
  left(): number {
    return this.#booted().filter((life) => life.loadedAtMs !== null && life.goneAtMs !== null)
      .length;
  }

  /** From order to loaded worker, of those that got so far. */
  bootsMs(): readonly number[] {
    return this.#booted().flatMap(({ orderedAtMs, loadedAtMs }) =>
      orderedAtMs === null || loadedAtMs === null ? [] : [loadedAtMs - orderedAtMs],
    );
  }

  #booted(): readonly NodeLife[] {
    return [...this.#lives.values()].filter(({ orderedAtMs }) => orderedAtMs !== null);
  }
}
