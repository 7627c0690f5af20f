import type { CommandTools } from '../command-tools.ts';
import { wordSentence } from '../system-view/operator-words.ts';
import { wordsOf } from '../system-view/system-view.ts';
import type { WordView } from '../system-view/system-view.ts';
import type { Speaker } from './say.ts';

/** The answer to an operator; the form of `--json`. */
interface Report {
  /** What was done, in words. */
  readonly done: string;
  readonly warnings: readonly string[];
  /** Every word that holds now. */
  readonly words: readonly WordView[];
}

/** Confirms what was done and what holds from now on. */
export function report(
  { knowledge, nowMs }: Pick<Speaker, 'knowledge' | 'nowMs'>,
  { done, warnings }: Omit<Report, 'words'>,
  { terminal, json }: Pick<CommandTools, 'terminal'> & { readonly json: boolean },
): void {
  const words = wordsOf(knowledge, nowMs);
  const all = [...warnings, ...scalerWarnings(knowledge, nowMs)];
  for (const warning of all) terminal.note(warning);
  if (json) {
    terminal.print(JSON.stringify({ done, warnings: all, words } satisfies Report));
    return;
  }
  terminal.print(terminal.colours.strong(done));
  if (words.length === 0) terminal.print('nothing that an operator said holds now');
  for (const word of words) terminal.print(wordSentence(word, nowMs));
}

function scalerWarnings({ directive }: Speaker['knowledge'], nowMs: number): readonly string[] {
  if (directive !== null && directive.value.expiresAtMs > nowMs) return [];
  return ['no scaler speaks now; the next one that leads goes by it'];
}
