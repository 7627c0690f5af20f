// The fixed geometry of the demo street, in pixels of the clip, and its perspective.

export const frameWidth = 320;
export const frameHeight = 192;
export const framesPerSecond = 10;

/** The painted street is wider than the picture, so that the camera can pan. */
export const streetWidth = 416;

/** Pixel rows, from the back of the street to the front. */
export const rows = {
  houseBase: 86,
  farWalk: { top: 86, bottom: 106 },
  road: { top: 108, bottom: 166 },
  nearWalk: { top: 168, bottom: frameHeight },
} as const;

/** Pixels that one metre takes for something that stands on the given row. */
export function pixelsPerMetreAt(row: number): number {
  return 12.5 + (row - 98) * 0.155;
}
