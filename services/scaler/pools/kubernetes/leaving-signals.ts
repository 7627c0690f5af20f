import type { NodeFacts } from './node-facts.ts';

interface TaintSignal {
  /** A key, or with `*` at its end the beginning of one. */
  readonly taint: string;
  readonly says: string;
}

/**
 * Taints by which others say that a node goes. Sources, read 2026-11-22: Karpenter
 * pkg/apis/v1/taints.go and v1beta1; Cluster Autoscaler utils/taints; kubernetes.io well-known labels,
 * annotations and taints; GKE's termination handler; AWS node termination handler, pkg/node/node.go.
 */
const leavingTaints: readonly TaintSignal[] = [
  { taint: 'karpenter.sh/disrupted', says: 'Karpenter removes it' },
  { taint: 'karpenter.sh/disruption', says: 'Karpenter removes it' },
  { taint: 'ToBeDeletedByClusterAutoscaler', says: 'the Cluster Autoscaler removes it' },
  { taint: 'DeletionCandidateOfClusterAutoscaler', says: 'the Cluster Autoscaler is to remove it' },
  { taint: 'node.kubernetes.io/unschedulable', says: 'it is cordoned' },
  { taint: 'node.kubernetes.io/out-of-service', says: 'it is out of service' },
  { taint: 'node.cloudprovider.kubernetes.io/shutdown', says: 'its machine is shut down' },
  { taint: 'cloud.google.com/impending-node-termination', says: 'the cloud takes it back' },
  { taint: 'aws-node-termination-handler/*', says: 'the cloud takes it back' },
];

/** Why the node is about to leave, by what stands on it alone; `null`: it is to stay. */
export function leavingCause(node: NodeFacts): string | null {
  if (node.isDeleted) return 'it is being deleted';
  if (node.isUnschedulable) return 'it is cordoned';
  for (const { key } of node.taints) {
    const signal = leavingTaints.find(({ taint }) => matches(key, taint));
    if (signal !== undefined) return signal.says;
  }
  // Not `NodeStatusNeverUpdated`: that one has not begun yet.
  if (node.ready?.reason === 'NodeStatusUnknown') return 'its kubelet has fallen silent';
  return null;
}

function matches(key: string, taint: string): boolean {
  return taint.endsWith('*') ? key.startsWith(taint.slice(0, -1)) : key === taint;
}
