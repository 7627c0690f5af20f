import { LineSplitter } from '../../../services/local/processes/log-lines.ts';
import { systemClock } from '../../../services/shared/clock/system.ts';
import type { ClusterClient, ClusterList, ClusterObject } from './cluster-client.ts';

export interface FollowOptions<Item> {
  readonly client: ClusterClient;
  /** `/api/v1/pods`, with a query if need be. */
  readonly path: string;
  readonly onChanged: (item: Item) => void;
  readonly onGone: (item: Item) => void;
}

interface WatchEvent<Item> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Item;
}

const watchSeconds = 240;
const retryMs = 200;

/** The objects of one path as they are by the last event: list, watch, and again after any break. */
export class Following<Item extends ClusterObject> {
  readonly #options: FollowOptions<Item>;
  readonly #stopping = new AbortController();
  readonly #items = new Map<string, Item>();
  readonly #running: Promise<void>;
  #destroyWatch = (): void => undefined;

  constructor(options: FollowOptions<Item>) {
    this.#options = options;
    this.#running = this.#run();
  }

  items(): readonly Item[] {
    return [...this.#items.values()];
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#destroyWatch();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#watch(await this.#list());
      } catch {
        // Whatever it was, the list that comes next heals it.
        await systemClock.sleepMs(retryMs, signal);
      }
    }
  }

  async #list(): Promise<string> {
    const { client, path, onGone } = this.#options;
    const list = await client.get<ClusterList<Item>>(path);
    const present = new Set(list.items.map(keyOf));
    for (const [key, item] of this.#items) {
      if (present.has(key)) continue;
      this.#items.delete(key);
      onGone(item);
    }
    for (const item of list.items) this.#change(item);
    return list.metadata.resourceVersion;
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { client, path } = this.#options;
    const query = `watch=true&resourceVersion=${resourceVersion}&timeoutSeconds=${watchSeconds}`;
    const body = await client.stream(`${path}${path.includes('?') ? '&' : '?'}${query}`);
    this.#destroyWatch = () => body.destroy();
    if (this.#stopping.signal.aborted) body.destroy();
    const splitter = new LineSplitter((line) => this.#event(JSON.parse(line) as WatchEvent<Item>));
    body.setEncoding('utf8');
    for await (const piece of body) splitter.push(String(piece));
  }

  #event({ type, object }: WatchEvent<Item>): void {
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        this.#change(object);
        break;
      case 'DELETED':
        this.#items.delete(keyOf(object));
        this.#options.onGone(object);
        break;
      case 'BOOKMARK':
        break;
      case 'ERROR':
        throw new Error(`the watch ended: ${JSON.stringify(object)}`);
    }
  }

  #change(item: Item): void {
    const key = keyOf(item);
    const known = this.#items.get(key);
    // One that was deleted and made anew between two lists is another one.
    if (known !== undefined && known.metadata.uid !== item.metadata.uid) {
      this.#options.onGone(known);
    }
    this.#items.set(key, item);
    this.#options.onChanged(item);
  }
}

const keyOf = ({ metadata }: ClusterObject): string =>
  `${metadata.namespace ?? ''}/${metadata.name}`;
