import { describeDecision } from '../../policy/scaling/describe-decision.ts';
import type { Decision, DecisionRecord } from '../../shared/chunk/decision.ts';
import type { LeaderStamp } from '../../shared/chunk/directive.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import { wordSentence } from '../system-view/operator-words.ts';
import { span } from '../system-view/spans.ts';
import { gateSentence, spillSentence } from '../system-view/spill-words.ts';
import type { ScalerView, SpillView, SystemView, WordView } from '../system-view/system-view.ts';
import type { Colours } from '../terminal.ts';

/** The answer of `spillway explain`; the form of `--json`. */
export interface Explanation {
  /** RFC 3339, broker time. */
  readonly at: string;
  readonly atMs: number;
  /** The newest last. */
  readonly decisions: readonly ExplainedDecision[];
  /** Who decides on nodes, in words. */
  readonly scaler: string;
  readonly present: {
    /** What is spilled now and why, in words. */
    readonly spill: string;
    /** Whether it may be, and who says so, in words. */
    readonly gate: string;
    readonly facts: SpillView;
    /** What people said and did not take back. */
    readonly words: readonly WordView[];
  };
}

export interface ExplainedDecision {
  readonly at: string;
  readonly agoMs: number;
  readonly leader: LeaderStamp;
  readonly words: readonly string[];
  readonly decision: Decision;
}

/** @param decisions the newest last. */
export function explain(view: SystemView, decisions: readonly DecisionRecord[]): Explanation {
  return {
    at: formatRfc3339(view.atMs),
    atMs: view.atMs,
    decisions: decisions.map(({ leader, decision }) => ({
      at: formatRfc3339(decision.atMs),
      agoMs: Math.max(0, view.atMs - decision.atMs),
      leader,
      words: describeDecision(decision),
      decision,
    })),
    scaler: scalerSentence(view.scaler, view.atMs),
    present: {
      spill: spillSentence(view),
      gate: gateSentence(view),
      facts: view.spill,
      words: view.words,
    },
  };
}

export function explanationLines(explanation: Explanation, colours: Colours): readonly string[] {
  const { decisions, scaler, present, atMs } = explanation;
  return [
    ...decisions.flatMap(({ at, agoMs, leader, words }) => [
      `${colours.strong(at)}  ${span(agoMs)} ago  ${colours.quiet(`term ${leader.term}, tick ${leader.sequence}`)}`,
      ...words.map((line) => `  ${line}`),
    ]),
    colours.strong('now'),
    `  ${scaler}`,
    ...present.words.map((word) => `  ${wordSentence(word, atMs)}`),
    `  ${present.gate}`,
    `  ${present.spill}`,
  ];
}

function scalerSentence(scaler: ScalerView, atMs: number): string {
  switch (scaler.state) {
    case 'never':
      return 'no scaler has ever spoken, so nobody decides on nodes: is one running?';
    case 'speaking':
      return `a scaler leads and spoke ${span(Math.max(0, atMs - scaler.spokeAtMs))} ago`;
    case 'silent':
      return (
        `no scaler has spoken for ${span(atMs - scaler.spokeAtMs)}, since ` +
        `${formatRfc3339(scaler.spokeAtMs)}: the number of nodes stays as it is`
      );
  }
}
