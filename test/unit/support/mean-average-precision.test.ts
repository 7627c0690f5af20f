import { describe, expect, it } from 'vitest';
import type { Box } from '../../../services/shared/chunk/result.ts';
import {
  averagePrecision,
  meanAveragePrecision,
  overlapOfBoxes,
  type JudgedFrame,
} from '../../support/mean-average-precision.ts';

const here: Box = [10, 10, 20, 20];
const elsewhere: Box = [100, 100, 20, 20];

function frame(
  detections: readonly (readonly [score: number, box: Box])[],
  expected: readonly (readonly [box: Box, isCounted?: boolean])[],
): JudgedFrame {
  return {
    detections: detections.map(([score, box]) => ({ class: 'car', score, box })),
    expected: expected.map(([box, isCounted = true]) => ({ class: 'car', box, isCounted })),
  };
}

function precisionOf(...frames: JudgedFrame[]): number | null {
  return averagePrecision(frames, 'car', 0.5);
}

describe('overlap of boxes', () => {
  it('is 1 for the same box, 0 for boxes that only touch, and the shared part of the union else', () => {
    expect(overlapOfBoxes(here, here)).toBe(1);
    expect(overlapOfBoxes(here, [30, 10, 20, 20])).toBe(0);
    expect(overlapOfBoxes(here, [20, 10, 20, 20])).toBeCloseTo(1 / 3);
  });
});

describe('average precision', () => {
  it('is 1 when each object is found once and nothing else is claimed', () => {
    expect(
      precisionOf(frame([[0.9, here]], [[here]]), frame([[0.2, elsewhere]], [[elsewhere]])),
    ).toBe(1);
  });

  it('is 0 when nothing is found, and unknown when there is nothing to find', () => {
    expect(precisionOf(frame([], [[here]]))).toBe(0);
    expect(precisionOf(frame([[0.9, here]], []))).toBeNull();
  });

  it('counts a second detection of an object as wrong', () => {
    const doubled = frame(
      [
        [0.9, here],
        [0.8, here],
        [0.7, elsewhere],
      ],
      [[here], [elsewhere]],
    );
    expect(precisionOf(doubled)).toBeCloseTo(0.5 * 1 + 0.5 * (2 / 3));
  });

  it('takes the best precision at the same recall or beyond, over all points', () => {
    // Right, wrong, right, right of four objects: recalls 1/4, 2/4, 3/4 at precisions 1, 3/4, 3/4.
    const objects: Box[] = [0, 50, 100, 150].map((x) => [x, 0, 20, 20]);
    const [first, second, third] = objects;
    const judged = frame(
      [
        [0.9, first ?? here],
        [0.8, [0, 200, 20, 20]],
        [0.7, second ?? here],
        [0.6, third ?? here],
      ],
      objects.map((box) => [box]),
    );
    expect(precisionOf(judged)).toBeCloseTo(0.25 * 1 + 0.25 * 0.75 + 0.25 * 0.75);
  });

  it('ranks by score over all frames, whatever the order in which they come', () => {
    const wrong = frame([[0.9, elsewhere]], []);
    const right = frame([[0.5, here]], [[here]]);
    expect(precisionOf(wrong, right)).toBe(0.5);
    expect(precisionOf(right, wrong)).toBe(0.5);
  });

  it('neither rewards nor punishes finding or missing an object that is not counted', () => {
    const counted = frame([[0.5, here]], [[here]]);
    expect(precisionOf(counted, frame([[0.9, elsewhere]], [[elsewhere, false]]))).toBe(1);
    expect(precisionOf(counted, frame([], [[elsewhere, false]]))).toBe(1);
  });

  it('prefers the counted one of two objects that a detection matches', () => {
    const nearly: Box = [11, 10, 20, 20];
    expect(precisionOf(frame([[0.9, here]], [[here, false], [nearly]]))).toBe(1);
  });

  it('does not match a box that overlaps by less than half', () => {
    expect(precisionOf(frame([[0.9, [17, 10, 20, 20]]], [[here]]))).toBe(0);
    expect(precisionOf(frame([[0.9, [16, 10, 20, 20]]], [[here]]))).toBe(1);
  });
});

describe('mean average precision', () => {
  it('is the mean over the classes that are to be found, and keeps classes apart', () => {
    const judged: JudgedFrame = {
      detections: [
        { class: 'car', score: 0.9, box: here },
        { class: 'car', score: 0.8, box: elsewhere },
      ],
      expected: [
        { class: 'car', box: here, isCounted: true },
        { class: 'person', box: elsewhere, isCounted: true },
      ],
    };
    expect(meanAveragePrecision([judged], ['car', 'person', 'dog'])).toEqual({
      averagePrecision: { car: 1, person: 0, dog: null },
      mean: 0.5,
    });
  });
});
