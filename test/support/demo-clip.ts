import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GroundTruth } from '../../services/local/demo-video/ground-truth.ts';
import { writeDemoClip } from '../../services/local/demo-video/write-demo-clip.ts';

/** A street scene as a file in memory, and what it shows. */
export async function demoClip(
  seed: number,
  seconds: number,
): Promise<{ readonly bytes: Buffer; readonly truth: GroundTruth }> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-demo-clip-'));
  try {
    const file = join(folder, 'street.mp4');
    const truth = await writeDemoClip({ seed, seconds, file });
    return { bytes: await readFile(file), truth };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
