import type { ClusterClient } from '../../support/kubernetes/cluster-client.ts';
import { gpuInstanceType } from '../control-plane/karpenter.ts';
import { gpuTaint } from '../cloud/gpu-node.ts';
import type { TestPool } from './installed-values.ts';

interface NodePoolSize {
  readonly spec: { readonly replicas: number };
}

const nodePools = '/apis/karpenter.sh/v1/nodepools';

/** A static NodePool of Karpenter without nodes, whose nodes join a few seconds after their order. */
export async function makeStaticNodePool(
  client: ClusterClient,
  name: string,
): Promise<{ readonly pool: TestPool; size(): Promise<number> }> {
  await client.create('/apis/karpenter.kwok.sh/v1alpha1/kwoknodeclasses', {
    apiVersion: 'karpenter.kwok.sh/v1alpha1',
    kind: 'KWOKNodeClass',
    metadata: { name },
    spec: { nodeRegistrationDelay: '3s' },
  });
  const requirement = (key: string, value: string): unknown => ({
    key,
    operator: 'In',
    values: [value],
  });
  await client.create(nodePools, {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name },
    spec: {
      replicas: 0,
      template: {
        spec: {
          requirements: [
            requirement('kubernetes.io/arch', 'amd64'),
            requirement('kubernetes.io/os', 'linux'),
            requirement('node.kubernetes.io/instance-type', gpuInstanceType),
            requirement('karpenter.sh/capacity-type', 'on-demand'),
          ],
          nodeClassRef: { name, kind: 'KWOKNodeClass', group: 'karpenter.kwok.sh' },
          taints: [gpuTaint],
          expireAfter: 'Never',
        },
      },
      limits: { nodes: '4' },
    },
  });
  return {
    pool: {
      name: 'static',
      scale: { group: 'karpenter.sh', version: 'v1', plural: 'nodepools', name },
    },
    size: async () => (await client.get<NodePoolSize>(`${nodePools}/${name}`)).spec.replicas,
  };
}
