import type { KubernetesObject } from '../ports.ts';

export interface ListPage {
  readonly items: readonly KubernetesObject[];
  /** Of the whole list: a watch from here on misses nothing. */
  readonly resourceVersion: string;
  /** Asks for the next page; `null`: this is the last. */
  readonly continueToken: string | null;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubernetesObject }
  /** Nothing changed up to this version. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface WatchOptions {
  readonly resourceVersion: string;
  /** When the server is to end the watch. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** The server has taken the watch on; events may follow. */
  onOpen(): void;
  onEvent(event: WatchEvent): void;
}

/**
 * What a copy of all objects of a type is made from. `expired` (410): the server does not remember
 * that version, or that page, any more.
 */
export interface ListWatch {
  /** For messages: `nodes`, `machines.cluster.x-k8s.io in namespace video`. */
  readonly subject: string;
  /**
   * Ends within seconds.
   * @throws KubernetesError
   */
  list(page: {
    readonly limit: number;
    readonly continueToken: string | null;
    readonly signal: AbortSignal;
  }): Promise<ListPage | 'expired'>;
  /**
   * Resolves when the server ends the watch in order, rejects when it breaks off, or when `signal`
   * aborts.
   * @throws KubernetesError
   */
  watch(options: WatchOptions): Promise<'ended' | 'expired'>;
}
