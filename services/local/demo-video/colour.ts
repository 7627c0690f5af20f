/** Red, green and blue, each 0 to 255; fractions are kept until a pixel is written. */
export type Colour = readonly [red: number, green: number, blue: number];

/** `fraction` 0 gives `from`, 1 gives `to`. */
export function mixColours(from: Colour, to: Colour, fraction: number): Colour {
  return [
    from[0] + (to[0] - from[0]) * fraction,
    from[1] + (to[1] - from[1]) * fraction,
    from[2] + (to[2] - from[2]) * fraction,
  ];
}

/** Brighter for a factor above 1, darker below it. The canvas clamps what leaves 0 to 255. */
export function dimColour(colour: Colour, factor: number): Colour {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}

/** Hue in turns (0 to 1, wraps), saturation and brightness 0 to 1. */
export function colourFromHue(hue: number, saturation: number, brightness: number): Colour {
  const channel = (shift: number): number => {
    const position = (((shift + hue * 6) % 6) + 6) % 6;
    const dip = Math.max(0, Math.min(position, 4 - position, 1));
    return 255 * brightness * (1 - saturation * dip);
  };
  return [channel(5), channel(3), channel(1)];
}
