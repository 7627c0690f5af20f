import type { Outline, Part } from './shapes.ts';

/** A picture under work. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** uint8 [height, width, 3], RGB, 0 to 255. */
  readonly pixels: Uint8ClampedArray;
  /** uint16 [height, width]: whose solid part was painted last at the pixel, 0 for the scenery. */
  readonly owners: Uint16Array;
  /** Scratch of one row for `paintPart`, all zero between its calls: allocating it costs more. */
  readonly coverage: Float32Array;
}

export function createCanvas(width: number, height: number): Canvas {
  return {
    width,
    height,
    pixels: new Uint8ClampedArray(width * height * 3),
    owners: new Uint16Array(width * height),
    coverage: new Float32Array(width),
  };
}

// Four scan lines a pixel row with exact ends along x: smooth edges at a quarter of the cost of
// sixteen samples a pixel.
const scanLinesPerRow = 4;

/**
 * Paints one part with smooth edges (even-odd rule). A solid part claims for `owner` each pixel
 * that it covers by half or more, a screen for nobody. What lies outside the canvas is cut off.
 */
export function paintPart(canvas: Canvas, part: Part, owner: number): void {
  let top = Infinity;
  let bottom = -Infinity;
  let left = Infinity;
  let right = -Infinity;
  for (const [x, y] of part.outline) {
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  if (right <= 0 || left >= canvas.width) return;
  const rowFirst = Math.max(0, Math.floor(top));
  const rowLast = Math.min(canvas.height - 1, Math.ceil(bottom) - 1);
  const { coverage } = canvas;
  for (let row = rowFirst; row <= rowLast; row += 1) {
    const span = coverRow(part.outline, row, coverage);
    if (span.last < span.first) continue;
    const fraction =
      bottom > top ? Math.min(1, Math.max(0, (row + 0.5 - top) / (bottom - top))) : 0;
    blendRow({ canvas, part, owner, row, fraction, coverage, ...span });
    coverage.fill(0, span.first, span.last + 1);
  }
}

/** Adds to `coverage` how much of each pixel of the row is inside; returns the columns touched. */
function coverRow(
  outline: Outline,
  row: number,
  coverage: Float32Array,
): { first: number; last: number } {
  let first = coverage.length;
  let last = -1;
  for (let line = 0; line < scanLinesPerRow; line += 1) {
    const crossings = crossingsAt(outline, row + (line + 0.5) / scanLinesPerRow);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const from = Math.max(0, crossings[pair] ?? 0);
      const to = Math.min(coverage.length, crossings[pair + 1] ?? 0);
      if (to <= from) continue;
      const columnFirst = Math.floor(from);
      const columnLast = Math.min(coverage.length - 1, Math.ceil(to) - 1);
      for (let column = columnFirst; column <= columnLast; column += 1) {
        const share = Math.min(to, column + 1) - Math.max(from, column);
        coverage[column] = (coverage[column] ?? 0) + share / scanLinesPerRow;
      }
      first = Math.min(first, columnFirst);
      last = Math.max(last, columnLast);
    }
  }
  return { first, last };
}

function crossingsAt(outline: Outline, y: number): number[] {
  const crossings: number[] = [];
  let previous = outline.at(-1);
  for (const point of outline) {
    if (previous !== undefined && previous[1] <= y !== point[1] <= y) {
      const along = (y - previous[1]) / (point[1] - previous[1]);
      insertSorted(crossings, previous[0] + along * (point[0] - previous[0]));
    }
    previous = point;
  }
  return crossings;
}

/** Nearly always two values: shifting by hand beats sorting with a comparator. */
function insertSorted(sorted: number[], value: number): void {
  let place = sorted.length;
  for (; place > 0; place -= 1) {
    const before = sorted[place - 1] ?? value;
    if (before <= value) break;
    sorted[place] = before;
  }
  sorted[place] = value;
}

interface RowBlend {
  readonly canvas: Canvas;
  readonly part: Part;
  readonly owner: number;
  readonly row: number;
  /** How far down the part the row lies, 0 to 1. */
  readonly fraction: number;
  readonly coverage: Float32Array;
  readonly first: number;
  readonly last: number;
}

function blendRow({ canvas, part, owner, row, fraction, coverage, first, last }: RowBlend): void {
  const { pixels, owners, width } = canvas;
  const below = part.colourBelow ?? part.colour;
  const red = part.colour[0] + (below[0] - part.colour[0]) * fraction;
  const green = part.colour[1] + (below[1] - part.colour[1]) * fraction;
  const blue = part.colour[2] + (below[2] - part.colour[2]) * fraction;
  const isHiding = part.surface !== 'sheer';
  const claimant = part.surface === 'solid' ? owner : 0;
  for (let column = first; column <= last; column += 1) {
    const share = Math.min(1, coverage[column] ?? 0);
    const opacity = share * part.opacity;
    const index = row * width + column;
    const at = index * 3;
    pixels[at] = (pixels[at] ?? 0) * (1 - opacity) + red * opacity;
    pixels[at + 1] = (pixels[at + 1] ?? 0) * (1 - opacity) + green * opacity;
    pixels[at + 2] = (pixels[at + 2] ?? 0) * (1 - opacity) + blue * opacity;
    if (isHiding && share >= 0.5) owners[index] = claimant;
  }
}
