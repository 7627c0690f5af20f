import { assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../../services/worker/executor/decoder-ports.ts';
import { layOut, writePicture } from '../../../../services/worker/executor/letterbox.ts';
import type { InputLayout } from '../../../../services/worker/models/manifest.ts';
import { tinyManifest } from '../../../support/model-repository.ts';

const input: InputLayout = {
  ...tinyManifest.input,
  width: 8,
  height: 8,
  scale: 1,
  resize: 'letterbox',
  padding: 114,
};

interface Planes {
  readonly width: number;
  readonly height: number;
  readonly valueOf: (x: number, y: number) => number;
}

/** Rows are three bytes longer than the picture, as decoders align them. */
function pictureOf({ width, height, valueOf }: Planes): Picture {
  const stride = width + 3;
  const plane = (offset: number): { bytes: Uint8Array; stride: number } => {
    const bytes = new Uint8Array(stride * height).fill(255);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) bytes[y * stride + x] = valueOf(x, y) + offset;
    }
    return { bytes, stride };
  };
  const planes = { red: plane(0), green: plane(1), blue: plane(2) };
  return { presentation: 0n, width, height, planes };
}

function written(picture: Picture, layoutOf: InputLayout): Float32Array {
  const target = new Float32Array(3 * layoutOf.width * layoutOf.height).fill(Number.NaN);
  writePicture(target, picture, { input: layoutOf, layout: layOut(picture, layoutOf) });
  return target;
}

describe('laying a picture into an input', () => {
  test('keeps its shape at the top left and pads the rest', () => {
    const picture = pictureOf({ width: 16, height: 8, valueOf: () => 50 });
    const target = written(picture, input);
    const red = Array.from({ length: 8 }, (_, row) => [...target.subarray(row * 8, row * 8 + 8)]);
    expect(red.slice(0, 4).flat()).toEqual(Array.from({ length: 32 }, () => 50));
    expect(red.slice(4).flat()).toEqual(Array.from({ length: 32 }, () => 114));
  });

  test('covers everything when it is stretched', () => {
    const picture = pictureOf({ width: 16, height: 3, valueOf: () => 50 });
    const layout = layOut(picture, { ...input, resize: 'stretch' });
    expect(layout).toMatchObject({ coveredWidth: 8, coveredHeight: 8 });
    expect(layout.placement).toMatchObject({ scaleX: 0.5, scaleY: 8 / 3 });
  });

  test('orders the planes as the manifest says', () => {
    const picture = pictureOf({ width: 8, height: 8, valueOf: () => 50 });
    const firstOf = (target: Float32Array): readonly (number | undefined)[] =>
      [0, 64, 128].map((at) => target[at]);
    expect(firstOf(written(picture, input))).toEqual([50, 51, 52]);
    expect(firstOf(written(picture, { ...input, channels: 'bgr' }))).toEqual([52, 51, 50]);
  });

  test('scales, subtracts the mean and divides by the deviation, the padding too', () => {
    const picture = pictureOf({ width: 16, height: 8, valueOf: () => 51 });
    const target = written(picture, {
      ...input,
      scale: 1 / 255,
      mean: [0.1, 0, 0],
      deviation: [0.5, 1, 1],
    });
    expect(target[0]).toBeCloseTo((0.2 - 0.1) / 0.5, 5);
    expect(target[63]).toBeCloseTo((114 / 255 - 0.1) / 0.5, 5);
  });

  test('samples at pixel centres without smoothing', () => {
    const picture = pictureOf({ width: 16, height: 16, valueOf: (x) => x * 10 });
    // Target pixel 0 lies between source pixels 0 and 1, target pixel 7 between 14 and 15.
    const row = [...written(picture, input).subarray(0, 8)];
    expect(row).toEqual([5, 25, 45, 65, 85, 105, 125, 145]);
  });

  test('accepts a picture of one pixel', () => {
    const picture = pictureOf({ width: 1, height: 1, valueOf: () => 9 });
    expect(new Set(written(picture, input).subarray(0, 64))).toEqual(new Set([9]));
  });

  test('stays within the range of its pixels and never reads beyond a row, at any size', () => {
    const sizes = record({
      width: integer({ min: 1, max: 70 }),
      height: integer({ min: 1, max: 70 }),
      resize: constantFrom('letterbox' as const, 'stretch' as const),
    });
    assert(
      property(sizes, ({ width, height, resize }) => {
        const valueOf = (x: number, y: number): number => 100 + ((x * 7 + y * 13) % 40);
        const target = written(pictureOf({ width, height, valueOf }), { ...input, resize });
        // 255 lies behind every row, and padding (114) is within the range as well.
        expect(Math.min(...target)).toBeGreaterThanOrEqual(100);
        expect(Math.max(...target)).toBeLessThanOrEqual(141);
      }),
      { seed: 20_260_103 },
    );
  });
});
