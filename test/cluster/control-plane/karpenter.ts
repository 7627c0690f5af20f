import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePorts } from '../../../services/local/broker/free-ports.ts';
import { systemRandom } from '../../../services/shared/clock/system.ts';
import { clusterFiles } from '../../support/cluster-binaries.ts';
import { until } from '../../support/kubernetes/until.ts';
import { answersAt } from './answers.ts';
import { runTool } from './kubectl.ts';
import type { ToolOptions } from './kubectl.ts';
import { startComponent, whoEnded } from './run-place.ts';
import type { RunPlace } from './run-place.ts';

/** The only type that its provider can make here: one GPU, on demand or spot. */
export const gpuInstanceType = 'gpu-1x-amd64-linux';

/** Karpenter's own controllers on their KWOK provider, with static node pools. */
export async function startKarpenter(place: RunPlace, tool: ToolOptions): Promise<void> {
  const { karpenterCrds, karpenterKwokCrds } = clusterFiles();
  await runTool(
    'kubectl',
    ['apply', '--server-side', '-f', karpenterCrds, '-f', karpenterKwokCrds],
    tool,
  );
  const established = ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'];
  await runTool('kubectl', established, tool);
  const instanceTypes = join(place.folder, 'instance-types.json');
  writeFileSync(instanceTypes, JSON.stringify([gpuInstances()]));
  const [metricsPort = 0, probePort = 0] = await findFreePorts(2, systemRandom);
  startComponent(place, {
    name: 'karpenter-kwok',
    environment: { KUBECONFIG: place.api.adminKubeconfig, SYSTEM_NAMESPACE: 'kube-system' },
    commandArguments: [
      `--metrics-port=${metricsPort}`,
      `--health-probe-port=${probePort}`,
      '--disable-leader-election',
      '--batch-idle-duration=1s',
      '--feature-gates=StaticCapacity=true',
      `--instance-types-file-path=${instanceTypes}`,
    ],
  });
  await until('Karpenter is ready', () => answersAt(`http://127.0.0.1:${probePort}/readyz`), {
    problem: () => whoEnded(place),
  });
}

function gpuInstances(): unknown {
  const offering = (capacityType: string, price: number): unknown => ({
    Price: price,
    Available: true,
    Requirements: [
      { key: 'karpenter.sh/capacity-type', operator: 'In', values: [capacityType] },
      { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['zone-a'] },
    ],
  });
  return {
    name: gpuInstanceType,
    offerings: [offering('on-demand', 3), offering('spot', 1)],
    architecture: 'amd64',
    operatingSystems: ['linux'],
    resources: { cpu: '8', memory: '64Gi', pods: '110', 'nvidia.com/gpu': '1' },
  };
}
