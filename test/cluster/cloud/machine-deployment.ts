import type { ClusterObject } from '../../support/kubernetes/cluster-client.ts';

/** Of Cluster API's MachineDeployment, what a cloud looks at. */
export interface MachineDeployment extends ClusterObject {
  readonly spec: {
    readonly replicas?: number;
    readonly clusterName: string;
    readonly template: {
      readonly metadata?: {
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      };
      readonly spec: Readonly<Record<string, unknown>>;
    };
  };
}

export const clusterApi = 'cluster.x-k8s.io';
export const clusterApiVersion = 'v1beta2';

/** Label of machines by which their deployment is found. */
export const deploymentLabel = `${clusterApi}/deployment-name`;

/** A machine with it is the first to go when the size falls. */
export const deleteAnnotation = `${clusterApi}/delete-machine`;

export const machineDeploymentsPath = (namespace?: string): string =>
  namespace === undefined
    ? `/apis/${clusterApi}/${clusterApiVersion}/machinedeployments`
    : `/apis/${clusterApi}/${clusterApiVersion}/namespaces/${namespace}/machinedeployments`;

export const machinesPath = (namespace: string): string =>
  `/apis/${clusterApi}/${clusterApiVersion}/namespaces/${namespace}/machines`;

/** How the cloud behaves for one deployment; annotations of it, read at each step anew. */
export interface CloudPace {
  /** From the order to a machine that starts. */
  readonly launchMs: number;
  /** From there to a node that has joined. */
  readonly joinMs: number;
  /** From there to a device plugin that offers the GPU. */
  readonly gpuMs: number;
  /** Most machines that are to be had; infinite without the annotation. */
  readonly stock: number;
}

/** Annotations of a MachineDeployment that only this cloud knows. */
export const cloudAnnotations = {
  launchSeconds: 'cloud.test/launch-seconds',
  joinSeconds: 'cloud.test/join-seconds',
  gpuSeconds: 'cloud.test/gpu-seconds',
  stock: 'cloud.test/stock',
} as const;

export function paceOf({ metadata }: MachineDeployment): CloudPace {
  const number = (name: keyof typeof cloudAnnotations, otherwise: number): number => {
    const text = metadata.annotations?.[cloudAnnotations[name]];
    return text === undefined ? otherwise : Number(text);
  };
  return {
    launchMs: number('launchSeconds', 1) * 1000,
    joinMs: number('joinSeconds', 1) * 1000,
    gpuMs: number('gpuSeconds', 1) * 1000,
    stock: number('stock', Number.POSITIVE_INFINITY),
  };
}
