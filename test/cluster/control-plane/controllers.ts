import { findFreePorts } from '../../../services/local/broker/free-ports.ts';
import { systemRandom } from '../../../services/shared/clock/system.ts';
import { until } from '../../support/kubernetes/until.ts';
import { answersAt } from './answers.ts';
import { kubeconfigFor, startComponent, whoEnded } from './run-place.ts';
import type { RunPlace } from './run-place.ts';

/** Controller-manager and scheduler, resolved when both are healthy. */
export async function startControllers(place: RunPlace): Promise<void> {
  const [managerPort = 0, schedulerPort = 0] = await findFreePorts(2, systemRandom);
  startManager(place, managerPort);
  startScheduler(place, schedulerPort);
  await until(
    'controller-manager and scheduler are healthy',
    async () =>
      (await answersAt(`https://127.0.0.1:${managerPort}/healthz`)) &&
      (await answersAt(`https://127.0.0.1:${schedulerPort}/healthz`)),
    { problem: () => whoEnded(place) },
  );
}

function startManager(place: RunPlace, port: number): void {
  const kubeconfig = kubeconfigFor(place, 'controller-manager', 'system:kube-controller-manager');
  startComponent(place, {
    name: 'kube-controller-manager',
    commandArguments: [
      ...commonArguments(kubeconfig, port),
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${place.api.tokenKeyFile}`,
      `--root-ca-file=${place.api.authority.certificateFile}`,
      // The defaults, 15 s and 5 min, are for larger clusters and slower days.
      '--horizontal-pod-autoscaler-sync-period=2s',
      '--horizontal-pod-autoscaler-downscale-stabilization=15s',
    ],
  });
}

function startScheduler(place: RunPlace, port: number): void {
  const kubeconfig = kubeconfigFor(place, 'scheduler', 'system:kube-scheduler');
  startComponent(place, {
    name: 'kube-scheduler',
    commandArguments: commonArguments(kubeconfig, port),
  });
}

function commonArguments(kubeconfig: string, port: number): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    '--leader-elect=false',
    '--v=1',
  ];
}
