import type { Box, Detection } from '../../services/shared/chunk/result.ts';

/** An object that is there. One that is not counted may be found or missed without any effect. */
export interface ExpectedObject {
  readonly class: string;
  readonly box: Box;
  readonly isCounted: boolean;
}

/** What a detector said of one frame, and what the frame shows. */
export interface JudgedFrame {
  readonly detections: readonly Detection[];
  readonly expected: readonly ExpectedObject[];
}

export interface Accuracy {
  /** Per class, 0 to 1; `null` for a class of which no frame shows a counted object. */
  readonly averagePrecision: Readonly<Record<string, number | null>>;
  /** Mean over the classes that are not `null`, 0 to 1. 0 when all are. */
  readonly mean: number;
}

/** Share of two boxes' union that both cover; 0 for boxes without any area. */
export function overlapOfBoxes(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a[2] * a[3] + b[2] * b[3] - width * height);
}

/**
 * Mean average precision as PASCAL VOC defines it since 2010: the area under the precision that is
 * made monotone, over all points of recall, with a match at an overlap of `overlapMin` or more.
 */
export function meanAveragePrecision(
  frames: readonly JudgedFrame[],
  classes: readonly string[],
  overlapMin = 0.5,
): Accuracy {
  const entries = classes.map(
    (name) => [name, averagePrecision(frames, name, overlapMin)] as const,
  );
  const known = entries.flatMap(([, precision]) => (precision === null ? [] : [precision]));
  return {
    averagePrecision: Object.fromEntries(entries),
    mean: known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length,
  };
}

/** For one class, 0 to 1, or `null` when there is nothing to find. */
export function averagePrecision(
  frames: readonly JudgedFrame[],
  className: string,
  overlapMin: number,
): number | null {
  const wanted = frames
    .flatMap(({ expected }) => expected)
    .filter((object) => object.class === className && object.isCounted).length;
  if (wanted === 0) return null;
  const verdicts = frames
    .flatMap((frame) => judge(frame, className, overlapMin))
    .toSorted((a, b) => b.score - a.score);
  const points: { precision: number; recall: number }[] = [];
  let right = 0;
  for (const [index, { isRight }] of verdicts.entries()) {
    if (isRight) right += 1;
    points.push({ precision: right / (index + 1), recall: right / wanted });
  }
  return areaUnder(points);
}

interface Verdict {
  readonly score: number;
  readonly isRight: boolean;
}

/**
 * In the order of their scores, each detection takes the free object that it overlaps most. What
 * takes an object that is not counted gets no verdict; what finds all taken is wrong.
 */
function judge(frame: JudgedFrame, className: string, overlapMin: number): Verdict[] {
  const objects = frame.expected.filter((object) => object.class === className);
  const free = new Set(objects);
  const verdicts: Verdict[] = [];
  const detections = frame.detections
    .filter((detection) => detection.class === className)
    .toSorted((a, b) => b.score - a.score);
  for (const { box, score } of detections) {
    const best = bestMatch(box, free, overlapMin);
    if (best === null) {
      verdicts.push({ score, isRight: false });
    } else if (best.isCounted) {
      free.delete(best);
      verdicts.push({ score, isRight: true });
    }
  }
  return verdicts;
}

/** Counted objects come first: nothing is excused that could be right. */
function bestMatch(
  box: Box,
  objects: ReadonlySet<ExpectedObject>,
  overlapMin: number,
): ExpectedObject | null {
  let best: { object: ExpectedObject; overlap: number } | null = null;
  for (const object of objects) {
    const overlap = overlapOfBoxes(box, object.box);
    if (overlap < overlapMin) continue;
    const isBetter =
      best === null ||
      (object.isCounted === best.object.isCounted ? overlap > best.overlap : object.isCounted);
    if (isBetter) best = { object, overlap };
  }
  return best?.object ?? null;
}

function areaUnder(points: readonly { precision: number; recall: number }[]): number {
  let area = 0;
  let precisionAfter = 0;
  for (let index = points.length - 1; index >= 0; index -= 1) {
    const point = points[index];
    if (point === undefined) continue;
    precisionAfter = Math.max(precisionAfter, point.precision);
    area += (point.recall - (points[index - 1]?.recall ?? 0)) * precisionAfter;
  }
  return area;
}
