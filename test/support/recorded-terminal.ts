import type { Terminal } from '../../services/cli/terminal.ts';

export interface RecordedTerminal extends Terminal {
  readonly printed: string[];
  readonly notes: string[];
}

const plain = (text: string): string => text;
const colours = { strong: plain, quiet: plain, good: plain, bad: plain };

/** Keeps what a command says, without colours and without a changing line. */
export function recordedTerminal(): RecordedTerminal {
  const [printed, notes]: [string[], string[]] = [[], []];
  return {
    printed,
    notes,
    print: (line) => printed.push(line),
    note: (line) => notes.push(line),
    show: () => undefined,
    isWatched: false,
    colours,
    noteColours: colours,
  };
}
