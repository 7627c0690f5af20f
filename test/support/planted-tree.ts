import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from './source-files.ts';

/** A new temporary folder with these files (path to content); the caller removes it. */
export async function plantedTree(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'spillway-planted-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** Lets what is planted below `root` use the packages of this repository. */
export async function linkPackages(root: string): Promise<void> {
  await symlink(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
}
