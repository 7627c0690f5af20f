import type { Thing } from './arrange-things.ts';
import { paintPart, type Canvas } from './canvas.ts';
import { visibilityRule, type DemoClass, type TrueObject } from './ground-truth.ts';
import { boundsOfSolids, type Rectangle } from './shapes.ts';

/**
 * Paints the things in the order given and measures, for each vehicle and person, where it is and
 * how much of it stays visible after all that was painted over it.
 */
export function paintThings(canvas: Canvas, things: readonly Thing[]): TrueObject[] {
  const painted: Painted[] = [];
  for (const thing of things) {
    for (const part of thing.parts) paintPart(canvas, part, thing.owner);
    const full = thing.class === null ? null : boundsOfSolids(thing.parts);
    if (thing.class === null || full === null) continue;
    const { owner } = thing;
    painted.push({ owner, class: thing.class, full, area: countOwned(canvas, owner, full) });
  }
  return painted.flatMap((thing) => measure(canvas, thing) ?? []);
}

interface Painted {
  readonly owner: number;
  readonly class: DemoClass;
  /** Its whole outline's bounds, also outside of the frame. */
  readonly full: Rectangle;
  /** Pixels that it covered when nothing was painted over it yet. */
  readonly area: number;
}

function measure(canvas: Canvas, { owner, class: name, full, area }: Painted): TrueObject | null {
  const inFrame = cutAtFrame(canvas, full);
  if (inFrame === null || area === 0) return null;
  const width = inFrame.right - inFrame.left;
  const height = inFrame.bottom - inFrame.top;
  // Outside of the frame nothing was painted, so that share comes from the boxes.
  const insideFraction = (width * height) / ((full.right - full.left) * (full.bottom - full.top));
  const uncoveredFraction = countOwned(canvas, owner, full) / area;
  const visibleFraction = roundTo(uncoveredFraction * insideFraction, 1_000);
  if (visibleFraction < visibilityRule.listedFractionMin) return null;
  const sidePixels = Math.min(width, height);
  return {
    class: name,
    box: [
      roundTo(inFrame.left, 10),
      roundTo(inFrame.top, 10),
      roundTo(width, 10),
      roundTo(height, 10),
    ],
    visibleFraction,
    isCounted:
      visibleFraction >= visibilityRule.countedFractionMin &&
      sidePixels >= visibilityRule.countedSidePixelsMin,
  };
}

function cutAtFrame(canvas: Canvas, full: Rectangle): Rectangle | null {
  const left = Math.max(0, full.left);
  const top = Math.max(0, full.top);
  const right = Math.min(canvas.width, full.right);
  const bottom = Math.min(canvas.height, full.bottom);
  return left < right && top < bottom ? { left, top, right, bottom } : null;
}

function countOwned(canvas: Canvas, owner: number, bounds: Rectangle): number {
  const inFrame = cutAtFrame(canvas, bounds);
  if (inFrame === null) return 0;
  let count = 0;
  for (let y = Math.floor(inFrame.top); y < Math.ceil(inFrame.bottom); y += 1) {
    for (let x = Math.floor(inFrame.left); x < Math.ceil(inFrame.right); x += 1) {
      if (canvas.owners[y * canvas.width + x] === owner) count += 1;
    }
  }
  return count;
}

/** Rounded so that the file beside a clip stays small; a tenth of a pixel is below any label. */
function roundTo(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
