import { expect, it } from 'vitest';
import type { Picture } from '../../../services/worker/executor/decoder-ports.ts';
import { colourThresholdTuned, detectByColour } from '../../support/colour-threshold-detector.ts';

const width = 60;
const height = 40;

/** A grey picture with rectangles of one vivid colour: left, top, width, height. */
function pictureWith(
  ...rectangles: readonly (readonly [number, number, number, number])[]
): Picture {
  const red = new Uint8Array(width * height).fill(90);
  const other = new Uint8Array(width * height).fill(90);
  for (const [left, top, wide, high] of rectangles) {
    for (let y = top; y < top + high; y += 1)
      red.fill(230, y * width + left, y * width + left + wide);
  }
  const plane = (bytes: Uint8Array): Picture['planes']['red'] => ({ bytes, stride: width });
  return {
    presentation: 0n,
    width,
    height,
    planes: { red: plane(red), green: plane(other), blue: plane(other) },
  };
}

const settings = {
  ...colourThresholdTuned,
  rowFirst: 0,
  areaMinPixels: { vehicle: 50, person: 20 },
};

it('boxes what is vivid and tells by its shape what it is', () => {
  const picture = pictureWith([4, 5, 20, 8], [40, 10, 4, 12]);
  expect(detectByColour(picture, settings)).toEqual([
    { class: 'vehicle', score: 1, box: [4, 5, 20, 8] },
    { class: 'person', score: 1, box: [40, 10, 4, 12] },
  ]);
});

it('leaves out dust and the rows above the street', () => {
  const picture = pictureWith([4, 5, 20, 8], [40, 30, 3, 3]);
  expect(detectByColour(picture, { ...settings, rowFirst: 20 })).toEqual([]);
});

it('joins what a narrow gap parts, and only then', () => {
  const picture = pictureWith([4, 5, 10, 8], [16, 5, 10, 8]);
  expect(detectByColour(picture, settings)).toHaveLength(2);
  expect(detectByColour(picture, { ...settings, joinPixels: 1 })).toEqual([
    { class: 'vehicle', score: 1, box: [4, 5, 22, 8] },
  ]);
});
