/** What a bench found: one number against its bar, and whatever explains it. */
export interface Figure {
  readonly bench: string;
  readonly figure: number;
  readonly bar: number;
  readonly holds: boolean;
  readonly [detail: string]: unknown;
}

/** The last line of a bench, for programs. */
export function figureLine(figure: Figure): string {
  return JSON.stringify(figure);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
