import { parseRfc3339 } from '../../../shared/chunk/rfc3339.ts';
import type { KubernetesObject } from '../../../shared/kubernetes/ports.ts';
import { at, flagAt, listAt, textAt } from './json-path.ts';
import type { GpuSignal } from './kubernetes-pool.ts';

/** A condition of any object's status. */
export interface Condition {
  readonly type: string;
  /** `True`, `False` or `Unknown`. */
  readonly status: string;
  readonly reason: string | null;
  readonly message: string | null;
  /** Of older Cluster API objects: `Error`, `Warning` or `Info`. */
  readonly severity: string | null;
  /** By the clock of whoever wrote it, in epoch milliseconds. */
  readonly sinceAtMs: number | null;
}

export interface NodeFacts {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** By the server's clock, as all times of objects. */
  readonly createdAtMs: number | null;
  readonly isDeleted: boolean;
  readonly isUnschedulable: boolean;
  readonly taints: readonly { readonly key: string; readonly effect: string }[];
  readonly ready: Condition | null;
  /** Of the cloud's machine, as its claim knows it too. */
  readonly providerId: string | null;
  readonly allocatable: unknown;
}

export function nodeFacts({ metadata, spec, status }: KubernetesObject): NodeFacts {
  return {
    name: metadata.name,
    uid: metadata.uid ?? metadata.name,
    labels: metadata.labels ?? {},
    createdAtMs: timeOf(metadata.creationTimestamp),
    isDeleted: metadata.deletionTimestamp !== undefined,
    isUnschedulable: flagAt(spec, 'unschedulable'),
    taints: listAt(spec, 'taints').map((taint) => ({
      key: textAt(taint, 'key') ?? '',
      effect: textAt(taint, 'effect') ?? '',
    })),
    ready: conditionOf(listAt(status, 'conditions'), 'Ready'),
    providerId: textAt(spec, 'providerID'),
    allocatable: at(status, 'allocatable'),
  };
}

/** Whether the node gives GPUs to pods, by the signal of its pool. */
export function hasGpu(
  node: NodeFacts,
  gpu: GpuSignal,
  slices: readonly KubernetesObject[],
): boolean {
  if (gpu.kind === 'resource')
    return Number.parseFloat(textAt(node.allocatable, gpu.resource) ?? '0') > 0;
  return slices.some(
    ({ spec }) =>
      textAt(spec, 'nodeName') === node.name &&
      textAt(spec, 'driver') === gpu.driver &&
      listAt(spec, 'devices').length > 0,
  );
}

/**
 * The node that a pod holds; `null`: it is on none yet, or has ended. A pod that is being stopped holds
 * its node until it is gone.
 */
export function podNode({ spec, status }: KubernetesObject): string | null {
  const phase = textAt(status, 'phase');
  return phase === 'Succeeded' || phase === 'Failed' ? null : textAt(spec, 'nodeName');
}

export function conditionOf(conditions: readonly unknown[], type: string): Condition | null {
  const found = conditions.find((each) => textAt(each, 'type') === type);
  if (found === undefined) return null;
  return {
    type,
    status: textAt(found, 'status') ?? 'Unknown',
    reason: textAt(found, 'reason'),
    message: textAt(found, 'message'),
    severity: textAt(found, 'severity'),
    sinceAtMs: timeOf(textAt(found, 'lastTransitionTime')),
  };
}

/** `null`: none is given, or it is no time. */
export const timeOf = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : parseRfc3339(text);
