import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { copyTree } from './copy-tree.ts';

/** Packages to build with and to run with, and what was built, of two versions. */
const layersKept = 6;

/**
 * Fills `into` with what a command made the last time, and says whether there was any such time.
 * `key` stands for all that the command depends on.
 */
export async function restoreLayer(key: string, into: string): Promise<boolean> {
  const layer = join(cacheFolder(), key);
  if (statSync(layer, { throwIfNoEntry: false }) === undefined) return false;
  const nowSeconds = systemClock.nowMs() / 1000;
  utimesSync(layer, nowSeconds, nowSeconds);
  await copyTree(layer, into);
  return true;
}

/** Keeps `folder` as it is now; forgets what was not used for the longest time. */
export async function keepLayer(key: string, folder: string): Promise<void> {
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const own = mkdtempSync(join(cache, 'unfinished-'));
  await copyTree(folder, join(own, 'layer'));
  try {
    renameSync(join(own, 'layer'), join(cache, key));
  } catch (error) {
    // Another run was faster; its layer is as good.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
  }
  rmSync(own, { recursive: true, force: true });
  const byAge = readdirSync(cache)
    .filter((name) => !name.startsWith('unfinished-'))
    .map((name) => ({ name, usedAtMs: statSync(join(cache, name)).mtimeMs }))
    .toSorted((one, other) => other.usedAtMs - one.usedAtMs);
  for (const { name } of byAge.slice(layersKept)) {
    rmSync(join(cache, name), { recursive: true, force: true });
  }
}

/** A new empty folder on the file system of the layers, so that hard links to them can be made. */
export function newStagingFolder(): string {
  mkdirSync(cacheFolder(), { recursive: true });
  return mkdtempSync(join(cacheFolder(), '..', 'staged-'));
}

/** Beside what the local broker keeps. */
function cacheFolder(): string {
  const own = process.env['SPILLWAY_CACHE_FOLDER'] ?? '';
  const cache = process.env['XDG_CACHE_HOME'] ?? '';
  const root =
    own === '' ? join(cache === '' ? join(homedir(), '.cache') : cache, 'spillway') : own;
  return join(root, 'image-layers');
}
