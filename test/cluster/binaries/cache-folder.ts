import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../../../services/local/project-folder.ts';
import { binaryGroups } from './pins.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The wrapper modules: the same for the sources and for what is compiled from them. */
export const moduleFolder = (group: string): string =>
  join(projectFolder(), 'test/cluster/binaries/modules', group);

/**
 * Where the binaries of these very pins lie: `SPILLWAY_CLUSTER_BINARIES` as it is, else a folder in
 * the cache that has the pins in its name, so that other pins never meet them.
 */
export function binariesFolder(environment: Environment): string {
  const given = nonEmpty(environment['SPILLWAY_CLUSTER_BINARIES']);
  if (given !== null) return given;
  const root =
    nonEmpty(environment['SPILLWAY_CACHE_FOLDER']) ??
    join(nonEmpty(environment['XDG_CACHE_HOME']) ?? join(homedir(), '.cache'), 'spillway');
  return join(root, `cluster-${digestOfPins()}`);
}

/** Over all that decides about the binaries: packages, stamps, and every module with its sums. */
function digestOfPins(): string {
  const digest = createHash('sha256');
  for (const group of binaryGroups) {
    const { name, stamps, binaries } = group;
    const packages = binaries.map((binary) => [binary.name, binary.package]);
    digest.update(JSON.stringify({ name, stamps, packages }));
    const folder = moduleFolder(name);
    for (const file of readdirSync(folder).toSorted())
      digest.update(readFileSync(join(folder, file)));
  }
  return digest.digest('hex').slice(0, 12);
}

function nonEmpty(value: string | undefined): string | null {
  return value === undefined || value.trim() === '' ? null : value;
}
