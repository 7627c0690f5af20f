import { formatRfc3339 } from '../../chunk/rfc3339.ts';
import { KubernetesError } from '../ports.ts';
import type { KubernetesApi, ReflectOptions, Reflection, Scale, ScaleTarget } from '../ports.ts';
import { Reflector } from '../reflector/reflector.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { failure } from './link.ts';
import type { Verb } from './link.ts';
import { MemoryListWatch } from './list-watch.ts';
import { mergePatched } from './merge-patch.ts';
import type { MemoryProgram } from './program.ts';

/** One program's view of the twin. */
export class MemoryKubernetesApi implements KubernetesApi {
  readonly #program: MemoryProgram;
  readonly #reflectors = new Set<Reflector>();

  constructor(program: MemoryProgram) {
    this.#program = program;
  }

  async readScale(target: ScaleTarget): Promise<Scale> {
    await this.#program.link.ask('get', scaleOf(target));
    return scale(existing(this.#program.store, target, 'get'));
  }

  async writeScale(
    target: ScaleTarget,
    wanted: { readonly replicas: number; readonly resourceVersion: string },
  ): Promise<Scale> {
    const { store, link } = this.#program;
    const lost = await link.ask('update', scaleOf(target));
    const object = existing(store, target, 'update');
    if (object.metadata.resourceVersion !== wanted.resourceVersion) {
      throw failure('conflict', 'update', scaleOf(target));
    }
    if (!Number.isSafeInteger(wanted.replicas) || wanted.replicas < 0) {
      throw failure('invalid', 'update', scaleOf(target));
    }
    const patch = { spec: { replicas: wanted.replicas } };
    const written = this.#write(target, mergePatched(object, patch));
    if (lost !== null) throw failure(lost, 'update', scaleOf(target));
    return scale(written);
  }

  async annotate(
    target: ScaleTarget,
    annotations: Readonly<Record<string, string | null>>,
  ): Promise<void> {
    const { store, link } = this.#program;
    const lost = await link.ask('patch', target.plural);
    const object = existing(store, target, 'patch');
    this.#write(target, mergePatched(object, { metadata: { annotations } }));
    if (lost !== null) throw failure(lost, 'patch', target.plural);
  }

  reflect(options: ReflectOptions): Reflection {
    const { clock, random, settings } = this.#program;
    const listWatch = new MemoryListWatch(this.#program, options);
    const reflector = new Reflector({ listWatch, clock, random, settings });
    this.#reflectors.add(reflector);
    return reflector;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#reflectors].map((reflector) => reflector.stop()));
  }

  #write(target: ScaleTarget, object: StoredObject): StoredObject {
    const { store, clock } = this.#program;
    return store.write(target, object, formatRfc3339(clock.nowMs()));
  }
}

const scaleOf = ({ plural }: ScaleTarget): string => `${plural}/scale`;

function existing(store: ObjectStore, target: ScaleTarget, verb: Verb): StoredObject {
  const object = store.find(target, target.name);
  if (object === null) throw failure('not-found', verb, `${target.plural} ${target.name}`);
  return object;
}

/** As the servers of all kinds we size do: Karpenter counts nodes, the others replicas. */
function scale({ metadata, spec, status }: StoredObject): Scale {
  if (metadata.resourceVersion === undefined) {
    throw new KubernetesError('unexpected', `Object ${metadata.name} has no version.`);
  }
  return {
    replicasDesired: count(spec, 'replicas') ?? 0,
    replicas: count(status, 'replicas') ?? count(status, 'nodes') ?? 0,
    resourceVersion: metadata.resourceVersion,
  };
}

function count(part: unknown, name: string): number | null {
  if (part === null || typeof part !== 'object') return null;
  const value = Object.entries(part).find(([key]) => key === name)?.[1];
  return typeof value === 'number' ? value : null;
}
