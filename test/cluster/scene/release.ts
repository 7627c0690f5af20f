import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { projectFolder } from '../../../services/local/project-folder.ts';
import type {
  ClusterClient,
  ClusterList,
  ClusterObject,
} from '../../support/kubernetes/cluster-client.ts';
import { until } from '../../support/kubernetes/until.ts';
import { ServiceProxy } from '../service-proxy.ts';
import { PodLogs } from './pod-logs.ts';
import { clusterAdmin, clusterForTests, run } from './scene.ts';
import { ticksOf } from './ticks.ts';

export type Component = 'dispatcher' | 'scaler' | 'gpu-worker' | 'cpu-worker';

export interface RunningPod {
  readonly name: string;
  readonly ip: string;
  readonly isReady: boolean;
  /** Of its program on this machine; `null` while none runs. */
  readonly pid: number | null;
}

type FoundPod = V1Pod & ClusterObject;

const startMsMax = 120_000;
const goneMsMax = 90_000;

/** The project's chart, installed under its own name in a namespace of its own. */
export class Release {
  readonly namespace: string;
  readonly admin: ClusterClient;
  readonly logs: PodLogs;
  /** Where KEDA reaches the scalers: what the chart's Service would be with a kube-proxy. */
  readonly scalerAddress: string;
  readonly #proxy: ServiceProxy;

  /** @param values for the chart; the scaler's address for KEDA is added. */
  static async install(namespace: string, values: Values): Promise<Release> {
    const admin = clusterAdmin();
    await admin.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    const proxy = await ServiceProxy.open({
      client: admin,
      namespace,
      selector: 'app.kubernetes.io/component=scaler',
      targetPort: kedaPort,
    });
    const release = new Release(namespace, admin, proxy);
    const file = join(mkdtempSync(join(clusterForTests().folder, 'values-')), 'values.json');
    writeFileSync(file, JSON.stringify(withAddress(values, proxy.address), null, 2));
    const chart = join(projectFolder(), 'charts/spillway');
    const where = ['--namespace', namespace, '--values', file, '--timeout', '120s'];
    await run('helm', ['install', 'spillway', chart, ...where]);
    await release.#started();
    return release;
  }

  private constructor(namespace: string, admin: ClusterClient, proxy: ServiceProxy) {
    this.namespace = namespace;
    this.admin = admin;
    this.#proxy = proxy;
    this.scalerAddress = proxy.address;
    this.logs = new PodLogs(clusterForTests().folder, namespace);
  }

  async pods(component: Component): Promise<readonly RunningPod[]> {
    const selector = encodeURIComponent(`app.kubernetes.io/component=${component}`);
    const path = `/api/v1/namespaces/${this.namespace}/pods?labelSelector=${selector}`;
    const { items } = await this.admin.get<ClusterList<FoundPod>>(path);
    return items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata, status }) => ({
        name: metadata.name,
        ip: status?.podIP ?? '',
        isReady: isReady(status),
        pid: pidOf(status),
      }));
  }

  /** The pod of the scaler that leads, by its last tick. */
  async leader(): Promise<RunningPod> {
    return until('a scaler leads', async () => {
      const last = ticksOf(this.logs).at(-1);
      return (await this.pods('scaler')).find(({ name }) => name === last?.pod) ?? null;
    });
  }

  /** Replicas that a Deployment of the release is to have, and those that are ready. */
  async replicas(name: string): Promise<{ readonly wanted: number; readonly ready: number }> {
    const path = `/apis/apps/v1/namespaces/${this.namespace}/deployments/spillway-${name}`;
    const { spec, status } = await this.admin.get<DeploymentNumbers>(path);
    return { wanted: spec.replicas, ready: status.readyReplicas ?? 0 };
  }

  async scaleDeployment(name: string, replicas: number): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${this.namespace}/deployments/spillway-${name}/scale`;
    await this.admin.merge(path, { spec: { replicas } });
  }

  async uninstall(): Promise<void> {
    await run('helm', ['uninstall', 'spillway', '--namespace', this.namespace]);
    // Helm leaves the pods of its tests, which have ended.
    const pods = `/api/v1/namespaces/${this.namespace}/pods?fieldSelector=status.phase!=Succeeded`;
    await until(
      `all pods of ${this.namespace} are gone`,
      async () => (await this.admin.get<ClusterList<ClusterObject>>(pods)).items.length === 0,
      { withinMs: goneMsMax },
    );
    await this.#proxy.stop();
    this.admin.close();
  }

  async #started(): Promise<void> {
    await until(
      'dispatchers, scalers and a CPU worker are ready',
      async () => {
        const [dispatchers, scalers, workers] = await Promise.all([
          this.replicas('dispatcher'),
          this.replicas('scaler'),
          this.replicas('cpu-worker'),
        ]);
        const areReady = dispatchers.ready === 2 && scalers.ready === 2 && workers.ready > 0;
        return areReady && ticksOf(this.logs).length > 0;
      },
      { withinMs: startMsMax, everyMs: 500 },
    ).catch((error: unknown) => {
      throw new Error(`the release did not start: ${this.logs.tails()}`, { cause: error });
    });
  }
}

interface DeploymentNumbers {
  readonly spec: { readonly replicas: number };
  readonly status: { readonly readyReplicas?: number };
}

/** Values of the chart, of which only one is looked at here. */
export interface Values {
  readonly autoscaling: {
    readonly mode: string;
    readonly keda?: Readonly<Record<string, unknown>>;
  };
  readonly [key: string]: unknown;
}

const kedaPort = 9091;

function withAddress(values: Values, scalerAddress: string): Values {
  if (values.autoscaling.mode !== 'keda') return values;
  const { autoscaling } = values;
  return {
    ...values,
    autoscaling: { ...autoscaling, keda: { ...autoscaling.keda, scalerAddress } },
  };
}

function isReady(status: V1Pod['status']): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True';
}

/** From the container's id, by which the small kubelet tells the process. */
function pidOf(status: V1Pod['status']): number | null {
  const id = status?.containerStatuses?.[0]?.containerID;
  const pid = Number(/^process:\/\/(\d+)$/.exec(id ?? '')?.[1]);
  return Number.isInteger(pid) ? pid : null;
}
