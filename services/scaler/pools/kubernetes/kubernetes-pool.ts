import type { ScaleTarget } from '../../../shared/kubernetes/ports.ts';

/** How a node shows that its GPUs can be used. */
export type GpuSignal =
  /** By a device plugin: a count of this name in the node's allocatable resources. */
  | { readonly kind: 'resource'; readonly resource: string }
  /** By dynamic resource allocation: a ResourceSlice of this driver for the node. */
  | { readonly kind: 'driver'; readonly driver: string };

/** A pool of nodes that the `scale` subresource of one object sizes. */
export interface KubernetesPool {
  readonly pool: string;
  readonly target: ScaleTarget;
  /** Of the kubeconfig; `null`: the cluster that this program runs in or for. */
  readonly context: string | null;
  /** The cluster that its nodes join; another one where a management cluster holds the object. */
  readonly nodesContext: string | null;
  /** Nodes that carry all of these are the pool's; empty: those that its claims name. */
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly gpu: GpuSignal;
  /** Keys of taints that its workers tolerate for good; all others keep a node from counting. */
  readonly toleratedTaints: readonly string[];
  /** How long at most a node that is to go waits for its workers to leave first. */
  readonly drainMs: number;
}

/** Which pods are workers. */
export interface WorkerPods {
  readonly labelSelector: string;
  /** `null`: in all namespaces. */
  readonly namespace: string | null;
}
