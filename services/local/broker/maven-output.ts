import { stripVTControlCharacters } from 'node:util';

/** What Maven's lines say so far about a download. */
export interface MavenProgress {
  readonly files: number;
  readonly bytes: number;
}

export const noMavenProgress: MavenProgress = { files: 0, bytes: 0 };

const unitBytes = new Map([
  ['B', 1],
  ['kB', 1000],
  ['MB', 1_000_000],
]);

/**
 * Counts lines such as `[INFO] Downloaded from central: https://…/x.jar (196 kB at 1.6 MB/s)`;
 * any other line leaves the progress as it was, the same object.
 */
export function countMavenLine(progress: MavenProgress, line: string): MavenProgress {
  const match = /Downloaded from \S+: \S+ \(([\d.]+) (B|kB|MB)\b/.exec(line);
  if (match === null) return progress;
  const [, amount = '0', unit = 'B'] = match;
  const bytes = Math.round(Number(amount) * (unitBytes.get(unit) ?? 1));
  return { files: progress.files + 1, bytes: progress.bytes + bytes };
}

/** Maven's first own account of a failure, without its prefix, its colours and its help links. */
export function mavenFailure(lines: readonly string[]): string {
  for (const line of lines) {
    // The escape sequences are Maven's colours, written even where nobody can see them.
    const plain = stripVTControlCharacters(line);
    const match = /^\[ERROR\]\s+(.*\S)/.exec(plain);
    if (match?.[1] !== undefined) return match[1].replace(/ -> \[Help \d+\]$/, '');
  }
  return lines.at(-1)?.trim() ?? 'Maven said nothing';
}
