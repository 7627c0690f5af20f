import type { InputLayout } from '../models/manifest.ts';
import type { Placement } from '../models/output-decoder.ts';
import type { Picture, PicturePlane } from './decoder-ports.ts';

/**
 * How a picture lies in a network's input, with the columns to read and their weights, which are the
 * same for every row.
 */
export interface Layout {
  readonly placement: Placement;
  /** Part of the input, from the top left, that the picture covers. */
  readonly coveredWidth: number;
  readonly coveredHeight: number;
  readonly columns: Axis;
  readonly rows: Axis;
}

/** For each target pixel the first of two source pixels, and the weight of the second, 0 to 1. */
interface Axis {
  readonly first: Int32Array;
  /** 1, or 0 where the source has a single pixel. */
  readonly step: number;
  readonly weight: Float32Array;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * `letterbox` scales by the smaller ratio, rounds the covered size down and puts it at the top left,
 * as YOLOX does; `stretch` covers everything.
 */
export function layOut(size: PictureSize, input: InputLayout): Layout {
  const ratioX = input.width / size.width;
  const ratioY = input.height / size.height;
  const isStretched = input.resize === 'stretch';
  const scaleX = isStretched ? ratioX : Math.min(ratioX, ratioY);
  const scaleY = isStretched ? ratioY : scaleX;
  const coveredWidth = isStretched ? input.width : coveredLength(size.width, scaleX);
  const coveredHeight = isStretched ? input.height : coveredLength(size.height, scaleY);
  return {
    placement: { scaleX, scaleY, sourceWidth: size.width, sourceHeight: size.height },
    coveredWidth,
    coveredHeight,
    columns: axis(size.width, coveredWidth),
    rows: axis(size.height, coveredHeight),
  };
}

/** Rounded down; the margin keeps 416 / 640 * 640 = 415.99… at 416. */
function coveredLength(length: number, scale: number): number {
  return Math.max(1, Math.floor(length * scale + 1e-6));
}

/** Bilinear sampling at pixel centres, edges repeated, no smoothing: OpenCV's INTER_LINEAR. */
function axis(sourceLength: number, targetLength: number): Axis {
  const first = new Int32Array(targetLength);
  const weight = new Float32Array(targetLength);
  const ratio = sourceLength / targetLength;
  for (let at = 0; at < targetLength; at += 1) {
    const centre = Math.min(sourceLength - 1, Math.max(0, (at + 0.5) * ratio - 0.5));
    const pixel = Math.max(0, Math.min(sourceLength - 2, Math.floor(centre)));
    first[at] = pixel;
    weight[at] = centre - pixel;
  }
  return { first, weight, step: sourceLength > 1 ? 1 : 0 };
}

/**
 * Writes a picture as float32 [3, height, width], normalised as the manifest says, over all of
 * `target`.
 */
export function writePicture(
  target: Float32Array,
  picture: Picture,
  { input, layout }: { readonly input: InputLayout; readonly layout: Layout },
): void {
  const { red, green, blue } = picture.planes;
  const planes = input.channels === 'rgb' ? [red, green, blue] : [blue, green, red];
  const planeLength = input.width * input.height;
  for (const [index, plane] of planes.entries()) {
    const mean = input.mean[index] ?? 0;
    const deviation = input.deviation[index] ?? 1;
    const factor = input.scale / deviation;
    const offset = -mean / deviation;
    const part = target.subarray(index * planeLength, (index + 1) * planeLength);
    part.fill(input.padding * factor + offset);
    resample(part, plane, { layout, rowLength: input.width, factor, offset });
  }
}

interface Resampling {
  readonly layout: Layout;
  readonly rowLength: number;
  /** The value written is `pixel * factor + offset`. */
  readonly factor: number;
  readonly offset: number;
}

/** The hot loop: 97,000 pixels a plane for a 416 pixel network, 1.4 ms for all three. */
function resample(part: Float32Array, plane: PicturePlane, resampling: Resampling): void {
  const { bytes, stride } = plane;
  const { layout, rowLength, factor, offset } = resampling;
  const { columns, rows, coveredWidth, coveredHeight } = layout;
  for (let row = 0; row < coveredHeight; row += 1) {
    const upper = (rows.first[row] ?? 0) * stride;
    const lower = upper + rows.step * stride;
    const down = rows.weight[row] ?? 0;
    const start = row * rowLength;
    for (let column = 0; column < coveredWidth; column += 1) {
      const left = columns.first[column] ?? 0;
      const right = left + columns.step;
      const across = columns.weight[column] ?? 0;
      const a = bytes[upper + left] ?? 0;
      const b = bytes[lower + left] ?? 0;
      const above = a + ((bytes[upper + right] ?? 0) - a) * across;
      const below = b + ((bytes[lower + right] ?? 0) - b) * across;
      part[start + column] = (above + (below - above) * down) * factor + offset;
    }
  }
}
