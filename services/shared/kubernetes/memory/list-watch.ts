import type { ReflectOptions } from '../ports.ts';
import type { ListPage, ListWatch, WatchEvent, WatchOptions } from '../reflector/list-watch.ts';
import { fitsSelector } from './label-selector.ts';
import { failure } from './link.ts';
import type { MemoryProgram } from './program.ts';
import type { StoredEvent, StoredObject } from './object-store.ts';

/** As often as a real server. */
const bookmarkMs = 60_000;

/** Lists and watches of one reflection, over the way from its program to the server. */
export class MemoryListWatch implements ListWatch {
  readonly subject: string;
  readonly #program: MemoryProgram;
  readonly #options: ReflectOptions;
  #begun: { readonly version: number; readonly items: readonly StoredObject[] } | null = null;

  constructor(program: MemoryProgram, options: ReflectOptions) {
    this.#program = program;
    this.#options = options;
    this.subject = options.type.plural;
  }

  async list(page: {
    readonly limit: number;
    readonly continueToken: string | null;
    readonly signal: AbortSignal;
  }): Promise<ListPage | 'expired'> {
    const { link, store } = this.#program;
    await link.ask('list', this.subject, page.signal);
    const from = Number(page.continueToken ?? 0);
    if (from === 0 || this.#begun === null) {
      this.#begun = { version: store.version, items: this.#selected() };
    }
    const { version, items } = this.#begun;
    if (from > 0 && version < store.forgottenUpTo) return 'expired';
    const end = from + page.limit;
    return {
      items: items.slice(from, end),
      resourceVersion: String(version),
      continueToken: end < items.length ? String(end) : null,
    };
  }

  async watch(options: WatchOptions): Promise<'ended' | 'expired'> {
    const { link } = this.#program;
    await link.ask('watch', this.subject, options.signal);
    if (options.signal.aborted) throw failure('unreachable', 'watch', this.subject);
    options.onOpen();
    return this.#follow(options);
  }

  #selected(): readonly StoredObject[] {
    const { type } = this.#options;
    return this.#program.store.list(type).filter((one) => this.#fits(one));
  }

  #fits(object: StoredObject): boolean {
    const { type, labelSelector } = this.#options;
    const isInNamespace = type.namespace === null || type.namespace === object.metadata.namespace;
    return isInNamespace && fitsSelector(object, labelSelector ?? null);
  }

  /** Through a selector, an object comes and goes as its labels begin and cease to fit. */
  #seen({ type, object, before }: StoredEvent): WatchEvent | null {
    const didFit = before !== null && this.#fits(before);
    const doesFit = type !== 'DELETED' && this.#fits(object);
    if (doesFit) return { type: didFit ? 'MODIFIED' : 'ADDED', object };
    return didFit ? { type: 'DELETED', object } : null;
  }

  #follow(options: WatchOptions): Promise<'ended' | 'expired'> {
    const { clock, link, store, watches } = this.#program;
    const { events, listeners } = store.shelf(this.#options.type);
    return new Promise((resolve, reject) => {
      let version = Number(options.resourceVersion);
      let cancelBookmark: () => void = () => undefined;
      const deliver = (): void => {
        if (link.hasSilentWatches) return;
        if (version < store.forgottenUpTo) return close(() => resolve('expired'));
        for (const event of events.filter((one) => one.version > version)) {
          version = event.version;
          const seen = this.#seen(event);
          if (seen !== null) options.onEvent(seen);
        }
      };
      const bookmark = (): void => {
        if (!link.hasSilentWatches) {
          version = store.version;
          options.onEvent({ type: 'BOOKMARK', resourceVersion: String(version) });
        }
        cancelBookmark = clock.after(bookmarkMs, bookmark);
      };
      const end = (): void => {
        if (!link.hasSilentWatches) close(() => resolve('ended'));
      };
      const breakOff = (): void =>
        close(() => reject(failure('unreachable', 'watch', this.subject)));
      const cancelEnd = clock.after(options.timeoutSeconds * 1000, end);
      const forgetLink = link.onRecover(deliver);
      const close = (settle: () => void): void => {
        cancelBookmark();
        cancelEnd();
        forgetLink();
        listeners.delete(deliver);
        watches.delete(handle);
        options.signal.removeEventListener('abort', breakOff);
        settle();
      };
      const handle = { end, breakOff };
      watches.add(handle);
      listeners.add(deliver);
      options.signal.addEventListener('abort', breakOff, { once: true });
      cancelBookmark = clock.after(bookmarkMs, bookmark);
      deliver();
    });
  }
}
