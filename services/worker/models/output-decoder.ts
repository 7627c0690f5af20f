import type { Detection } from '../../shared/chunk/result.ts';
import type { Manifest } from './manifest.ts';
import type { Candidate } from './suppression.ts';
import { decodeYolox, gridCells } from './yolox.ts';

/** How a source picture was laid into the network's input: input pixel = source pixel * scale. */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  /** Size of the source picture in pixels. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

/** Length of one frame's part of the output tensor. */
export function outputLength(manifest: Manifest): number {
  switch (manifest.output.decoder) {
    case 'yolox':
      return outputCells(manifest) * (5 + manifest.classes.length);
  }
}

/** Shape of one frame's part of the output tensor, for comparing with the network's own words. */
export function outputShape(manifest: Manifest): readonly number[] {
  switch (manifest.output.decoder) {
    case 'yolox':
      return [outputCells(manifest), 5 + manifest.classes.length];
  }
}

/** Reads one frame's part of the output tensor; boxes come back in source pixels, best score first. */
export function decodeOutput(
  output: Float32Array,
  manifest: Manifest,
  placement: Placement,
): readonly Detection[] {
  return candidatesOf(output, manifest)
    .map((candidate) => toDetection(candidate, manifest.classes, placement))
    .filter(({ box }) => box[2] > 0 && box[3] > 0);
}

function candidatesOf(output: Float32Array, manifest: Manifest): readonly Candidate[] {
  switch (manifest.output.decoder) {
    case 'yolox':
      return decodeYolox(output, manifest.output, {
        width: manifest.input.width,
        height: manifest.input.height,
        classCount: manifest.classes.length,
      });
  }
}

function outputCells(manifest: Manifest): number {
  return gridCells(manifest.input.width, manifest.input.height, manifest.output.strides);
}

function toDetection(
  candidate: Candidate,
  classes: readonly string[],
  placement: Placement,
): Detection {
  const left = clip(candidate.left / placement.scaleX, placement.sourceWidth);
  const top = clip(candidate.top / placement.scaleY, placement.sourceHeight);
  const right = clip(candidate.right / placement.scaleX, placement.sourceWidth);
  const bottom = clip(candidate.bottom / placement.scaleY, placement.sourceHeight);
  return {
    class: classes[candidate.classIndex] ?? `class ${candidate.classIndex}`,
    score: round(candidate.score, 10_000),
    box: [round(left, 100), round(top, 100), round(right - left, 100), round(bottom - top, 100)],
  };
}

function clip(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}

/** Four digits of a score and hundredths of a pixel are more than a network knows. */
function round(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
