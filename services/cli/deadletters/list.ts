import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { isChosen } from './plan-retries.ts';
import { describeLetter, letterJson, readLetters } from './letter.ts';
import { withLetters } from './with-letters.ts';

export interface ListOptions {
  readonly reason?: string;
  readonly limit: number;
  readonly json?: true;
}

/** Prints the newest letters, the newest last. */
export function listLetters(options: ListOptions, tools: CommandTools): Promise<ExitCode> {
  const { terminal, interrupted } = tools;
  return withLetters(tools, async ({ connection, topics }) => {
    const { reason } = options;
    const letters = await readLetters(connection, {
      topics,
      interrupted,
      isWanted: (letter) => reason === undefined || isChosen(letter, { reason, ids: [] }),
      withVideo: false,
    });
    for (const letter of letters.slice(-options.limit)) {
      const isJson = options.json === true;
      terminal.print(isJson ? letterJson(letter) : describeLetter(letter, terminal.colours));
    }
    const hidden = Math.max(0, letters.length - options.limit);
    if (hidden > 0) terminal.note(`${hidden} older ones are not shown; --limit shows more`);
    if (letters.length === 0) terminal.note('there are no dead letters of that kind');
    return 0;
  });
}
