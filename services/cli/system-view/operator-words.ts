import type { Pause } from '../../shared/chunk/operator.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import { counted, span } from './spans.ts';
import type { WordView } from './system-view.ts';

/** What an operator's word does, until when, who said it and why: without a full stop. */
export function wordSentence(word: WordView, atMs: number): string {
  const { by, untilMs, note } = word;
  const until =
    untilMs === null
      ? 'until that is taken back'
      : `until ${formatRfc3339(untilMs)}, for another ${span(untilMs - atMs)}`;
  const said = `said by ${by} ${span(Math.max(0, atMs - word.atMs))} ago`;
  return `${effectOf(word)} ${until}; ${said}${note === null ? '' : `: ${note}`}`;
}

function effectOf(word: WordView): string {
  switch (word.about) {
    case 'spill':
      return `spill is kept ${word.spill}`;
    case 'pool':
      return word.pool === null
        ? `every pool without a word of its own ${pauseWords(word.pause)}`
        : `pool ${word.pool} ${pauseWords(word.pause)}`;
  }
}

function pauseWords({ scaleIn, scaleOut, nodes }: Pause): string {
  if (nodes !== null) return `has ${counted(nodes, 'node')}, whatever is due,`;
  if (scaleIn && scaleOut) return 'keeps the nodes it has';
  return scaleIn ? 'gets no fewer nodes' : 'gets no more nodes';
}
