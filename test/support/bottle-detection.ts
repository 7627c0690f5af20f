import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../services/local/project-folder.ts';
import type { FrameResult } from '../../services/shared/chunk/result.ts';
import { overlapOfBoxes } from './overlap-of-boxes.ts';
import { missingFiles, sharedData } from './shared-data.ts';

/** A real video of bottles on a belt, 40 seconds long, and a published network that knows them. */
export const bottleVideo = join(sharedData, 'videos', 'bottle-detection.mp4');
export const yoloxNano = join(sharedData, 'models', 'yolox_nano.onnx');

/** Why suites with the real video cannot run here; `null` when they can. */
export function missingForBottles(): string | null {
  return missingFiles([bottleVideo, yoloxNano]);
}

/** What `independent-detector.py`, which shares no code with us, finds in the same video. */
export function expectedBottles(): readonly FrameResult[] {
  const file = join(projectFolder(), 'test/support/bottle-detection.expected.json');
  const expected: { readonly frames: readonly FrameResult[] } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  return expected.frames;
}

export function bestScore(frame: FrameResult, name: string): number {
  const scores = frame.detections.filter((found) => found.class === name).map(({ score }) => score);
  return Math.max(0, ...scores);
}

const confidentScore = 0.5;
const sameOverlapMin = 0.9;

/** The confident detections on one side without a twin of the same class on the other. */
export function unmatched(
  some: readonly FrameResult[],
  others: readonly FrameResult[],
): readonly string[] {
  return some.flatMap((frame, index) =>
    frame.detections
      .filter(({ score }) => score >= confidentScore)
      .filter((one) => {
        const candidates = others[index]?.detections ?? [];
        return !candidates.some(
          (other) =>
            other.class === one.class && overlapOfBoxes(one.box, other.box) >= sameOverlapMin,
        );
      })
      .map((one) => `frame ${index}: ${one.class} at ${one.box.join(', ')}`),
  );
}
