import type { Colours } from '../terminal.ts';

/** Rows under a head: the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[], colours: Colours): readonly string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row, index) => {
    const line = row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
    return index === 0 ? colours.quiet(line) : line;
  });
}
