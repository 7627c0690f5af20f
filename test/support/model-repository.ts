import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../services/worker/models/manifest.ts';
import { temporaryFolder } from './program-file.ts';
import { tinyNetwork, type TinyNetworkOptions } from './tiny-network.ts';

/** Fits `tinyNetwork()`: one cell, one class, pixels as fractions. */
export const tinyManifest: Manifest = {
  name: 'tiny',
  version: '1',
  variants: { fp32: 'model.onnx' },
  input: {
    name: 'images',
    width: 32,
    height: 32,
    channels: 'rgb',
    scale: 1 / 255,
    mean: [0, 0, 0],
    deviation: [1, 1, 1],
    resize: 'stretch',
    padding: 0,
  },
  output: {
    decoder: 'yolox',
    name: 'output',
    strides: [32],
    scoreThreshold: 0.3,
    overlapThreshold: 0.45,
    detectionsMax: 10,
  },
  classes: ['light'],
  framesPerSecond: 2,
};

/** Writes files below a folder of the running test; a value that is no text and no bytes is written as JSON. */
export function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const isPlain = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, isPlain ? content : JSON.stringify(content));
  }
  return folder;
}

/** A repository with the model `tiny`, which answers within a millisecond. */
export function tinyRepository(
  changes: Partial<Manifest> = {},
  network: Partial<TinyNetworkOptions> = {},
): string {
  return folderWith({
    'tiny/manifest.json': { ...tinyManifest, ...changes },
    'tiny/1/model.onnx': tinyNetwork(network),
  });
}

/**
 * A repository with the model `slow`, which samples every frame and spends some 20 ms on each, so
 * that a child can be met at work.
 */
export function slowRepository(): string {
  const side = 1024;
  const manifest: Manifest = {
    ...tinyManifest,
    name: 'slow',
    input: { ...tinyManifest.input, width: side, height: side },
    output: { ...tinyManifest.output, strides: [256] },
    framesPerSecond: 240,
  };
  return folderWith({
    'slow/manifest.json': manifest,
    'slow/1/model.onnx': tinyNetwork({ side, cells: 16 }),
  });
}

/** A repository with one network that lies elsewhere and has no manifest. */
export function repositoryAround(modelFile: string, name: string): string {
  const folder = folderWith({ [`${name}/1/.keep`]: '' });
  symlinkSync(modelFile, join(folder, name, '1', 'model.onnx'));
  return folder;
}
