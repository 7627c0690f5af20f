import type { ClusterClient } from '../../support/kubernetes/cluster-client.ts';
import {
  cloudAnnotations,
  clusterApi,
  clusterApiVersion,
  deploymentLabel,
  machineDeploymentsPath,
} from '../cloud/machine-deployment.ts';
import type { MachineDeployment } from '../cloud/machine-deployment.ts';
import type { TestPool } from './installed-values.ts';

export interface MachinePoolWanted {
  readonly namespace: string;
  readonly name: string;
  /** How the cloud behaves for it. */
  readonly pace?: Readonly<Partial<Record<keyof typeof cloudAnnotations, number>>>;
}

/** Label of the pool's nodes, by which its workers find them. */
const poolLabel = `node.${clusterApi}/pool`;

/** A MachineDeployment without machines, and the pool of the chart that is sized by it. */
export async function makeMachinePool(
  client: ClusterClient,
  { namespace, name, pace = {} }: MachinePoolWanted,
): Promise<TestPool> {
  const labels = { [deploymentLabel]: name, [poolLabel]: `${namespace}-${name}` };
  await client.create(machineDeploymentsPath(namespace), {
    apiVersion: `${clusterApi}/${clusterApiVersion}`,
    kind: 'MachineDeployment',
    metadata: { name, namespace, annotations: annotationsOf(pace) },
    spec: {
      clusterName: 'local',
      replicas: 0,
      selector: { matchLabels: { [deploymentLabel]: name } },
      template: {
        metadata: { labels },
        spec: {
          clusterName: 'local',
          bootstrap: { dataSecretName: 'none' },
          infrastructureRef: {
            apiGroup: 'infrastructure.cluster.x-k8s.io',
            kind: 'TestMachine',
            name: 'none',
          },
        },
      },
    },
  });
  const version = clusterApiVersion;
  return {
    name,
    scale: { group: clusterApi, version, plural: 'machinedeployments', namespace, name },
    more: { nodeSelector: { [poolLabel]: `${namespace}-${name}` } },
  };
}

/** Its size as it stands there now. */
export async function sizeOf(
  client: ClusterClient,
  { namespace, name }: MachinePoolWanted,
): Promise<number> {
  const path = `${machineDeploymentsPath(namespace)}/${name}`;
  return (await client.get<MachineDeployment>(path)).spec.replicas ?? 0;
}

function annotationsOf(pace: MachinePoolWanted['pace'] = {}): Readonly<Record<string, string>> {
  const { launchSeconds, joinSeconds, gpuSeconds, stock } = cloudAnnotations;
  const names = { launchSeconds, joinSeconds, gpuSeconds, stock };
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, annotation]) => {
      const value = pace[key as keyof typeof names];
      return value === undefined ? [] : [[annotation, String(value)]];
    }),
  );
}
