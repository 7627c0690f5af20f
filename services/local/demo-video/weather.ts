import { seededRandom } from '../../shared/clock/manual.ts';
import type { Canvas } from './canvas.ts';
import type { Colour } from './colour.ts';
import type { Daylight, Light } from './scene.ts';
import type { Point } from './shapes.ts';
import { rows } from './street.ts';
import { cloudAt } from './texture.ts';

const ambient: { readonly [daylight in Daylight]: Colour } = {
  noon: [1.04, 1.02, 0.98],
  overcast: [0.86, 0.89, 0.94],
  sunset: [1.04, 0.84, 0.68],
  night: [0.4, 0.44, 0.6],
};

/** A lamp's light in the picture: a soft disc that brightens what it falls on. */
export interface Glow {
  readonly at: Point;
  readonly radius: number;
  /** Wider than high for light that lies on the road. */
  readonly flatness: number;
  readonly colour: Colour;
  readonly strength: number;
}

/** Turns colours under plain light into what the camera sees at a moment: light, lamps, weather. */
export function applyLight(canvas: Canvas, light: Light, moment: LightMoment): void {
  const gain = exposureAt(light, moment.atMs);
  const tint = ambient[light.daylight];
  const shades = cloudShades(canvas.width, light, moment);
  const fog = light.weather === 'fog' ? 0.34 : light.weather === 'rain' ? 0.12 : 0;
  const { pixels, width, height } = canvas;
  for (let y = 0; y < height; y += 1) {
    // Air lies thicker before what is farther away.
    const haze =
      fog * (y < rows.houseBase ? 1 : 1 - (y - rows.houseBase) / (height - rows.houseBase));
    const air = 168 * haze * gain * tint[1];
    // Clouds shade the ground more than what stands up, without an edge where the houses end.
    const shadeRow = Math.min(1, Math.max(0.35, 0.35 + ((y - 60) / 50) * 0.65));
    for (let x = 0; x < width; x += 1) {
      const factor = gain * (1 - haze) * (1 - (shades[x] ?? 0) * shadeRow);
      const at = (y * width + x) * 3;
      pixels[at] = (pixels[at] ?? 0) * factor * tint[0] + air;
      pixels[at + 1] = (pixels[at + 1] ?? 0) * factor * tint[1] + air;
      pixels[at + 2] = (pixels[at + 2] ?? 0) * factor * tint[2] + air;
    }
  }
}

export interface LightMoment {
  readonly seed: number;
  readonly atMs: number;
  /** Columns by which the camera has panned. */
  readonly panned: number;
}

function exposureAt(light: Light, atMs: number): number {
  let gain =
    1 +
    light.driftFraction * Math.sin((atMs / light.driftPeriodMs) * 2 * Math.PI + light.driftPhase);
  for (const jump of light.jumps) if (atMs >= jump.atMs) gain *= jump.factor;
  return Math.min(1.3, Math.max(0.7, gain));
}

function cloudShades(
  width: number,
  light: Light,
  { seed, atMs, panned }: LightMoment,
): Float32Array {
  const shades = new Float32Array(width);
  if (light.cloudShade === 0) return shades;
  for (let x = 0; x < width; x += 1) {
    const along = x + panned - (light.cloudPixelsPerSecond * atMs) / 1_000;
    const density = cloudAt(along, 0, { pitch: 90, seed: seed + 21 });
    shades[x] = light.cloudShade * Math.min(1, Math.max(0, density * 2 + 0.4));
  }
  return shades;
}

/** Adds lamp light, strongest in the middle of its disc and gone at the rim. */
export function addGlow(canvas: Canvas, glow: Glow): void {
  const { pixels, width, height } = canvas;
  const [centreX, centreY] = glow.at;
  const radiusY = glow.radius * glow.flatness;
  for (
    let y = Math.max(0, Math.floor(centreY - radiusY));
    y < Math.min(height, centreY + radiusY);
    y += 1
  ) {
    for (
      let x = Math.max(0, Math.floor(centreX - glow.radius));
      x < Math.min(width, centreX + glow.radius);
      x += 1
    ) {
      const away = Math.hypot((x - centreX) / glow.radius, (y - centreY) / radiusY);
      if (away >= 1) continue;
      const amount = (1 - away) * (1 - away) * glow.strength;
      const at = (y * width + x) * 3;
      pixels[at] = (pixels[at] ?? 0) + glow.colour[0] * amount;
      pixels[at + 1] = (pixels[at + 1] ?? 0) + glow.colour[1] * amount;
      pixels[at + 2] = (pixels[at + 2] ?? 0) + glow.colour[2] * amount;
    }
  }
}

// A prime length, so that neither rows nor frames repeat the table in step.
const noiseTableLength = 65_521;

/** Normally distributed noise of deviation 1, to be read from any place and round its end. */
export function createNoiseTable(seed: number): Float32Array {
  const random = seededRandom(seed + 77_003);
  const table = new Float32Array(noiseTableLength);
  for (let index = 0; index < noiseTableLength; index += 1) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    table[index] = radius * Math.cos(2 * Math.PI * random.next());
  }
  return table;
}

/** The sensor's grain: mostly brightness, a little colour. `start` differs from frame to frame. */
export function addNoise(
  canvas: Canvas,
  { table, levels, start }: { table: Float32Array; levels: number; start: number },
): void {
  const { pixels } = canvas;
  let cursor = start % table.length;
  for (let at = 0; at < pixels.length; at += 3) {
    const grey = (table[cursor] ?? 0) * levels;
    cursor += 1;
    if (cursor === table.length) cursor = 0;
    const colour = (table[cursor] ?? 0) * levels * 0.35;
    pixels[at] = (pixels[at] ?? 0) + grey + colour;
    pixels[at + 1] = (pixels[at + 1] ?? 0) + grey;
    pixels[at + 2] = (pixels[at + 2] ?? 0) + grey - colour;
  }
}
