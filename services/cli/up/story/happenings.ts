import { describeDecision } from '../../../policy/scaling/describe-decision.ts';
import { decidesSame } from '../../../shared/chunk/decision.ts';
import type { DecisionRecord } from '../../../shared/chunk/decision.ts';
import { isLater } from '../../../shared/chunk/directive.ts';
import { gateSentence } from '../../system-view/spill-words.ts';
import type { SystemView } from '../../system-view/system-view.ts';
import { describeNode } from './demo-nodes.ts';
import type { NodeView } from './demo-nodes.ts';

/** The demo's system at one moment. */
export interface Look {
  readonly view: SystemView;
  /** The last decisions, the newest last. */
  readonly decisions: readonly DecisionRecord[];
  readonly nodes: readonly NodeView[];
}

/** What happened between two looks, one line each. */
export function happenings(before: Look | null, now: Look): readonly string[] {
  return [
    ...nodeHappenings(before, now),
    ...decisionHappenings(before, now),
    ...spillHappenings(before, now),
  ];
}

function nodeHappenings(before: Look | null, now: Look): readonly string[] {
  const phases = new Map(before?.nodes.map(({ node, phase }) => [node, phase]));
  const present = new Set(now.nodes.map(({ node }) => node));
  return [
    ...now.nodes
      .filter(({ node, phase }) => phases.get(node) !== phase)
      .map((node) => `node     ${node.node}  ${describeNode(node)}`),
    ...[...phases.keys()]
      .filter((node) => !present.has(node))
      .map((node) => `node     ${node}  gone`),
  ];
}

/** The newest record is told every tick, also where nothing but its figures differs. */
function decisionHappenings(before: Look | null, now: Look): readonly string[] {
  const last = before?.decisions.at(-1) ?? null;
  return now.decisions
    .filter((record, index) => {
      const earlier = now.decisions[index - 1] ?? last;
      const isNew = last === null || isLater(record.leader, last.leader);
      return isNew && (earlier === null || !decidesSame(record.decision, earlier.decision));
    })
    .flatMap(({ decision }) =>
      describeDecision(decision).map(
        (line, index) => `${index === 0 ? 'decided ' : '        '} ${line}`,
      ),
    );
}

function spillHappenings(before: Look | null, { view }: Look): readonly string[] {
  const wasOpen = before?.view.spill.isOpen ?? null;
  const { isOpen } = view.spill;
  if (wasOpen === null || isOpen === null || wasOpen === isOpen) return [];
  return [`spill    ${gateSentence(view)}`];
}
