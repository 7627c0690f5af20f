import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePorts } from '../../../services/local/broker/free-ports.ts';
import { systemRandom } from '../../../services/shared/clock/system.ts';
import { clusterFiles } from '../../support/cluster-binaries.ts';
import { until } from '../../support/kubernetes/until.ts';
import { answersAt } from './answers.ts';
import { startComponent, whoEnded } from './run-place.ts';
import type { RunPlace } from './run-place.ts';
import type { ToolOptions } from './kubectl.ts';
import { runTool } from './kubectl.ts';

const namespace = 'keda';
const service = 'keda-metrics-apiserver';

/** Without any of these the programs end at once; an empty one means all namespaces. */
const kedaEnvironment = {
  KEDA_CLUSTER_OBJECT_NAMESPACE: namespace,
  POD_NAMESPACE: namespace,
  WATCH_NAMESPACE: '',
};

/** KEDA's operator and its metrics adapter, resolved when external metrics are served. */
export async function startKeda(place: RunPlace, tool: ToolOptions): Promise<void> {
  const { admin, authority } = place.api;
  const { kedaCrds, kedaMetricsServer } = clusterFiles();
  await admin.apply(`/api/v1/namespaces/${namespace}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  await runTool('kubectl', ['apply', '--server-side', '-f', kedaCrds], tool);
  const roles = ['role.yaml', 'role_binding.yaml'].map((name) => join(kedaMetricsServer, name));
  await runTool('kubectl', ['apply', '-f', roles.join(',')], tool);
  const ports = await findFreePorts(6, systemRandom);
  const certificates = issueCertificates(place);
  startOperator(place, ports, certificates);
  startAdapter(place, ports, certificates);
  await admin.apply(`/api/v1/namespaces/${namespace}/services/${service}`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service, namespace },
    // Endpoints on loopback are refused; the aggregator dials this name instead.
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  const [, , , adapterPort = 0] = ports;
  await admin.apply('/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.external.metrics.k8s.io', {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.external.metrics.k8s.io' },
    spec: {
      group: 'external.metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      caBundle: Buffer.from(authority.certificate).toString('base64'),
      service: { name: service, namespace, port: adapterPort },
    },
  });
  await until(
    "KEDA's external metrics are served",
    async () => {
      const answer = await admin.ask('GET', '/apis/external.metrics.k8s.io/v1beta1');
      return answer.status === 200 && answersAt(`http://127.0.0.1:${ports[2] ?? 0}/readyz`);
    },
    { problem: () => whoEnded(place) },
  );
}

/**
 * One certificate for both ends of what operator and adapter say to each other, and for the adapter's
 * own server, whose name the aggregator checks although it dials localhost.
 */
function issueCertificates(place: RunPlace): string {
  const folder = join(place.folder, 'keda-certificates');
  mkdirSync(folder);
  const { authority } = place.api;
  const own = authority.issue({
    name: 'keda',
    commonName: 'keda',
    alternativeNames: [
      'IP:127.0.0.1',
      'DNS:localhost',
      `DNS:keda-operator.${namespace}.svc`,
      `DNS:${service}.${namespace}.svc`,
    ],
  });
  copyFileSync(authority.certificateFile, join(folder, 'ca.crt'));
  copyFileSync(own.certificateFile, join(folder, 'tls.crt'));
  copyFileSync(own.keyFile, join(folder, 'tls.key'));
  return folder;
}

function startOperator(place: RunPlace, ports: readonly number[], certificates: string): void {
  const [grpcPort = 0, metricsPort = 0, probePort = 0] = ports;
  startComponent(place, {
    name: 'keda-operator',
    environment: kedaEnvironment,
    commandArguments: [
      `--kubeconfig=${place.api.adminKubeconfig}`,
      `--cert-dir=${certificates}`,
      '--enable-cert-rotation=false',
      `--metrics-service-bind-address=127.0.0.1:${grpcPort}`,
      `--metrics-bind-address=127.0.0.1:${metricsPort}`,
      `--health-probe-bind-address=127.0.0.1:${probePort}`,
      '--zap-log-level=info',
      '--zap-encoder=console',
    ],
  });
}

function startAdapter(place: RunPlace, ports: readonly number[], certificates: string): void {
  const [grpcPort = 0, , , adapterPort = 0, metricsPort = 0] = ports;
  const kubeconfig = place.api.adminKubeconfig;
  startComponent(place, {
    name: 'keda-adapter',
    environment: kedaEnvironment,
    commandArguments: [
      `--kubeconfig=${kubeconfig}`,
      `--lister-kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${adapterPort}`,
      `--port=${metricsPort}`,
      `--client-ca-file=${join(certificates, 'ca.crt')}`,
      `--tls-cert-file=${join(certificates, 'tls.crt')}`,
      `--tls-private-key-file=${join(certificates, 'tls.key')}`,
      `--cert-dir=${certificates}`,
      `--metrics-service-address=127.0.0.1:${grpcPort}`,
    ],
  });
}
