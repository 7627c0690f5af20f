import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest, variantNames, type Manifest, type VariantName } from './manifest.ts';
import { ModelError } from './model-error.ts';

/** One model as its folder has it; nothing of the network has been read. */
export interface ModelFolder {
  readonly name: string;
  readonly version: string;
  /** Null when the folder has no `manifest.json`. */
  readonly manifest: Manifest | null;
  /** Path of each variant's file; at least one. */
  readonly files: ReadonlyMap<VariantName, string>;
}

const stockFile = 'model.onnx';

/**
 * Reads model repositories in Triton's layout, `<repository>/<model>/<version>/model.onnx` with
 * `<repository>/<model>/manifest.json`.
 *
 * @throws ModelError `bad-repository` with every problem of every folder, one line each.
 */
export function scanRepositories(directories: readonly string[]): readonly ModelFolder[] {
  const problems: string[] = [];
  const folders: ModelFolder[] = [];
  const owners = new Map<string, string>();
  for (const directory of directories) {
    for (const name of modelNames(directory, problems)) {
      const path = join(directory, name);
      const owner = owners.get(name);
      if (owner !== undefined) {
        problems.push(`${path}: the model ${name} is also in ${owner}; names must be unique`);
        continue;
      }
      owners.set(name, path);
      const folder = readFolder(path, name, problems);
      if (folder !== null) folders.push(folder);
    }
  }
  if (problems.length === 0 && folders.length === 0) {
    problems.push(
      `no model in ${directories.join(', ') || 'any repository (none was given)'}; ` +
        'expected folders like <model>/1/model.onnx',
    );
  }
  if (problems.length > 0) {
    throw new ModelError('bad-repository', `model repository: ${problems.join('\n')}`);
  }
  return folders;
}

function modelNames(directory: string, problems: string[]): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => !name.startsWith('.') && statSync(join(directory, name)).isDirectory())
      .toSorted();
  } catch (error) {
    problems.push(`${directory}: cannot be read as a model repository: ${messageOf(error)}`);
    return [];
  }
}

function readFolder(path: string, name: string, problems: string[]): ModelFolder | null {
  const manifestPath = join(path, 'manifest.json');
  if (!existsSync(manifestPath)) {
    const version = highestVersion(path);
    if (version === null || !existsSync(join(path, version, stockFile))) {
      problems.push(`${path}: no manifest.json and no ${join('<version>', stockFile)}`);
      return null;
    }
    const files = new Map([['fp32' as const, join(path, version, stockFile)]]);
    return { name, version, manifest: null, files };
  }
  const parsed = parseManifest(readFileSync(manifestPath, 'utf8'));
  if (!parsed.ok) {
    problems.push(...parsed.problems.map((problem) => `${manifestPath}: ${problem}`));
    return null;
  }
  const { manifest } = parsed;
  const found: string[] = [];
  if (manifest.name !== name) {
    found.push(`${manifestPath}: name: is ${manifest.name}, but its folder is called ${name}`);
  }
  const version = manifest.version ?? highestVersion(path);
  if (version === null) {
    found.push(`${path}: no version folder; expected one with a number as its name, such as 1`);
  }
  const files = new Map<VariantName, string>();
  for (const variant of version === null ? [] : variantNames) {
    const file = manifest.variants[variant];
    if (file === undefined) continue;
    const filePath = join(path, version ?? '', file);
    if (existsSync(filePath) && statSync(filePath).isFile()) files.set(variant, filePath);
    else found.push(`${manifestPath}: variants.${variant}: ${filePath} does not exist`);
  }
  problems.push(...found);
  return found.length > 0 || version === null ? null : { name, version, manifest, files };
}

/** Versions are compared as numbers, so 10 is above 9. */
function highestVersion(path: string): string | null {
  const versions = readdirSync(path)
    .filter((name) => /^[0-9]{1,9}$/.test(name) && statSync(join(path, name)).isDirectory())
    .toSorted((a, b) => Number(b) - Number(a));
  return versions[0] ?? null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
