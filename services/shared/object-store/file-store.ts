import { constants } from 'node:fs';
import { mkdir, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ObjectStoreError } from './ports.ts';
import type { ObjectStore } from './ports.ts';

/**
 * Claim checks as files under one root, which producers and workers share. `root` is `null` where
 * none is configured: then every reference is refused.
 */
export function createFileStore(root: string | null): ObjectStore {
  return {
    read: (reference, bytesMax) => readFileUnder(root, reference, bytesMax),
    write: (bytes, sha256) => writeFileUnder(root, bytes, sha256),
  };
}

async function readFileUnder(
  root: string | null,
  reference: string,
  bytesMax: number,
): Promise<Buffer> {
  const path = pathOf(root, reference);
  const allowed = await realRoot(root);
  let real: string;
  try {
    // Links are followed before the check, so that none leads out of the root.
    real = await realpath(path);
  } catch (error) {
    if (!isUnder(path, root ?? '')) throw outside(reference, root);
    throw unavailable(reference, error);
  }
  if (!isUnder(real, allowed)) throw outside(reference, root);
  try {
    // Without waiting, or a pipe that nobody writes to would hold the worker's slot for ever.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(real, flags);
    try {
      const status = await file.stat();
      if (!status.isFile()) {
        throw new ObjectStoreError('refused', `${reference} is no file; accepted: regular files`);
      }
      const { size } = status;
      if (size > bytesMax) {
        throw new ObjectStoreError(
          'too-large',
          `${reference} holds ${size} bytes, at most ${bytesMax} are accepted`,
        );
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ObjectStoreError) throw error;
    throw unavailable(reference, error);
  }
}

function pathOf(root: string | null, reference: string): string {
  const accepted =
    root === null
      ? 'no claim checks, since SPILLWAY_CLAIM_ROOT is not set'
      : `file:// references under ${root}`;
  try {
    const url = new URL(reference);
    if (root !== null && url.protocol === 'file:') return fileURLToPath(url);
  } catch {
    // Falls through: whatever it is, it is no file URL.
  }
  throw new ObjectStoreError('refused', `${reference} is refused; accepted: ${accepted}`);
}

async function realRoot(root: string | null): Promise<string> {
  try {
    return await realpath(root ?? '');
  } catch (error) {
    throw new ObjectStoreError(
      'unavailable',
      `the folder of claim checks ${root ?? ''} cannot be read by this worker; mount it, or correct SPILLWAY_CLAIM_ROOT`,
      error,
    );
  }
}

const isUnder = (path: string, root: string): boolean => path.startsWith(`${root}${sep}`);

const outside = (reference: string, root: string | null): ObjectStoreError =>
  new ObjectStoreError(
    'refused',
    `${reference} lies outside of the folder of claim checks; accepted: file:// references under ${root ?? ''}`,
  );

const unavailable = (reference: string, error: unknown): ObjectStoreError =>
  new ObjectStoreError(
    'unavailable',
    `${reference} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    error,
  );

async function writeFileUnder(root: string | null, bytes: Buffer, sha256: string): Promise<string> {
  if (root === null) {
    throw new ObjectStoreError(
      'refused',
      'no folder for claim checks is known; set SPILLWAY_CLAIM_ROOT to one that the workers share',
    );
  }
  // Two levels keep folders small when many chunks are submitted.
  const folder = join(root, sha256.slice(0, 2));
  const path = join(folder, sha256);
  const reference = pathToFileURL(path).href;
  const existing = await stat(path).catch(() => null);
  if (existing?.size === bytes.length) return reference;
  await mkdir(folder, { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw unavailable(reference, error);
  }
  return reference;
}
