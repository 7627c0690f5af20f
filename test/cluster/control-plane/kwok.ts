import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePorts } from '../../../services/local/broker/free-ports.ts';
import { systemRandom } from '../../../services/shared/clock/system.ts';
import { clusterFiles } from '../../support/cluster-binaries.ts';
import { until } from '../../support/kubernetes/until.ts';
import { answersAt } from './answers.ts';
import { startComponent, whoEnded } from './run-place.ts';
import type { RunPlace } from './run-place.ts';

/** Of nodes only: what runs in pods, and how it is, is told by the processes of the small kubelet. */
const stages = [
  'node/fast/node-initialize.yaml',
  'node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
];

/** KWOK makes every Node object ready and renews its lease. */
export async function startKwok(place: RunPlace): Promise<void> {
  const { kwokStages } = clusterFiles();
  const config = join(place.folder, 'kwok-stages.yaml');
  const texts = stages.map((stage) => readFileSync(join(kwokStages, stage), 'utf8'));
  writeFileSync(config, texts.join('\n---\n'));
  const [port = 0] = await findFreePorts(1, systemRandom);
  startComponent(place, {
    name: 'kwok',
    commandArguments: [
      `--config=${config}`,
      `--kubeconfig=${place.api.adminKubeconfig}`,
      '--manage-all-nodes=true',
      '--cidr=10.0.0.0/24',
      '--node-ip=127.0.0.1',
      `--server-address=127.0.0.1:${port}`,
      '--node-lease-duration-seconds=40',
    ],
  });
  await until('KWOK is healthy', () => answersAt(`http://127.0.0.1:${port}/healthz`), {
    problem: () => whoEnded(place),
  });
}
