import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { missingBinaries, missingClusterFiles } from '../support/cluster-binaries.ts';
import { whyNotContained } from '../support/contained-program.ts';
import type { Certificate } from '../support/kubernetes/certificates.ts';
import { clusterApiCrds, missingFiles } from '../support/shared-data.ts';
import { binaryGroups } from './binaries/pins.ts';
import { startCluster } from './cluster.ts';

/** What the tests of a run get to know about their cluster. */
export interface ClusterForTests {
  /** Why there is none and what to do about it; `null` when the others can be used. */
  readonly missing: string | null;
  readonly url: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly authorityFile: string;
  readonly admin: Certificate;
  readonly gate: Certificate;
}

declare module 'vitest' {
  interface ProvidedContext {
    cluster: ClusterForTests;
  }
}

const groupsUsed = ['etcd', 'kubernetes', 'helm', 'kwok', 'karpenter', 'keda'];

/**
 * Vitest's global set-up of the cluster suite: one cluster for all of its files. With
 * `SPILLWAY_CLUSTER_FOLDER` it runs in that folder and leaves its logs there.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = whatIsMissing();
  if (missing !== null) {
    const none = { certificateFile: '', keyFile: '' };
    const absent = { url: '', folder: '', kubeconfig: '', authorityFile: '' };
    project.provide('cluster', { missing, ...absent, admin: none, gate: none });
    return async () => undefined;
  }
  const keeper = new Keeper();
  const folder = runFolder(keeper);
  try {
    const report = (line: string): void => console.log(line);
    const { controlPlane, gate, stop } = await startCluster({ folder, keeper, report });
    const { api } = controlPlane;
    project.provide('cluster', {
      missing: null,
      url: api.url,
      folder,
      kubeconfig: api.adminKubeconfig,
      authorityFile: api.authority.certificateFile,
      admin: api.adminCertificate,
      gate,
    });
    return async () => {
      await stop();
      await keeper.close();
    };
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

function whatIsMissing(): string | null {
  const names = binaryGroups
    .filter(({ name }) => groupsUsed.includes(name))
    .flatMap(({ binaries }) => binaries.map(({ name }) => name));
  return (
    missingBinaries(names) ??
    missingClusterFiles() ??
    missingFiles(clusterApiCrds) ??
    whyNotContained()
  );
}

function runFolder(keeper: Keeper): string {
  const given = process.env['SPILLWAY_CLUSTER_FOLDER'];
  if (given !== undefined && given.trim() !== '') {
    mkdirSync(given, { recursive: true });
    return mkdtempSync(join(given, 'run-'));
  }
  const folder = mkdtempSync(join(tmpdir(), 'spillway-cluster-'));
  keeper.removeAtEnd(folder);
  return folder;
}
