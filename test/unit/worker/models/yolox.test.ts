import { describe, expect, test } from 'vitest';
import type { YoloxLayout } from '../../../../services/worker/models/manifest.ts';
import { decodeYolox, gridCells } from '../../../../services/worker/models/yolox.ts';

const layout: YoloxLayout = {
  decoder: 'yolox',
  name: 'output',
  strides: [8, 16, 32],
  scoreThreshold: 0.3,
  overlapThreshold: 0.45,
  detectionsMax: 100,
};
const grid = { width: 64, height: 32, classCount: 2 };
const cells = 8 * 4 + 4 * 2 + 2;

interface Cell {
  readonly at: number;
  readonly values: readonly number[];
}

function outputWith(...filled: readonly Cell[]): Float32Array {
  const output = new Float32Array(cells * 7);
  for (const { at, values } of filled) output.set(values, at * 7);
  return output;
}

describe('the raw YOLOX output', () => {
  test('has the cells of all strides', () => {
    expect(gridCells(416, 416, [8, 16, 32])).toBe(3549);
    expect(gridCells(64, 32, [8, 16, 32])).toBe(cells);
  });

  test('gives centre and size in cells of the stride to which the cell belongs', () => {
    // The second cell in the second row of stride 16, which has four columns.
    const at = 32 + 4 + 1;
    const values = [0.5, 0.25, Math.log(2), 0, 0.9, 0.1, 0.8];
    const [candidate, ...more] = decodeYolox(outputWith({ at, values }), layout, grid);
    expect(more).toEqual([]);
    expect(candidate).toMatchObject({ classIndex: 1 });
    expect(candidate?.score).toBeCloseTo(0.72, 5);
    expect(candidate?.left).toBeCloseTo(1.5 * 16 - 16, 4);
    expect(candidate?.right).toBeCloseTo(1.5 * 16 + 16, 4);
    expect(candidate?.top).toBeCloseTo(1.25 * 16 - 8, 4);
    expect(candidate?.bottom).toBeCloseTo(1.25 * 16 + 8, 4);
  });

  test('drops what is below the threshold by objectness, or by both together', () => {
    const weak = { at: 0, values: [0, 0, 0, 0, 0.29, 1, 0] };
    const unsure = { at: 9, values: [0, 0, 0, 0, 0.9, 0.3, 0.2] };
    expect(decodeYolox(outputWith(weak, unsure), layout, grid)).toEqual([]);
  });

  test('keeps one of two boxes of a class that cover each other, and both of two classes', () => {
    const better = { at: 0, values: [0, 0, 1, 1, 0.9, 0.9, 0] };
    const covered = { at: 1, values: [-0.9, 0, 1, 1, 0.8, 0.9, 0] };
    const other = { at: 2, values: [-1.9, 0, 1, 1, 0.7, 0, 0.9] };
    const found = decodeYolox(outputWith(covered, better, other), layout, grid);
    expect(found.map(({ classIndex, score }) => [classIndex, Math.round(score * 100)])).toEqual([
      [0, 81],
      [1, 63],
    ]);
  });

  test('takes values that are no numbers for no detection', () => {
    const broken = { at: 0, values: [Number.NaN, 0, 0, 0, 1, 1, 1] };
    const endless = { at: 1, values: [0, 0, 1000, 0, 1, 1, 1] };
    const unknown = { at: 2, values: [0, 0, 0, 0, Number.NaN, Number.NaN, Number.NaN] };
    expect(decodeYolox(outputWith(broken, endless, unknown), layout, grid)).toEqual([]);
  });
});
