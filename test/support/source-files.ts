import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** The root of the repository, as an absolute path. */
export const repositoryRoot = join(import.meta.dirname, '..', '..');

/** Files below the given folders of `root`, relative to it, sorted; a missing folder has none. */
export async function filesUnder(
  folders: readonly string[],
  root: string = repositoryRoot,
): Promise<readonly string[]> {
  const found = await Promise.all(folders.map((folder) => filesOf(join(root, folder))));
  return found
    .flat()
    .map((path) => relative(root, path))
    .toSorted();
}

async function filesOf(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
