/** A box by its corners, with what was seen in it. Coordinates are in any one unit. */
export interface Candidate {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly score: number;
  /** Position in the manifest's list of classes. */
  readonly classIndex: number;
}

/** Intersection over union, 0 to 1; 0 when both boxes are empty. */
export function overlapFraction(a: Candidate, b: Candidate): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  const union = area(a) + area(b) - intersection;
  return union <= 0 ? 0 : intersection / union;
}

export interface SuppressionOptions {
  /** 0 to 1. */
  readonly overlapThreshold: number;
  readonly detectionsMax: number;
}

/**
 * Keeps, best score first, what no better box of the same class covers. Equal scores keep their
 * order, so that one input always gives one answer.
 */
export function suppressOverlaps(
  candidates: readonly Candidate[],
  options: SuppressionOptions,
): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    if (kept.length >= options.detectionsMax) break;
    const isCovered = kept.some(
      (better) =>
        better.classIndex === candidate.classIndex &&
        overlapFraction(better, candidate) > options.overlapThreshold,
    );
    if (!isCovered) kept.push(candidate);
  }
  return kept;
}

function area(box: Candidate): number {
  return (box.right - box.left) * (box.bottom - box.top);
}
