import type { Clock } from '../../../../../services/shared/clock/ports.ts';
import { KubernetesError } from '../../../../../services/shared/kubernetes/ports.ts';
import type { KubernetesObject } from '../../../../../services/shared/kubernetes/ports.ts';
import type {
  ListPage,
  ListWatch,
  WatchOptions,
} from '../../../../../services/shared/kubernetes/reflector/list-watch.ts';

type WatchEnd = 'ended' | 'expired' | KubernetesError;

/** A server that does with every watch what the test says, and notes when it was asked for what. */
export class ScriptedServer implements ListWatch {
  readonly subject = 'nodes';
  readonly asked: { readonly what: 'list' | 'watch'; readonly atMs: number }[] = [];
  items: readonly KubernetesObject[] = [];
  listEnd: 'expired' | KubernetesError | null = null;
  /** `null`: the watch stays open. */
  watchEnd: WatchEnd | null = null;
  readonly open: { readonly options: WatchOptions; readonly end: (how: WatchEnd) => void }[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  list(): Promise<ListPage | 'expired'> {
    this.#note('list');
    if (this.listEnd === 'expired') return Promise.resolve('expired');
    if (this.listEnd !== null) return Promise.reject(this.listEnd);
    return Promise.resolve({ items: this.items, resourceVersion: '1', continueToken: null });
  }

  watch(options: WatchOptions): Promise<'ended' | 'expired'> {
    this.#note('watch');
    return new Promise((resolve, reject) => {
      const end = (how: WatchEnd): void => {
        if (how instanceof KubernetesError) reject(how);
        else resolve(how);
      };
      options.signal.addEventListener('abort', () =>
        end(new KubernetesError('unreachable', 'given up')),
      );
      options.onOpen();
      this.open.push({ options, end });
      if (this.watchEnd !== null) end(this.watchEnd);
    });
  }

  count(what: 'list' | 'watch'): number {
    return this.asked.filter((one) => one.what === what).length;
  }

  #note(what: 'list' | 'watch'): void {
    this.asked.push({ what, atMs: this.#clock.monotonicMs() });
  }
}
