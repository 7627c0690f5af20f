import { ellipse, rectangle, sheer, type Outline, type Part, type Point } from './shapes.ts';

/** Draws in a thing's own metres, from the middle of its foot: x to the right, y upwards. */
export interface Pencil {
  /** Pixels of one of these metres. */
  readonly metre: number;
  readonly place: (x: number, y: number) => Point;
  /** An upright rectangle from its lower left to its upper right corner. */
  readonly box: (lowerLeft: Point, upperRight: Point) => Outline;
  readonly ball: (x: number, y: number, radius: number) => Outline;
  /** The shadow around the foot. */
  readonly shadow: (radius: number) => Part;
}

/** `foot` in pixels of the picture, `metre` in pixels. */
export function takePencil(foot: Point, metre: number): Pencil {
  const place = (x: number, y: number): Point => [foot[0] + x * metre, foot[1] - y * metre];
  return {
    metre,
    place,
    box: (lowerLeft, upperRight) => {
      const [left, bottom] = place(...lowerLeft);
      const [right, top] = place(...upperRight);
      return rectangle({ left, top, right, bottom });
    },
    ball: (x, y, radius) => {
      const [pixelX, pixelY] = place(x, y);
      return ellipse({ x: pixelX, y: pixelY, radiusX: radius * metre, radiusY: radius * metre });
    },
    shadow: (radius) => {
      const radiusX = radius * metre;
      const outline = ellipse({ x: foot[0], y: foot[1], radiusX, radiusY: radiusX * 0.25 });
      return sheer(outline, [14, 14, 18], 0.4);
    },
  };
}
