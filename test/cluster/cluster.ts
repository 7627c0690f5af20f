import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Keeper } from '../../services/local/processes/keeper.ts';
import type { Certificate } from '../support/kubernetes/certificates.ts';
import { clusterApiCrds } from '../support/shared-data.ts';
import { Cloud } from './cloud/cloud.ts';
import { makePlainNodes } from './cloud/plain-nodes.ts';
import { startControlPlane } from './control-plane/control-plane.ts';
import type { ControlPlane } from './control-plane/control-plane.ts';
import { runTool } from './control-plane/kubectl.ts';
import { stageProjectImages } from './images.ts';
import { Kubelet } from './kubelet/kubelet.ts';

/** A cluster on this machine: a real control plane, KEDA, Karpenter, and pods that are processes. */
export interface Cluster {
  readonly controlPlane: ControlPlane;
  /** `log/` holds what each program of the control plane wrote, `log/pods/` what the pods did. */
  readonly folder: string;
  /** For a server of a test's own that pods take for the API server. */
  readonly gate: Certificate;
  /** Pods' processes first, then the control plane. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly folder: string;
  readonly keeper: Keeper;
  readonly report: (line: string) => void;
}

const plainNodes = 3;

/** Resolves when pods can be run, 20 s later on an idle machine. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { folder, keeper, report } = options;
  const logFolder = join(folder, 'log', 'pods');
  mkdirSync(logFolder, { recursive: true });
  const [controlPlane, images] = await Promise.all([
    startControlPlane(options),
    stageProjectImages(join(folder, 'images')),
  ]);
  report('images are staged');
  const { api, tool } = controlPlane;
  const definitions = clusterApiCrds.flatMap((file) => ['-f', file]);
  await runTool('kubectl', ['apply', '--server-side', ...definitions], tool);
  const established = ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'];
  await runTool('kubectl', established, tool);
  await makePlainNodes(api.admin, plainNodes);
  const podFolder = join(folder, 'pods');
  mkdirSync(podFolder);
  const kubelet = new Kubelet({
    client: api.admin,
    apiServerPort: api.port,
    images,
    folder: podFolder,
    logFolder,
    keeper,
  });
  const cloud = new Cloud(api.admin);
  report(`cluster is up with ${plainNodes} nodes; pods' logs in ${logFolder}`);
  const stop = async (): Promise<void> => {
    await cloud.stop();
    await kubelet.stop();
    await controlPlane.stop();
  };
  const gate = api.authority.issue({
    name: 'gate',
    commonName: 'gate',
    alternativeNames: ['IP:127.0.0.1'],
  });
  return { controlPlane, folder, gate, stop };
}
