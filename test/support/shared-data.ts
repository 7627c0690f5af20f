import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../services/local/project-folder.ts';

/** Data of others, which some tests use where somebody has put it beside the project. */
export const sharedData = join(projectFolder(), '..', 'shared', 'data');

/** Definitions of other programs' kinds: Cluster API, the Prometheus operator, Strimzi. */
export const sharedCrds = join(sharedData, 'crds');

/** Of Cluster API, whose pools the cluster suite's own cloud serves. */
export const clusterApiCrds: readonly string[] = ['machinedeployments', 'machines'].map((plural) =>
  join(sharedCrds, `cluster-api_${plural}.yaml`),
);

/** Why tests that use these files cannot run here; `null` when they can. */
export function missingFiles(files: readonly string[]): string | null {
  const absent = files.filter((file) => !existsSync(file));
  return absent.length === 0 ? null : `needs ${absent.join(' and ')}`;
}
