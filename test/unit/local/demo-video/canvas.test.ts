import { describe, expect, it } from 'vitest';
import {
  createCanvas,
  paintPart,
  type Canvas,
} from '../../../../services/local/demo-video/canvas.ts';
import {
  boundsOfSolids,
  ellipse,
  rectangle,
  screen,
  sheer,
  solid,
} from '../../../../services/local/demo-video/shapes.ts';

function redAt(canvas: Canvas, x: number, y: number): number | undefined {
  return canvas.pixels[(y * canvas.width + x) * 3];
}

const square = rectangle({ left: 2, top: 2, right: 5, bottom: 5.5 });

describe('painting', () => {
  it('fills inside, leaves outside, and blends an edge by how much of the pixel it covers', () => {
    const canvas = createCanvas(8, 8);
    paintPart(canvas, solid(square, [200, 0, 0]), 1);
    expect(redAt(canvas, 2, 2)).toBe(200);
    expect(redAt(canvas, 4, 4)).toBe(200);
    expect(redAt(canvas, 5, 4)).toBe(0);
    expect(redAt(canvas, 3, 5)).toBe(100);
    expect(redAt(canvas, 3, 1)).toBe(0);
  });

  it('claims pixels for the owner of a solid part only', () => {
    const canvas = createCanvas(8, 8);
    paintPart(canvas, sheer(square, [200, 0, 0], 0.5), 1);
    expect(canvas.owners.every((owner) => owner === 0)).toBe(true);
    expect(redAt(canvas, 3, 3)).toBe(100);
    paintPart(canvas, solid(square, [200, 0, 0]), 7);
    expect(canvas.owners.filter((owner) => owner === 7)).toHaveLength(12);
  });

  it('lets a screen hide what is behind it and belong to nobody', () => {
    const canvas = createCanvas(8, 8);
    const behind = solid(rectangle({ left: 0, top: 0, right: 8, bottom: 8 }), [80, 0, 0]);
    paintPart(canvas, behind, 7);
    paintPart(canvas, screen(square, [200, 0, 0]), 9);
    expect(redAt(canvas, 3, 3)).toBe(200);
    expect(canvas.owners.filter((owner) => owner === 7)).toHaveLength(64 - 12);
    expect(canvas.owners.includes(9)).toBe(false);
    expect(boundsOfSolids([screen(square, [200, 0, 0])])).toBeNull();
  });

  it('cuts off what lies outside of the canvas', () => {
    const canvas = createCanvas(8, 8);
    paintPart(canvas, solid(ellipse({ x: 0, y: 0, radiusX: 40, radiusY: 40 }), [9, 0, 0]), 1);
    expect(canvas.owners.every((owner) => owner === 1)).toBe(true);
    paintPart(canvas, solid(rectangle({ left: 9, top: 0, right: 12, bottom: 8 }), [50, 0, 0]), 2);
    expect(canvas.owners.includes(2)).toBe(false);
  });

  it('leaves its scratch row clean for the next part', () => {
    const canvas = createCanvas(8, 8);
    paintPart(canvas, solid(square, [200, 0, 0]), 1);
    expect(canvas.coverage.every((share) => share === 0)).toBe(true);
  });
});
