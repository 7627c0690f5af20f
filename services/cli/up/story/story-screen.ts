import type { LocalPoolView } from '../../../local/nodes/local-pool.ts';
import { priorities } from '../../../shared/chunk/words.ts';
import type { Colours } from '../../terminal.ts';
import { span } from '../../system-view/spans.ts';
import type { SystemView } from '../../system-view/system-view.ts';
import { viewLines } from '../../system-view/view-lines.ts';
import { describeCost, describeNode, nodeCost } from './demo-nodes.ts';
import type { NodeView } from './demo-nodes.ts';
import { storySettings } from './story-plan.ts';

export interface StoryScreen {
  readonly view: SystemView;
  readonly nodes: readonly NodeView[];
  readonly pools: readonly LocalPoolView[];
  /** What the story does at present. */
  readonly phase: string;
  /** Since the system was started. */
  readonly upMs: number;
}

/** The changing lines under what happened. */
export function screenLines(screen: StoryScreen, colours: Colours): readonly string[] {
  const { view, nodes, phase, upMs } = screen;
  return [
    `${colours.strong(`up ${span(upMs)}`)}  ${phase}  ${colours.quiet('(workers are emulated)')}`,
    ...viewLines(view, colours),
    ...nodes.map((node, index) => {
      const head = index === 0 ? 'nodes   ' : '        ';
      return `${head} ${node.node}  ${describeNode(node)}`;
    }),
    `cost     ${costLine(screen)}`,
  ];
}

function costLine({ pools, upMs }: Pick<StoryScreen, 'pools' | 'upMs'>): string {
  const { pricePerHour, gpu } = storySettings;
  const cost = nodeCost(pools, { pricePerHour, sinceMs: upMs });
  return describeCost(cost, { nodesMax: gpu.nodesMax, pricePerHour });
}

/** One line, where nobody watches. */
export function screenLine({ view, nodes, phase, upMs }: StoryScreen): string {
  const rows = priorities.flatMap((priority) => {
    const row = view.priorities.find((each) => each.priority === priority);
    if (row === undefined) return [];
    const age = row.oldestAgeMs === null ? '' : `, oldest ${span(row.oldestAgeMs)}`;
    return [`${priority} ${row.lagChunks ?? 'unknown'}${age}`];
  });
  const loaded = nodes.filter((node) => node.phase === 'loaded').length;
  const booting = nodes.filter(({ phase: each }) => each !== 'loaded' && each !== 'leaving').length;
  const spilled = view.priorities.reduce((sum, row) => sum + row.spilledChunks, 0);
  return (
    `up ${span(upMs)}  ${phase}  lag ${rows.join('; ')}  nodes ${loaded} loaded, ${booting} booting` +
    `  spilled ${spilled}  (emulated)`
  );
}
