import type { Clock } from '../../../shared/clock/ports.ts';
import type { KubernetesClusters } from '../../../shared/kubernetes/ports.ts';
import { NodePoolsError } from '../ports.ts';
import type { NodePools } from '../ports.ts';
import { clusterViews } from './cluster-views.ts';
import type { KubernetesPool, WorkerPods } from './kubernetes-pool.ts';
import { poolView } from './pool-views.ts';
import { createSizedPool } from './sized-pool.ts';

export interface KubernetesPoolsOptions {
  readonly clusters: KubernetesClusters;
  readonly pools: readonly KubernetesPool[];
  readonly workerPods: WorkerPods;
  readonly clock: Clock;
}

export interface KubernetesNodePools extends NodePools {
  /** Begins to watch; until everything was read once, the pools are unknown. */
  start(): void;
  /** Ends the watches, not the clusters' connections. */
  stop(): Promise<void>;
}

/**
 * Node pools that Kubernetes objects with a `scale` subresource size. The version of a write is that
 * of the last `list`, so that a size decided on something older is refused as `conflict`.
 *
 * @throws KubernetesError `unexpected` if there is no context of a name that a pool gives.
 */
export function kubernetesPools(options: KubernetesPoolsOptions): KubernetesNodePools {
  const { clusters, workerPods, clock } = options;
  const views = clusterViews(clusters);
  const pools = new Map(
    options.pools.map((pool) => {
      const view = poolView(views, pool, workerPods);
      const api = clusters.cluster(pool.context);
      return [pool.pool, createSizedPool({ pool, api, view, clock })] as const;
    }),
  );
  return {
    start: () => views.start(),
    stop: () => views.stop(),
    async list() {
      const looks = [...pools].map(async ([name, pool]) => [name, await pool.look()] as const);
      return new Map(await Promise.all(looks));
    },
    async setDesired(name, { nodesDesired }) {
      const pool = pools.get(name);
      if (pool === undefined) {
        const names = [...pools.keys()].join(', ') || 'none';
        throw new NodePoolsError('unknown-pool', `there is no pool ${name}, only ${names}`);
      }
      await pool.setDesired(nodesDesired);
    },
  };
}
