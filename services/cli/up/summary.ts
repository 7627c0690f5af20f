import type { Progress } from './progress.ts';
import { quantile } from './progress.ts';

/** How a demo that was to end has ended; the form of `--json FILE`. */
export interface Summary {
  readonly submitted: number;
  readonly results: number;
  readonly late: number;
  readonly deadLetters: number;
  readonly expired: number;
  /** Chunks without any outcome; the demo has failed if there are some. */
  readonly missing: number;
  /** Outcomes beyond the first of a chunk; the demo has failed if there are some. */
  readonly surplus: number;
  readonly detections: Readonly<Record<string, number>>;
  /** From submission to result. */
  readonly secondsTaken: { readonly median: number | null; readonly p99: number | null };
  /** From the first submission to the last outcome. */
  readonly seconds: number;
}

/** `outcomes` counts the outcomes of each submitted chunk by its id. */
export function summarize(
  progress: Progress,
  demo: { readonly outcomes: ReadonlyMap<string, number>; readonly seconds: number },
): Summary {
  const counts = [...demo.outcomes.values()];
  const rounded = (value: number | null): number | null =>
    value === null ? null : Number(value.toFixed(3));
  return {
    submitted: counts.length,
    results: progress.results,
    late: progress.late,
    deadLetters: progress.deadLetters,
    expired: progress.expired,
    missing: counts.filter((count) => count === 0).length,
    surplus: counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
    detections: Object.fromEntries(progress.detections),
    secondsTaken: {
      median: rounded(quantile(progress.tookSeconds, 0.5)),
      p99: rounded(quantile(progress.tookSeconds, 0.99)),
    },
    seconds: Number(demo.seconds.toFixed(1)),
  };
}

/** Every chunk of the demo has exactly one outcome, and it is a result. */
export const isWell = (summary: Summary): boolean =>
  summary.missing === 0 && summary.surplus === 0 && summary.results === summary.submitted;

export function summaryLines(summary: Summary): readonly string[] {
  const { submitted, results, deadLetters, expired, missing, surplus, secondsTaken } = summary;
  const took = (value: number | null): string => (value === null ? 'unknown' : `${value} s`);
  const found = Object.entries(summary.detections).map(([name, times]) => `${times} ${name}`);
  return [
    `${submitted} chunks submitted: ${results} results, ${deadLetters} dead letters, ${expired} expired, ${missing} without an outcome, ${surplus} with more than one`,
    `detections: ${found.length === 0 ? 'none' : found.join(', ')}`,
    `from submission to result: median ${took(secondsTaken.median)}, p99 ${took(secondsTaken.p99)}; all in ${summary.seconds} s`,
  ];
}
