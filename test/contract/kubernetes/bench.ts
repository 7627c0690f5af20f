import { expect } from 'vitest';
import { KubernetesError } from '../../../services/shared/kubernetes/ports.ts';
import type {
  KubernetesApi,
  KubernetesErrorCode,
  KubernetesObject,
  Reflection,
  ResourceType,
  ScaleTarget,
} from '../../../services/shared/kubernetes/ports.ts';
import type { ReflectorSettings } from '../../../services/shared/kubernetes/reflector/pace.ts';
import { clusterPoolType, poolType } from './harness.ts';
import type { KubernetesHarness } from './harness.ts';

/** After this long by the harness's clock, what was waited for will not happen any more. */
const patienceMs = 15_000;

/** Gives the bench of the test that runs. */
export type CurrentBench = () => Bench;

/** One test's view of the cluster: a namespace of its own, and everything it opened is closed. */
export class Bench {
  readonly harness: KubernetesHarness;
  readonly api: KubernetesApi;
  readonly type: ResourceType & { readonly namespace: string };
  readonly #namespace: string;
  readonly #reflections: Reflection[] = [];

  constructor(harness: KubernetesHarness, namespace: string) {
    this.harness = harness;
    this.#namespace = namespace;
    this.api = harness.connect();
    this.type = { ...poolType, namespace };
  }

  async open(): Promise<this> {
    await this.harness.createNamespace(this.#namespace);
    return this;
  }

  target(name: string): ScaleTarget {
    return { ...this.type, name };
  }

  clusterTarget(name: string): ScaleTarget {
    return { ...clusterPoolType, name: `${this.#namespace}-${name}` };
  }

  async put(name: string, parts: Partial<KubernetesObject> = {}): Promise<ScaleTarget> {
    const target = this.target(name);
    await this.harness.put(this.type, pool(name, parts));
    return target;
  }

  /** Started, and with its first list. */
  async reflected(
    options: {
      readonly labelSelector?: string;
      readonly reflector?: Partial<ReflectorSettings>;
    } = {},
  ): Promise<Reflection> {
    const { labelSelector, reflector } = options;
    const api = reflector === undefined ? this.api : this.harness.connect(reflector);
    const reflection = api.reflect({
      type: this.type,
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
    this.#reflections.push(reflection);
    reflection.start();
    await this.until('the first list', () => Number.isFinite(reflection.staleMs()));
    return reflection;
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const { clock } = this.harness;
    const giveUpAtMs = clock.monotonicMs() + patienceMs;
    while (!(await isTrue())) {
      if (clock.monotonicMs() > giveUpAtMs) throw new Error(`not within ${patienceMs} ms: ${what}`);
      await this.harness.letTimePass();
    }
  }

  /** Waits until the reflection holds exactly what a fresh list holds. */
  async untilEqual(reflection: Reflection): Promise<void> {
    const fresh = await this.harness.list(this.type);
    try {
      await this.until('equal to a fresh list', () => {
        const copy = byName(reflection.objects());
        return (
          copy.size === fresh.size &&
          [...fresh].every(([name, one]) => version(copy.get(name)) === version(one))
        );
      });
    } finally {
      expect(byName(reflection.objects())).toEqual(fresh);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#reflections.map((reflection) => reflection.stop()));
    await this.api.close();
  }
}

const byName = (objects: readonly KubernetesObject[]): ReadonlyMap<string, KubernetesObject> =>
  new Map(objects.map((one) => [one.metadata.name, one]));

export const names = (reflection: Reflection): readonly string[] =>
  reflection
    .objects()
    .map(({ metadata }) => metadata.name)
    .toSorted();

const version = (object: KubernetesObject | undefined): string | undefined =>
  object?.metadata.resourceVersion;

export function pool(name: string, parts: Partial<KubernetesObject> = {}): KubernetesObject {
  return { spec: { replicas: 1 }, ...parts, metadata: { name, ...parts.metadata } };
}

/** The code of the error with which `call` fails; `done` if it does not. */
export async function outcome(call: Promise<unknown>): Promise<KubernetesErrorCode | 'done'> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof KubernetesError) return error.code;
    throw error;
  }
}
