import type { Detection } from '../../services/shared/chunk/result.ts';
import type { Picture, PicturePlane } from '../../services/worker/executor/decoder-ports.ts';

export interface ColourThresholdSettings {
  /** What sets a pixel apart: a vivid colour, or one unlike most of its row's pixels. */
  readonly rule: 'vivid' | 'unlike-row';
  /** Levels of 255 by which a pixel must be set apart. */
  readonly levelsMin: number;
  /** Rows above this one are houses and sky and are not looked at. */
  readonly rowFirst: number;
  /** Pixels set apart are joined across gaps of up to twice this many. */
  readonly joinPixels: number;
  /** Smaller components are dust. */
  readonly areaMinPixels: { readonly vehicle: number; readonly person: number };
  /** What is wider than this many heights is a vehicle, all else a person. */
  readonly vehicleAspectMin: number;
}

/**
 * The best of about 330 settings on 78 frames of the model's training seeds: both rules, 15 to 85 levels,
 * rows from 60 to 108, gaps of 0 to 4, areas from 20 to 240, aspects of 0.8 and 1.2.
 */
export const colourThresholdTuned: ColourThresholdSettings = {
  rule: 'vivid',
  levelsMin: 35,
  rowFirst: 84,
  joinPixels: 0,
  areaMinPixels: { vehicle: 240, person: 60 },
  vehicleAspectMin: 1.2,
};

/**
 * Detection without a network: set pixels apart by colour, join them, box the connected components
 * and tell vehicles from people by their shape. What the demo model is compared with.
 */
export function detectByColour(picture: Picture, settings: ColourThresholdSettings): Detection[] {
  const mask = joinPixels(maskOf(picture, settings), picture, settings.joinPixels);
  return componentsOf(mask, picture).flatMap(({ left, top, right, bottom, area }) => {
    const width = right - left + 1;
    const height = bottom - top + 1;
    const name = width > settings.vehicleAspectMin * height ? 'vehicle' : 'person';
    if (area < settings.areaMinPixels[name]) return [];
    // A blob that fills its box is more likely one thing than many.
    return [{ class: name, score: area / (width * height), box: [left, top, width, height] }];
  });
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function maskOf(
  picture: Picture,
  { rule, levelsMin, rowFirst }: ColourThresholdSettings,
): Uint8Array {
  const { width, height, planes } = picture;
  const mask = new Uint8Array(width * height);
  for (let y = rowFirst; y < height; y += 1) {
    const usual = rule === 'vivid' ? null : medianOfRow(picture, y);
    for (let x = 0; x < width; x += 1) {
      const red = levelAt(planes.red, x, y);
      const green = levelAt(planes.green, x, y);
      const blue = levelAt(planes.blue, x, y);
      const levels =
        usual === null
          ? Math.max(red, green, blue) - Math.min(red, green, blue)
          : Math.max(
              Math.abs(red - usual[0]),
              Math.abs(green - usual[1]),
              Math.abs(blue - usual[2]),
            );
      if (levels >= levelsMin) mask[y * width + x] = 1;
    }
  }
  return mask;
}

function levelAt(plane: PicturePlane, x: number, y: number): number {
  return plane.bytes[y * plane.stride + x] ?? 0;
}

function medianOfRow({ width, planes }: Picture, y: number): readonly [number, number, number] {
  const median = (plane: PicturePlane): number => {
    const row = plane.bytes.subarray(y * plane.stride, y * plane.stride + width).toSorted();
    return row[width >> 1] ?? 0;
  };
  return [median(planes.red), median(planes.green), median(planes.blue)];
}

/** Grows the mask by `radius` and shrinks it again, which closes gaps and keeps the outline. */
function joinPixels(mask: Uint8Array, size: Size, radius: number): Uint8Array {
  if (radius === 0) return mask;
  return spread(spread(mask, { ...size, radius, value: 1 }), { ...size, radius, value: 0 });
}

/** Every pixel within `radius` (a square) of one that has `value` gets it. */
function spread(
  mask: Uint8Array,
  { width, height, radius, value }: Size & { radius: number; value: 0 | 1 },
): Uint8Array {
  const result = mask.slice();
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (mask[y * width + x] !== value) continue;
      for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row += 1) {
        const start = row * width;
        result.fill(
          value,
          start + Math.max(0, x - radius),
          start + Math.min(width, x + radius + 1),
        );
      }
    }
  }
  return result;
}

interface Component {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly area: number;
}

/** Connected across edges, not corners. Uses up the mask. */
function componentsOf(mask: Uint8Array, { width, height }: Size): Component[] {
  const components: Component[] = [];
  for (let start = mask.indexOf(1); start !== -1; start = mask.indexOf(1, start)) {
    const pending = [start];
    mask[start] = 0;
    let [left, right, top, bottom, area] = [width, 0, height, 0, 0];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const x = at % width;
      const y = (at - x) / width;
      area += 1;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      for (const next of neighboursOf(at, x, width)) {
        if (mask[next] !== 1) continue;
        mask[next] = 0;
        pending.push(next);
      }
    }
    components.push({ left, top, right, bottom, area });
  }
  return components;
}

function neighboursOf(at: number, x: number, width: number): number[] {
  const neighbours = [at - width, at + width];
  if (x > 0) neighbours.push(at - 1);
  if (x < width - 1) neighbours.push(at + 1);
  return neighbours;
}
