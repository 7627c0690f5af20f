import type { Colour } from './colour.ts';

export type Point = readonly [x: number, y: number];

/** Closed outline; the last point joins the first. */
export type Outline = readonly Point[];

/**
 * One filled outline. `solid` parts make up the silhouette of the thing drawn: they hide what is
 * behind them and bound its box. A `screen` hides what is behind it and is not of the silhouette,
 * as an umbrella. `sheer` parts (shadows, reflections, glass shine) do neither.
 */
export interface Part {
  readonly outline: Outline;
  readonly colour: Colour;
  /** Colour at the lowest point of the outline, blended from `colour` at its highest. */
  readonly colourBelow?: Colour;
  readonly surface: 'solid' | 'screen' | 'sheer';
  /** 0 to 1. */
  readonly opacity: number;
}

export function solid(outline: Outline, colour: Colour, colourBelow: Colour = colour): Part {
  return { outline, colour, colourBelow, surface: 'solid', opacity: 1 };
}

export function screen(outline: Outline, colour: Colour, colourBelow: Colour = colour): Part {
  return { outline, colour, colourBelow, surface: 'screen', opacity: 1 };
}

export function sheer(outline: Outline, colour: Colour, opacity: number): Part {
  return { outline, colour, surface: 'sheer', opacity };
}

export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function rectangle({ left, top, right, bottom }: Rectangle): Outline {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

export interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
}

/** As many corners as the size deserves: 8 for a dot, 24 at most. */
export function ellipse({ x, y, radiusX, radiusY }: Ellipse): Outline {
  const corners = Math.round(Math.min(24, 8 + Math.max(Math.abs(radiusX), Math.abs(radiusY))));
  return Array.from({ length: corners }, (_, corner): Point => {
    const angle = (corner / corners) * 2 * Math.PI;
    return [x + Math.cos(angle) * radiusX, y + Math.sin(angle) * radiusY];
  });
}

/** A straight bar of the given width between two points, with flat ends. */
export function bar(from: Point, to: Point, width: number): Outline {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  if (length === 0) return [];
  const acrossX = (-(to[1] - from[1]) / length) * (width / 2);
  const acrossY = ((to[0] - from[0]) / length) * (width / 2);
  return [
    [from[0] + acrossX, from[1] + acrossY],
    [to[0] + acrossX, to[1] + acrossY],
    [to[0] - acrossX, to[1] - acrossY],
    [from[0] - acrossX, from[1] - acrossY],
  ];
}

/** The smallest upright rectangle around all solid parts, or `null` when there are none. */
export function boundsOfSolids(parts: readonly Part[]): Rectangle | null {
  const points = parts.filter((part) => part.surface === 'solid').flatMap((part) => part.outline);
  if (points.length === 0) return null;
  return points.reduce<Rectangle>(
    (bounds, [x, y]) => ({
      left: Math.min(bounds.left, x),
      top: Math.min(bounds.top, y),
      right: Math.max(bounds.right, x),
      bottom: Math.max(bounds.bottom, y),
    }),
    { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity },
  );
}
