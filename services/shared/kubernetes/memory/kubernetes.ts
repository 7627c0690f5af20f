import { formatRfc3339 } from '../../chunk/rfc3339.ts';
import type { Clock, Random } from '../../clock/ports.ts';
import { KubernetesError } from '../ports.ts';
import type {
  KubernetesApi,
  KubernetesClusters,
  KubernetesObject,
  ResourceType,
  ScaleTarget,
} from '../ports.ts';
import { reflectorSettings } from '../reflector/pace.ts';
import type { ReflectorSettings } from '../reflector/pace.ts';
import { MemoryKubernetesApi } from './api.ts';
import { Link } from './link.ts';
import type { CallFault, Verb } from './link.ts';
import { mergePatched } from './merge-patch.ts';
import { ObjectStore } from './object-store.ts';
import type { StoredObject } from './object-store.ts';
import type { MemoryProgram } from './program.ts';

/** What a test can do to one program's way to the server. */
export interface KubernetesFaults {
  /** Lets calls fail; with `isApplied` a write is done and only its answer lost. */
  fail(fault: CallFault): void;
  /**
   * `watches` hang half open: they stay and bring no word. `everything`: calls run into their
   * time-outs as well.
   */
  silence(what: 'watches' | 'everything'): void;
  /** Ends all faults; silent watches bring what they missed. */
  recover(): void;
  /** The server ends all watches in order, or the network breaks them. */
  endWatches(how: 'in order' | 'broken'): void;
  /** Everything that was asked since the program began, in order. */
  requests(): readonly { readonly verb: Verb; readonly subject: string }[];
}

export interface MemoryKubernetesConnection extends KubernetesApi {
  readonly faults: KubernetesFaults;
}

/** How long a call waits for an answer, unless the test says otherwise. */
const requestTimeoutMsDefault = 10_000;

/**
 * A twin of the port's verbs, not of an API server: any object of any type is taken as it is, and
 * every type has a `scale` subresource. Its reflections are the real ones on lists and watches of its
 * own. An event reaches them within the call that causes it; starting, retries and time-outs need
 * the clock to be moved (`elapseMs(0)` lets a reflection read its first list).
 */
export class MemoryKubernetes {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #requestTimeoutMs: number;
  readonly #store = new ObjectStore();

  constructor(options: {
    readonly clock: Clock;
    readonly random: Random;
    readonly requestTimeoutMs?: number;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? requestTimeoutMsDefault;
  }

  /** A program of its own, with a way to the server of its own. */
  connect(
    options: { readonly reflector?: Partial<ReflectorSettings> } = {},
  ): MemoryKubernetesConnection {
    const program: MemoryProgram = {
      store: this.#store,
      link: new Link(this.#clock, this.#requestTimeoutMs),
      clock: this.#clock,
      random: this.#random,
      settings: { ...reflectorSettings, ...options.reflector },
      watches: new Set(),
    };
    return Object.assign(new MemoryKubernetesApi(program), { faults: faultsOf(program) });
  }

  /** Creates the object, or writes it whole over what was there, as its owner does. */
  put(type: ResourceType, object: KubernetesObject): KubernetesObject {
    return this.#write(type, { ...object });
  }

  /**
   * JSON merge patch, status included.
   * @throws KubernetesError `not-found`.
   */
  patch(target: ScaleTarget, patch: Readonly<Record<string, unknown>>): KubernetesObject {
    const object = this.#store.find(target, target.name);
    if (object === null) {
      throw new KubernetesError('not-found', `The twin has no ${target.plural} ${target.name}.`);
    }
    return this.#write(target, mergePatched(object, patch));
  }

  /** Nothing happens if there is none. */
  remove(target: ScaleTarget): void {
    this.#store.remove(target, target.name);
  }

  find(target: ScaleTarget): KubernetesObject | null {
    return this.#store.find(target, target.name);
  }

  list(type: ResourceType): readonly KubernetesObject[] {
    return this.#store.list(type);
  }

  /** Forgets what changed up to now: watches that have not seen it must list again (410). */
  forgetChanges(): void {
    this.#store.forget();
  }

  #write(type: ResourceType, object: StoredObject): StoredObject {
    return this.#store.write(type, object, formatRfc3339(this.#clock.nowMs()));
  }
}

/** Clusters of a kubeconfig that has these contexts; `null` is the key `''`. */
export function memoryClusters(
  clusters: Readonly<Record<string, KubernetesApi>>,
): KubernetesClusters {
  return {
    cluster: (context) => {
      const api = clusters[context ?? ''];
      if (api !== undefined) return api;
      throw new KubernetesError('unexpected', `There is no context "${context}".`);
    },
    close: async () => {
      await Promise.all(Object.values(clusters).map((api) => api.close()));
    },
  };
}

function faultsOf({ link, watches }: MemoryProgram): KubernetesFaults {
  return {
    fail: (fault) => link.fail(fault),
    silence: (what) => link.silence(what),
    recover: () => link.recover(),
    endWatches: (how) => {
      for (const watch of watches) {
        if (how === 'broken') watch.breakOff();
        else watch.end();
      }
    },
    requests: () => [...link.requests],
  };
}
