import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder of the project's package.json, found upwards from this file, because the same code runs
 * from `services/` in tests and from `dist/services/` in processes, while what is not TypeScript
 * stays where it was written.
 */
export function projectFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new Error(
        `no package.json above ${import.meta.dirname}: run from the project's folder`,
      );
    }
    folder = parent;
  }
  return folder;
}
