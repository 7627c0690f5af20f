import type { Clock, Random } from '../../clock/ports.ts';
import { KubernetesError } from '../ports.ts';
import type { KubernetesApi, ReflectOptions, Reflection, Scale, ScaleTarget } from '../ports.ts';
import type { ReflectorSettings } from '../reflector/pace.ts';
import { Reflector } from '../reflector/reflector.ts';
import type { ApiRequest } from './api-request.ts';
import { describeRequest } from './api-request.ts';
import { RefusedForNow } from './calls.ts';
import type { Calls } from './calls.ts';
import { HttpListWatch } from './http-list-watch.ts';
import { field, textField } from './json-field.ts';
import { objectPath, scalePath } from './resource-path.ts';
import type { ServerConnection } from './server-connection.ts';

export interface ApiParts {
  readonly connection: ServerConnection;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly random: Random;
  readonly reflector: ReflectorSettings;
  /** Until an answer begins. */
  readonly timeoutMs: number;
}

/** One cluster over its API server. */
export class HttpKubernetesApi implements KubernetesApi {
  readonly #parts: ApiParts;
  readonly #reflectors = new Set<Reflector>();

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  readScale(target: ScaleTarget): Promise<Scale> {
    return this.#scale(scaleRequest('get', target));
  }

  async writeScale(
    target: ScaleTarget,
    wanted: { readonly replicas: number; readonly resourceVersion: string },
  ): Promise<Scale> {
    const { name, namespace } = target;
    try {
      return await this.#scale({
        ...scaleRequest('update', target),
        body: {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: {
            name,
            ...(namespace === null ? {} : { namespace }),
            resourceVersion: wanted.resourceVersion,
          },
          spec: { replicas: wanted.replicas },
        },
      });
    } catch (error) {
      if (!isDoubtful(error)) throw error;
      return this.#readBack(target, wanted, error);
    }
  }

  async annotate(
    target: ScaleTarget,
    annotations: Readonly<Record<string, string | null>>,
  ): Promise<void> {
    await this.#body({
      verb: 'patch',
      type: target,
      resource: target.plural,
      name: target.name,
      path: objectPath(target),
      body: { metadata: { annotations } },
    });
  }

  reflect(options: ReflectOptions): Reflection {
    const { clock, random, reflector: settings } = this.#parts;
    const listWatch = new HttpListWatch(this.#parts, options);
    const reflector = new Reflector({ listWatch, clock, random, settings });
    this.#reflectors.add(reflector);
    return reflector;
  }

  async close(): Promise<void> {
    const stopped = [...this.#reflectors].map((reflector) => reflector.stop());
    this.#parts.connection.close();
    await Promise.all(stopped);
  }

  /**
   * The answer to a write was lost: only the object tells whether it was done. It is not written
   * again here, since whoever asked may want another number by now.
   */
  async #readBack(
    target: ScaleTarget,
    wanted: { readonly replicas: number; readonly resourceVersion: string },
    lost: KubernetesError,
  ): Promise<Scale> {
    let found: Scale;
    try {
      found = await this.readScale(target);
    } catch (cause) {
      const text = `${lost.message} Whether it was written is not known.`;
      throw new KubernetesError('unreachable', text, { cause });
    }
    if (found.replicasDesired === wanted.replicas) return found;
    const isUntouched = found.resourceVersion === wanted.resourceVersion;
    throw new KubernetesError(
      isUntouched ? 'unreachable' : 'conflict',
      `${lost.message} Reading it back, it ${isUntouched ? 'is not written so far' : 'has changed'}: ` +
        `it wants ${found.replicasDesired}, not ${wanted.replicas}.`,
      { cause: lost },
    );
  }

  async #scale(request: ApiRequest): Promise<Scale> {
    const body = await this.#body(request);
    const resourceVersion = textField(field(body, 'metadata'), 'resourceVersion');
    // Servers leave zeros out.
    const replicasDesired = field(field(body, 'spec'), 'replicas') ?? 0;
    const replicas = field(field(body, 'status'), 'replicas') ?? 0;
    if (
      resourceVersion === null ||
      typeof replicasDesired !== 'number' ||
      typeof replicas !== 'number'
    ) {
      throw this.#unexpected(request, 'the answer is no Scale');
    }
    return { replicasDesired, replicas, resourceVersion };
  }

  async #body(request: ApiRequest): Promise<unknown> {
    const answer = await this.#parts.calls.call(request);
    if (answer === 'expired') throw this.#unexpected(request, '410');
    return answer.body;
  }

  #unexpected(request: ApiRequest, text: string): KubernetesError {
    const { server } = this.#parts.connection;
    return new KubernetesError(
      'unexpected',
      `Asked ${server} to ${describeRequest(request)}: ${text}.`,
    );
  }
}

/** No answer, or one that leaves open whether it was done. */
const isDoubtful = (error: unknown): error is KubernetesError =>
  error instanceof KubernetesError &&
  error.code === 'unreachable' &&
  !(error instanceof RefusedForNow);

const scaleRequest = (verb: 'get' | 'update', target: ScaleTarget): ApiRequest => ({
  verb,
  type: target,
  resource: `${target.plural}/scale`,
  name: target.name,
  path: scalePath(target),
});
