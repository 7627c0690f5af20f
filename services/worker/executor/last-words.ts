const charactersMax = 300;
/** `Error: …`, `TypeError [ERR_X]: …`. */
const errorLine = /^\s*(?:Uncaught\s+)?[A-Za-z]*Error\b.*:/;

/**
 * The line of a dead program's errors that says why: the last one that names an error, since Node ends
 * what it prints with its own version; without one, the last.
 */
export function lastWordsOf(printed: string): string {
  const lines = printed.trim().split('\n');
  const chosen = lines.findLast((line) => errorLine.test(line)) ?? lines.at(-1) ?? '';
  return chosen.trim().slice(0, charactersMax);
}
