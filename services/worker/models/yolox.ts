import type { YoloxLayout } from './manifest.ts';
import { suppressOverlaps, type Candidate } from './suppression.ts';

/** Cells of all grids together, which is the second dimension of the output tensor. */
export function gridCells(width: number, height: number, strides: readonly number[]): number {
  return strides.reduce(
    (cells, stride) => cells + Math.floor(width / stride) * Math.floor(height / stride),
    0,
  );
}

export interface YoloxGrid {
  /** Size of the network's input in pixels. */
  readonly width: number;
  readonly height: number;
  readonly classCount: number;
}

/**
 * Reads one frame of a raw YOLOX output, float32 [cells, 5 + classes]: centre x and y relative to the
 * cell in cells, logarithm of width and height in cells, objectness 0 to 1, class scores 0 to 1. A
 * cell stands for its best class only, as in YOLOX's own post-processing. Values that are not finite
 * are no detection.
 *
 * Returns boxes in pixels of the network's input, not clipped.
 */
export function decodeYolox(
  output: Float32Array,
  layout: YoloxLayout,
  grid: YoloxGrid,
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  const valueCount = 5 + grid.classCount;
  let at = 0;
  for (const stride of layout.strides) {
    const columns = Math.floor(grid.width / stride);
    const rows = Math.floor(grid.height / stride);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1, at += valueCount) {
        // No class score is above 1, so most cells are done with after one comparison.
        if ((output[at + 4] ?? 0) < layout.scoreThreshold) continue;
        const cell = output.subarray(at, at + valueCount);
        const candidate = readCell(cell, { column, row, stride });
        if (candidate.score >= layout.scoreThreshold && isFiniteBox(candidate)) {
          candidates.push(candidate);
        }
      }
    }
  }
  return suppressOverlaps(candidates, layout);
}

interface CellPlace {
  readonly column: number;
  readonly row: number;
  readonly stride: number;
}

function readCell(cell: Float32Array, place: CellPlace): Candidate {
  const [x = 0, y = 0, logWidth = 0, logHeight = 0, objectness = 0] = cell;
  let classIndex = 0;
  let classScore = -Infinity;
  for (let index = 5; index < cell.length; index += 1) {
    const score = cell[index] ?? 0;
    if (score > classScore) {
      classScore = score;
      classIndex = index - 5;
    }
  }
  const centreX = (x + place.column) * place.stride;
  const centreY = (y + place.row) * place.stride;
  const halfWidth = (Math.exp(logWidth) * place.stride) / 2;
  const halfHeight = (Math.exp(logHeight) * place.stride) / 2;
  return {
    left: centreX - halfWidth,
    top: centreY - halfHeight,
    right: centreX + halfWidth,
    bottom: centreY + halfHeight,
    score: Math.min(1, objectness * classScore),
    classIndex,
  };
}

function isFiniteBox(box: Candidate): boolean {
  return Number.isFinite(box.left + box.right) && Number.isFinite(box.top + box.bottom);
}
