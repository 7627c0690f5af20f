import type { WorkersWanted } from '../../shared/chunk/directive.ts';
import type { WorkerKind } from '../../shared/chunk/words.ts';
import { KubernetesError } from '../../shared/kubernetes/ports.ts';
import type {
  KubernetesClusters,
  KubernetesErrorCode,
  ScaleTarget,
} from '../../shared/kubernetes/ports.ts';
import { sizedObject } from '../pools/kubernetes/sized-object.ts';
import type { SizedObject } from '../pools/kubernetes/sized-object.ts';

/** A Deployment of workers that are sized together. */
export interface WorkerDeployment {
  readonly kind: WorkerKind;
  /** The GPU node pool of its workers; `null`: CPU workers. */
  readonly pool: string | null;
  readonly namespace: string;
  readonly name: string;
  /** Of the kubeconfig; `null`: the cluster that this program runs in or for. */
  readonly context: string | null;
}

/** What became of one Deployment. */
export interface ReplicaReport {
  readonly deployment: WorkerDeployment;
  /** As they are to be; `null`: nothing was decided. */
  readonly replicas: number | null;
  /**
   * `held`: nothing is wanted of it, or its size could not be read. `not-leading`: the group did not
   * confirm lately that this process still leads.
   */
  readonly outcome: 'written' | 'equal' | 'held' | 'not-leading' | KubernetesErrorCode;
  readonly error: KubernetesError | null;
}

/** Keeps Deployments of workers at what the directive says, in place of KEDA. */
export interface ReplicaWriter {
  /**
   * Reads all sizes; at the beginning of a tick, before anything is decided. What another scaler
   * writes from then on makes the write fail. Never throws: what could not be read is held.
   */
  look(): Promise<void>;
  /**
   * Writes what differs; only by the leader, only after the directive was published. Each call ends
   * within seconds.
   */
  write(wanted: readonly WorkersWanted[], mayAct: () => boolean): Promise<readonly ReplicaReport[]>;
}

interface Followed {
  readonly deployment: WorkerDeployment;
  readonly object: SizedObject;
  /** Why it could not be read at the last look. */
  problem: KubernetesError | null;
}

export function replicaWriter(options: {
  readonly clusters: KubernetesClusters;
  readonly deployments: readonly WorkerDeployment[];
}): ReplicaWriter {
  const followed = options.deployments.map((deployment): Followed => {
    const api = options.clusters.cluster(deployment.context);
    return { deployment, object: sizedObject(api, targetOf(deployment)), problem: null };
  });
  return {
    async look() {
      await Promise.all(
        followed.map(async (each) => {
          each.problem = await problemOf(() => each.object.read());
        }),
      );
    },
    async write(wanted, mayAct) {
      const reports: ReplicaReport[] = [];
      for (const each of followed) {
        // One after the other: whoever does not lead any more must not write the rest.
        const report = await writeOne(each, wanted, mayAct);
        reports.push(report);
        if (report.outcome === 'not-leading' || report.outcome === 'conflict') break;
      }
      return reports;
    },
  };
}

async function writeOne(
  { deployment, object, problem }: Followed,
  wanted: readonly WorkersWanted[],
  mayAct: () => boolean,
): Promise<ReplicaReport> {
  const own = wanted.find(({ kind, pool }) => kind === deployment.kind && pool === deployment.pool);
  const current = object.size();
  if (own === undefined || current === null) {
    return { deployment, replicas: null, outcome: 'held', error: problem };
  }
  const replicas = replicasOf(own, current);
  if (!mayAct()) return { deployment, replicas, outcome: 'not-leading', error: null };
  let outcome: ReplicaReport['outcome'] = 'equal';
  const error = await problemOf(async () => {
    outcome = await object.write(replicas);
  });
  return { deployment, replicas, outcome: error?.code ?? outcome, error };
}

/**
 * While workers that are not wanted any more still hold work, one replica stays, as KEDA would have
 * it: those that go finish what they hold within their grace period, and a kind at 0 would look as if
 * it were done. None is started for that.
 */
export function replicasOf({ replicas, isActive }: WorkersWanted, current: number): number {
  return replicas === 0 && isActive ? Math.min(current, 1) : replicas;
}

async function problemOf(doing: () => Promise<unknown>): Promise<KubernetesError | null> {
  try {
    await doing();
    return null;
  } catch (error) {
    if (error instanceof KubernetesError) return error;
    throw error;
  }
}

function targetOf({ namespace, name }: WorkerDeployment): ScaleTarget {
  return { group: 'apps', version: 'v1', plural: 'deployments', namespace, name };
}
