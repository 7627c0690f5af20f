import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..', '..');
const compilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/**
 * Translates sources, without checking types, into a new folder under `dist` (where Node finds the
 * packages), so that a test can start a real process from the sources as they are.
 *
 * @param sources files and folders, relative to the root of the repository.
 * @returns the new folder, which holds the same tree with `.js` files.
 */
export async function compiled(sources: readonly string[]): Promise<string> {
  await mkdir(join(root, 'dist'), { recursive: true });
  const folder = await mkdtemp(join(root, 'dist', 'compiled-'));
  for (const source of sources) {
    const isFile = source.endsWith('.ts');
    const names = isFile ? [''] : await readdir(join(root, source), { recursive: true });
    for (const name of names.filter((each) => isFile || each.endsWith('.ts'))) {
      const path = join(root, source, name);
      const output = ts.transpileModule(await readFile(path, 'utf8'), { compilerOptions });
      const target = join(folder, relative(root, path)).replace(/\.ts$/, '.js');
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, output.outputText);
    }
  }
  return folder;
}
