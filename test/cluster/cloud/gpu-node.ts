import type {
  ClusterClient,
  ClusterList,
  ClusterObject,
} from '../../support/kubernetes/cluster-client.ts';
import { until } from '../../support/kubernetes/until.ts';

export const gpuTaint = { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' } as const;

interface NodeWanted {
  readonly name: string;
  readonly providerId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const drainMsMax = 60_000;

/** What a kubelet sends when it joins: a node that is not ready yet and has no GPU to give. */
export async function joinNode(client: ClusterClient, wanted: NodeWanted): Promise<void> {
  const { name, labels, annotations, providerId } = wanted;
  const resources = { cpu: '64', memory: '256Gi', pods: '110' };
  await client.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels }, annotations },
    spec: { providerID: providerId, taints: [gpuTaint] },
    status: { capacity: resources, allocatable: resources },
  });
}

/** What a device plugin does once its driver is loaded. */
export async function offerGpu(client: ClusterClient, node: string): Promise<void> {
  const gpu = { 'nvidia.com/gpu': '1' };
  await client.merge(`/api/v1/nodes/${node}/status`, {
    status: { capacity: gpu, allocatable: gpu },
  });
}

/** Cordons a node, asks its pods to leave, waits until they have, and removes it. */
export async function removeNode(client: ClusterClient, node: string): Promise<void> {
  const path = `/api/v1/nodes/${node}`;
  if ((await client.find(path)) === null) return;
  await client.merge(path, { spec: { unschedulable: true } });
  const pods = `/api/v1/pods?fieldSelector=spec.nodeName=${node}`;
  const { items } = await client.get<ClusterList<ClusterObject>>(pods);
  for (const { metadata } of items) {
    await client.remove(`/api/v1/namespaces/${metadata.namespace ?? ''}/pods/${metadata.name}`);
  }
  const isEmpty = async (): Promise<boolean> =>
    (await client.get<ClusterList<ClusterObject>>(pods)).items.length === 0;
  // A pod that does not go loses its machine all the same.
  await until(`node ${node} is drained`, isEmpty, { withinMs: drainMsMax }).catch(() => undefined);
  await client.remove(path);
}
