import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { composeScene } from './compose-scene.ts';
import { encodeClip } from './encode-clip.ts';
import { demoClasses, visibilityRule, type GroundTruth, type TrueFrame } from './ground-truth.ts';
import { renderFrames } from './render-frame.ts';
import { frameHeight, frameWidth, framesPerSecond } from './street.ts';

export interface DemoClipRequest {
  /** A whole number; equal seeds and lengths give equal clips. */
  readonly seed: number;
  readonly seconds: number;
  /** Path of the MP4 file. The ground truth goes beside it, see `groundTruthFileOf`. */
  readonly file: string;
}

/**
 * Renders a street scene, writes the clip and its ground truth, and returns the latter. The folder
 * is made when missing and files of the same name are overwritten. Blocks the event loop for about
 * a tenth of the clip's length: a process that has anything else to do starts `generate/main.ts`.
 *
 * @throws RangeError when the seed is not a whole number or the length not within 0.1 to 3600 s.
 */
export async function writeDemoClip({
  seed,
  seconds,
  file,
}: DemoClipRequest): Promise<GroundTruth> {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`demo clip ${file}: the seed must be a whole number, but is ${seed}`);
  }
  if (!(seconds >= 1 / framesPerSecond && seconds <= 3_600)) {
    throw new RangeError(`demo clip ${file}: the length must be 0.1 to 3600 s, but is ${seconds}`);
  }
  await mkdir(dirname(file), { recursive: true });
  const frames: TrueFrame[] = [];
  // A clip under its own name is whole: a start that was interrupted leaves only the other name.
  const unfinished = `${file}.unfinished`;
  encodeClip(unfinished, renderAndNote(seed, seconds, frames));
  const truth: GroundTruth = {
    seed,
    width: frameWidth,
    height: frameHeight,
    framesPerSecond,
    classes: demoClasses,
    visibility: visibilityRule,
    frames,
  };
  await writeFile(groundTruthFileOf(file), `${JSON.stringify(truth)}\n`);
  await rename(unfinished, file);
  return truth;
}

/** `street.mp4` has its ground truth in `street.truth.json`. */
export function groundTruthFileOf(file: string): string {
  return `${file.replace(/\.mp4$/u, '')}.truth.json`;
}

function* renderAndNote(
  seed: number,
  seconds: number,
  truths: TrueFrame[],
): Generator<Uint8ClampedArray> {
  for (const frame of renderFrames(composeScene(seed, seconds))) {
    truths.push(frame.truth);
    yield frame.pixels;
  }
}
