/**
 * What Spillway asks of Kubernetes, in its own words. The real adapter lives in `api/`, the twin in
 * `memory/`; both pass `test/contract/kubernetes`. Every call ends within seconds: with its answer, or
 * with a `KubernetesError`.
 */

/** A kind of object, in all namespaces or one. `group` is empty for the core group. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** `null`: cluster-scoped, or all namespaces. */
  readonly namespace: string | null;
}

/** One object that has a `scale` subresource. */
export interface ScaleTarget extends ResourceType {
  readonly name: string;
}

export interface Scale {
  readonly replicasDesired: number;
  /** What its controller says there are. */
  readonly replicas: number;
  /** Of the object: whoever writes with it is refused if it has changed since. */
  readonly resourceVersion: string;
}

/** Of any object, what all have; the rest as JSON. */
export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    /** RFC 3339. */
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

export type KubernetesErrorCode =
  /** No answer in time, a broken connection, 5xx or 429 after its wait: nothing is known; ask again. */
  | 'unreachable'
  /** 409: the object has changed since it was read. */
  | 'conflict'
  /** 404: neither the object nor, perhaps, its type. */
  | 'not-found'
  /** 401 and 403: somebody must give this program its rights. */
  | 'forbidden'
  /** 400 and 422: it refuses what we write. */
  | 'invalid'
  | 'unexpected';

export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly code: KubernetesErrorCode;
  /** How long the server asked to be left alone; `null`: it did not say. */
  readonly retryAfterMs: number | null;

  constructor(
    code: KubernetesErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number | null } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

export interface ReflectOptions {
  readonly type: ResourceType;
  /** `karpenter.sh/nodepool=gpu`; left out: all. */
  readonly labelSelector?: string;
}

/** A copy of all objects of one type, kept by list and watch. */
export interface Reflection {
  /** Begins; what goes wrong shows in `staleMs` and `problem`, never as an error. */
  start(): void;
  /** In no order; as of the last event. */
  objects(): readonly KubernetesObject[];
  /**
   * Since the server last proved that the copy is whole (a list, an event, a bookmark, or a watch that
   * it ended in order); infinite before the first list. Where nothing changes, servers prove it about
   * once a minute at best; after 90 s without a proof the copy is read anew.
   */
  staleMs(): number;
  /** Why it is not current; `null`: it is. */
  problem(): string | null;
  stop(): Promise<void>;
}

/** One cluster, seen with the rights of this program. */
export interface KubernetesApi {
  readScale(target: ScaleTarget): Promise<Scale>;
  /**
   * Compare and set. After a lost answer it reads back and never writes twice, so that what it returns
   * is what stands. Writing the number that stands already may leave the version as it is: that
   * fences nobody.
   *
   * @throws KubernetesError `conflict` if the object is not at that version any more; `unreachable`
   *   if it was not written so far, or if nobody knows.
   */
  writeScale(
    target: ScaleTarget,
    wanted: { readonly replicas: number; readonly resourceVersion: string },
  ): Promise<Scale>;
  /** Sets annotations of one object and leaves its others; `null` removes one. */
  annotate(
    target: ScaleTarget,
    annotations: Readonly<Record<string, string | null>>,
  ): Promise<void>;
  reflect(options: ReflectOptions): Reflection;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Clusters by context of the kubeconfig; `null` is the one that this program runs in or for. */
export interface KubernetesClusters {
  /** @throws KubernetesError `unexpected` if there is no such context. */
  cluster(context: string | null): KubernetesApi;
  close(): Promise<void>;
}
