import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeClip } from '../encoded-clip.ts';
import { tinyManifest } from '../model-repository.ts';
import { tinyNetwork } from '../tiny-network.ts';

/** Work whose length is that of its video. */
export interface SlowWork {
  /** Holds one model, which looks at every frame and spends some 20 ms on each. */
  readonly repository: string;
  /** So many chunks of so many frames each; equal numbers of frames give the same bytes. */
  chunks(count: number, frames?: number): readonly { readonly value: Buffer }[];
  remove(): void;
}

/** For a whole file of tests, since its folder stays until `remove`. */
export function slowWork(): SlowWork {
  const repository = mkdtempSync(join(tmpdir(), 'spillway-slow-model-'));
  const side = 1024;
  const manifest = {
    ...tinyManifest,
    name: 'slow',
    input: { ...tinyManifest.input, width: side, height: side },
    output: { ...tinyManifest.output, strides: [256] },
    framesPerSecond: 240,
  };
  mkdirSync(join(repository, 'slow', '1'), { recursive: true });
  writeFileSync(join(repository, 'slow', 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(repository, 'slow', '1', 'model.onnx'), tinyNetwork({ side, cells: 16 }));
  const clips = new Map<number, Buffer>();
  const clipOf = (frames: number): Buffer => {
    const clip = clips.get(frames) ?? encodeClip({ frames });
    clips.set(frames, clip);
    return clip;
  };
  return {
    repository,
    chunks: (count, frames = 2) => Array.from({ length: count }, () => ({ value: clipOf(frames) })),
    remove: () => rmSync(repository, { recursive: true, force: true }),
  };
}
