import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import { formatRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import type { ClusterClient, ClusterObject } from '../../support/kubernetes/cluster-client.ts';
import { joinNode, offerGpu, removeNode } from './gpu-node.ts';
import {
  clusterApi,
  clusterApiVersion,
  deleteAnnotation,
  deploymentLabel,
  machinesPath,
  paceOf,
} from './machine-deployment.ts';
import type { CloudPace, MachineDeployment } from './machine-deployment.ts';

export interface MachineOptions {
  readonly client: ClusterClient;
  /** As it is at the time of the call. */
  readonly deployment: () => MachineDeployment;
  /** Whether the cloud has a machine for it now; asked again until it has. */
  readonly takeFromStock: () => boolean;
  /** Its state has changed. */
  readonly onChange: () => void;
}

const finalizer = 'machine.cluster.x-k8s.io';
const stockPollMs = 250;

/** One machine from its order to its end, with its node. */
export class CloudMachine {
  readonly name: string;
  isLaunched = false;
  isReady = false;
  readonly #options: MachineOptions;
  readonly #leaving = new AbortController();
  readonly #living: Promise<void>;
  #removal: Promise<void> | null = null;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = `${options.deployment().metadata.name}-${systemRandom.unique().slice(0, 5)}`;
    this.#living = this.#live().catch((error: unknown) => {
      if (!this.isLeaving) console.error(`machine ${this.name} does not go on:`, error);
    });
  }

  get isLeaving(): boolean {
    return this.#leaving.signal.aborted;
  }

  /** Whether somebody has said that it is the first to go. */
  async isMarked(): Promise<boolean> {
    const found = await this.#options.client.find<ClusterObject>(this.#path);
    return found?.metadata.annotations?.[deleteAnnotation] !== undefined;
  }

  /** Drains and removes its node, then itself. Idempotent. */
  leave(): Promise<void> {
    this.#leaving.abort();
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  /** Ends what it waits for, and leaves its objects as they are. */
  async halt(): Promise<void> {
    this.#leaving.abort();
    await this.#living;
  }

  async #live(): Promise<void> {
    await this.#create();
    if (!(await this.#wait('launchMs'))) return;
    while (!this.#options.takeFromStock()) {
      await systemClock.sleepMs(stockPollMs, this.#leaving.signal);
      if (this.isLeaving) return;
    }
    this.isLaunched = true;
    await this.#tell({
      spec: { providerID: this.#providerId },
      status: { phase: 'Provisioned', conditions: [condition('InfrastructureReady')] },
    });
    if (!(await this.#wait('joinMs'))) return;
    await this.#join();
    if (!(await this.#wait('gpuMs'))) return;
    await offerGpu(this.#options.client, this.name);
    this.isReady = true;
    this.#options.onChange();
  }

  async #create(): Promise<void> {
    const { client, deployment } = this.#options;
    const { metadata, spec } = deployment();
    await client.create(machinesPath(metadata.namespace ?? ''), {
      apiVersion: `${clusterApi}/${clusterApiVersion}`,
      kind: 'Machine',
      metadata: {
        name: this.name,
        namespace: metadata.namespace,
        finalizers: [finalizer],
        labels: {
          ...spec.template.metadata?.labels,
          [deploymentLabel]: metadata.name,
          [`${clusterApi}/cluster-name`]: spec.clusterName,
        },
      },
      spec: spec.template.spec,
    });
    await this.#tell({ status: { phase: 'Provisioning' } });
  }

  async #join(): Promise<void> {
    const { client, deployment } = this.#options;
    const { metadata, spec } = deployment();
    await joinNode(client, {
      name: this.name,
      providerId: this.#providerId,
      // Only those of its own domains, as Cluster API does.
      labels: Object.fromEntries(
        Object.entries(spec.template.metadata?.labels ?? {}).filter(([label]) =>
          label.startsWith(`node.${clusterApi}/`),
        ),
      ),
      annotations: {
        [`${clusterApi}/machine`]: this.name,
        [`${clusterApi}/cluster-name`]: spec.clusterName,
        [`${clusterApi}/cluster-namespace`]: metadata.namespace ?? '',
      },
    });
    await this.#tell({
      status: {
        phase: 'Running',
        nodeRef: { name: this.name },
        conditions: [condition('InfrastructureReady'), condition('NodeReady')],
      },
    });
  }

  async #remove(): Promise<void> {
    const { client } = this.#options;
    await this.#living;
    await client.remove(this.#path);
    await this.#tell({ status: { phase: 'Deleting' } });
    await removeNode(client, this.name);
    await client.merge(this.#path, { metadata: { finalizers: null } });
  }

  async #tell(change: { readonly spec?: unknown; readonly status: unknown }): Promise<void> {
    const { client } = this.#options;
    if (change.spec !== undefined) await client.merge(this.#path, { spec: change.spec });
    await client.merge(`${this.#path}/status`, { status: change.status });
  }

  /** Waits as long as the cloud takes; `false`: the machine is to leave. */
  async #wait(step: Exclude<keyof CloudPace, 'stock'>): Promise<boolean> {
    await systemClock.sleepMs(paceOf(this.#options.deployment())[step], this.#leaving.signal);
    return !this.isLeaving;
  }

  get #providerId(): string {
    return `cloud://${this.name}`;
  }

  get #path(): string {
    return `${machinesPath(this.#options.deployment().metadata.namespace ?? '')}/${this.name}`;
  }
}

function condition(type: string): unknown {
  const lastTransitionTime = formatRfc3339(systemClock.nowMs());
  return { type, status: 'True', reason: type, message: '', lastTransitionTime };
}
