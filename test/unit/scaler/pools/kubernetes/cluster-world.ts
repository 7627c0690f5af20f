import type { KubernetesPool } from '../../../../../services/scaler/pools/kubernetes/kubernetes-pool.ts';
import { kubernetesPools } from '../../../../../services/scaler/pools/kubernetes/kubernetes-pools.ts';
import type { KubernetesNodePools } from '../../../../../services/scaler/pools/kubernetes/kubernetes-pools.ts';
import type { PoolNode, PoolState } from '../../../../../services/shared/chunk/node-pools.ts';
import { formatRfc3339 } from '../../../../../services/shared/chunk/rfc3339.ts';
import { ManualClock, seededRandom } from '../../../../../services/shared/clock/manual.ts';
import {
  MemoryKubernetes,
  memoryClusters,
} from '../../../../../services/shared/kubernetes/memory/kubernetes.ts';
import type { MemoryKubernetesConnection } from '../../../../../services/shared/kubernetes/memory/kubernetes.ts';
import type { ResourceType, ScaleTarget } from '../../../../../services/shared/kubernetes/ports.ts';

const startAtMs = 1_795_000_000_000;

const karpenter = { group: 'karpenter.sh', version: 'v1', namespace: null };
const capi = { group: 'cluster.x-k8s.io', version: 'v1beta2', namespace: 'fleet' };
export const nodePool: ScaleTarget = { ...karpenter, plural: 'nodepools', name: 'gpu' };
export const nodeClaims: ResourceType = { ...karpenter, plural: 'nodeclaims' };
const deployment: ScaleTarget = { ...capi, plural: 'machinedeployments', name: 'gpu' };
const machines: ResourceType = { ...capi, plural: 'machines' };
export const nodes: ResourceType = { group: '', version: 'v1', plural: 'nodes', namespace: null };
export const pods: ResourceType = { ...nodes, plural: 'pods', namespace: 'spillway' };

export const gpuPool: KubernetesPool = {
  pool: 'gpu',
  target: nodePool,
  context: null,
  nodesContext: null,
  nodeLabels: { 'karpenter.sh/nodepool': 'gpu' },
  gpu: { kind: 'resource', resource: 'nvidia.com/gpu' },
  toleratedTaints: ['nvidia.com/gpu'],
  drainMs: 300_000,
};
export const capiPool: KubernetesPool = { ...gpuPool, target: deployment, nodeLabels: {} };

const workerLabels = { 'app.kubernetes.io/component': 'gpu-worker' };
const leader = { term: 1, sequence: 1 };

/** A cluster on the twin with one pool, its driver, and verbs for what controllers and clouds do. */
export class ClusterWorld {
  readonly clock = new ManualClock(startAtMs);
  readonly cluster = new MemoryKubernetes({ clock: this.clock, random: seededRandom(1) });
  readonly connection: MemoryKubernetesConnection = this.cluster.connect();
  readonly pools: KubernetesNodePools;
  readonly #pool: KubernetesPool;

  constructor(pool: KubernetesPool = gpuPool) {
    this.#pool = pool;
    this.pools = this.open();
  }

  /** Another scaler's driver. */
  open(): KubernetesNodePools {
    return kubernetesPools({
      clusters: memoryClusters({ '': this.connection }),
      pools: [this.#pool],
      workerPods: {
        labelSelector: 'app.kubernetes.io/component=gpu-worker',
        namespace: 'spillway',
      },
      clock: this.clock,
    });
  }

  async start(replicas: number): Promise<void> {
    const { name } = this.#pool.target;
    this.cluster.put(this.#pool.target, { metadata: { name }, spec: { replicas } });
    this.pools.start();
    await this.clock.elapseMs(0);
  }

  async elapse(seconds: number): Promise<void> {
    await this.clock.elapseMs(seconds * 1000);
  }

  async state(pools: KubernetesNodePools = this.pools): Promise<PoolState> {
    const known = (await pools.list()).get('gpu');
    if (known?.kind === 'known') return known.value;
    throw new Error(`expected a known pool, found ${JSON.stringify(known)}`);
  }

  async unknownCause(): Promise<string> {
    const known = (await this.pools.list()).get('gpu');
    if (known?.kind === 'unknown') return known.cause;
    throw new Error(`expected an unknown pool, found ${JSON.stringify(known)}`);
  }

  async nodesByName(): Promise<Readonly<Record<string, PoolNode>>> {
    const { nodes: found } = await this.state();
    return Object.fromEntries(found.map((node) => [node.node, node]));
  }

  async order(nodesDesired: number, pools: KubernetesNodePools = this.pools): Promise<void> {
    await pools.setDesired('gpu', { nodesDesired, leader });
  }

  /** As the pool's object says. */
  size(): number {
    const spec = this.cluster.find(this.#pool.target)?.spec;
    return (spec as { replicas: number }).replicas;
  }

  put(type: ResourceType, name: string, own: Readonly<Record<string, unknown>> = {}): void {
    const { labels, ...rest } = own as { readonly labels?: Readonly<Record<string, string>> };
    const before = this.cluster.find({ ...type, name })?.metadata;
    const metadata = {
      uid: `uid-${name}`,
      creationTimestamp: this.now(),
      ...(labels === undefined ? {} : { labels }),
      ...before,
      name,
    };
    this.cluster.put(type, { metadata, ...rest });
  }

  claim(name: string, own: Readonly<Record<string, unknown>> = {}): void {
    this.put(nodeClaims, name, { labels: { 'karpenter.sh/nodepool': 'gpu' }, ...own });
  }

  machine(name: string, own: Readonly<Record<string, unknown>> = {}): void {
    this.put(machines, name, { labels: { 'cluster.x-k8s.io/deployment-name': 'gpu' }, ...own });
  }

  node(name: string, own: NodeOptions = {}): void {
    const { taints = [], gpus = 0, isReady = false, unschedulable = false } = own;
    this.put(nodes, name, {
      labels: { 'karpenter.sh/nodepool': 'gpu' },
      spec: { providerID: `cloud://${name}`, unschedulable, taints: taints.map(taintOf) },
      status: {
        conditions: [this.condition('Ready', isReady)],
        allocatable: { cpu: '8', ...(gpus > 0 ? { 'nvidia.com/gpu': String(gpus) } : {}) },
      },
    });
  }

  /** A node that workers can use. */
  usableNode(name: string): void {
    this.node(name, { isReady: true, gpus: 1, taints: ['nvidia.com/gpu'] });
  }

  worker(name: string, node: string): void {
    this.put(pods, name, {
      labels: workerLabels,
      spec: { nodeName: node },
      status: { phase: 'Running' },
    });
  }

  condition(type: string, isTrue: boolean, own: Readonly<Record<string, unknown>> = {}): unknown {
    return { type, status: isTrue ? 'True' : 'False', lastTransitionTime: this.now(), ...own };
  }

  /** As API servers write times: whole seconds. */
  now(): string {
    return formatRfc3339(Math.floor(this.clock.nowMs() / 1000) * 1000);
  }
}

interface NodeOptions {
  readonly taints?: readonly string[];
  readonly gpus?: number;
  readonly isReady?: boolean;
  readonly unschedulable?: boolean;
}

/** `key` or `key:Effect`. */
function taintOf(text: string): unknown {
  const [key, effect = 'NoSchedule'] = text.split(':');
  return { key, effect };
}
