import type { ClusterClient } from '../../support/kubernetes/cluster-client.ts';
import { Following } from '../../support/kubernetes/follow.ts';
import { machineDeploymentsPath } from './machine-deployment.ts';
import type { MachineDeployment } from './machine-deployment.ts';
import { MachinePool } from './machine-pool.ts';

/**
 * What a cloud and Cluster API do for a MachineDeployment: machines as its size says, nodes of them
 * after the time that a boot takes, none while it has none, and nodes drained and gone when the size
 * falls. It knows nothing of what runs on them.
 */
export class Cloud {
  readonly #pools = new Map<string, MachinePool>();
  readonly #deployments: Following<MachineDeployment>;

  constructor(client: ClusterClient) {
    this.#deployments = new Following<MachineDeployment>({
      client,
      path: machineDeploymentsPath(),
      onChanged: (deployment) => {
        const uid = deployment.metadata.uid ?? '';
        const pool = this.#pools.get(uid) ?? new MachinePool(client, deployment);
        this.#pools.set(uid, pool);
        pool.follow(deployment);
      },
      onGone: ({ metadata }) => {
        const pool = this.#pools.get(metadata.uid ?? '');
        this.#pools.delete(metadata.uid ?? '');
        void pool?.remove();
      },
    });
  }

  /** Leaves machines as they are: the cluster ends with it. */
  async stop(): Promise<void> {
    await this.#deployments.stop();
    await Promise.all([...this.#pools.values()].map((pool) => pool.halt()));
  }
}
