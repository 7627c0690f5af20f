import type { ClusterClient } from '../../support/kubernetes/cluster-client.ts';

/** Nodes without GPUs, there from the beginning, for dispatchers, scalers and CPU workers. */
export async function makePlainNodes(client: ClusterClient, count: number): Promise<void> {
  const resources = { cpu: '64', memory: '256Gi', pods: '110' };
  for (let number = 1; number <= count; number += 1) {
    const name = `plain-${number}`;
    await client.create('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      status: { capacity: resources, allocatable: resources },
    });
  }
}
