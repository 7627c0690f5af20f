import { inject } from 'vitest';
import { Keeper } from '../../../services/local/processes/keeper.ts';
import { describeUnlessMissing } from '../../support/describe-unless-missing.ts';
import { ClusterClient } from '../../support/kubernetes/cluster-client.ts';
import { runTool } from '../control-plane/kubectl.ts';
import type { ClusterForTests } from '../cluster-setup.ts';

/** A suite that needs the cluster and the shared broker; it counts as skipped where they cannot be. */
export function describeWithCluster(name: string, body: () => void): void {
  describeUnlessMissing(name, clusterForTests().missing ?? inject('kafka').missing, body);
}

export function clusterForTests(): ClusterForTests {
  const cluster: ClusterForTests | undefined = inject('cluster');
  if (cluster === undefined) {
    throw new Error('tests on the cluster need its set-up: run npm run test:cluster');
  }
  return cluster;
}

/** The cluster's administrator. Close it. */
export function clusterAdmin(): ClusterClient {
  const { url, authorityFile, admin } = clusterForTests();
  return ClusterClient.withCertificate(url, authorityFile, admin);
}

/** kubectl or helm as the administrator. @throws Error with what it said, if it failed. */
export async function run(
  tool: 'kubectl' | 'helm',
  commandArguments: readonly string[],
): Promise<readonly string[]> {
  const { kubeconfig, folder } = clusterForTests();
  const keeper = new Keeper();
  try {
    return await runTool(tool, commandArguments, { kubeconfig, folder, keeper });
  } finally {
    await keeper.close();
  }
}
