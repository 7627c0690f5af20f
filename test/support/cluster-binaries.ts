import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { binariesFolder } from '../cluster/binaries/cache-folder.ts';
import {
  missingModuleFiles,
  moduleCacheFolder,
  moduleFiles,
} from '../cluster/binaries/module-files.ts';
import type { ModuleFiles } from '../cluster/binaries/module-files.ts';

/** How a suite that needs binaries says what to do. */
const howToBuild = 'build them with npm run cluster:build (Go 1.26, about 25 minutes once)';

/** Path of one of the pinned programs, whether it is there or not. */
export function clusterBinary(name: string): string {
  return join(binariesFolder(process.env), name);
}

/** Resources' definitions, stages and schemas that came with the programs' sources. */
export function clusterFiles(): ModuleFiles {
  return moduleFiles(moduleCacheFolder(process.env));
}

/** What is missing of `names` and how to get it, `null` when all is there: for describeUnlessMissing. */
export function missingBinaries(names: readonly string[]): string | null {
  const missing = names.filter((name) => !isExecutable(clusterBinary(name)));
  if (missing.length > 0) {
    return `no ${missing.join(', ')} in ${binariesFolder(process.env)}: ${howToBuild}`;
  }
  return null;
}

/** The same for the files that come with the sources. */
export function missingClusterFiles(): string | null {
  const missing = missingModuleFiles(clusterFiles());
  return missing.length === 0 ? null : `no ${missing.join(', ')}: ${howToBuild}`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
