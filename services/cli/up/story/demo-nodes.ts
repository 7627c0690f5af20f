import type { LocalPoolView } from '../../../local/nodes/local-pool.ts';
import type { NodePhase } from '../../../shared/chunk/node-pools.ts';
import { workerGoneAfterMs } from '../../../shared/chunk/fleet.ts';
import type { Knowledge } from '../../system-view/knowledge.ts';
import { counted, span } from '../../system-view/spans.ts';

/** One emulated node as a person watches it. */
export interface NodeView {
  readonly node: string;
  readonly phase: NodePhase;
  /** Until its worker's process starts; `null` once it has. */
  readonly bootLeftMs: number | null;
}

/** Nodes whose workers say that they compute. */
export function loadedNodes({ workers }: Knowledge, atMs: number): ReadonlySet<string> {
  return new Set(
    [...workers.values()].flatMap(({ value, atMs: heardAtMs }) =>
      value.state === 'ready' && value.node !== null && atMs - heardAtMs <= workerGoneAfterMs
        ? [value.node]
        : [],
    ),
  );
}

export function nodeViews(
  pools: readonly LocalPoolView[],
  loaded: ReadonlySet<string>,
): readonly NodeView[] {
  return pools
    .flatMap(({ nodes }) => nodes)
    .map(({ node, phase, bootLeftMs }) => ({
      node,
      phase: phase !== 'leaving' && loaded.has(node) ? 'loaded' : phase,
      bootLeftMs,
    }));
}

export function describeNode({ phase, bootLeftMs }: NodeView): string {
  switch (phase) {
    case 'loaded':
      return 'loaded: computes';
    case 'leaving':
      return 'leaving: its worker finishes what it has';
    case 'ordered':
    case 'launched':
    case 'registered':
    case 'ready':
    case 'allocatable':
      return bootLeftMs === null
        ? `${phase}: its worker loads the model`
        : `${phase}: its worker starts in ${span(bootLeftMs)}`;
  }
}

/** What the nodes have cost since `sinceMs` ago, and what the most nodes would have. */
export interface NodeCost {
  readonly nodeHours: number;
  readonly cost: number;
  readonly alwaysOnCost: number;
}

export function nodeCost(
  pools: readonly LocalPoolView[],
  { pricePerHour, sinceMs }: { readonly pricePerHour: number; readonly sinceMs: number },
): NodeCost {
  const nodeHours = pools.reduce((sum, { nodePaidMs }) => sum + nodePaidMs, 0) / hourMs;
  const nodesMax = pools.reduce((sum, pool) => sum + pool.nodesMax, 0);
  return {
    nodeHours,
    cost: nodeHours * pricePerHour,
    alwaysOnCost: ((nodesMax * sinceMs) / hourMs) * pricePerHour,
  };
}

const hourMs = 3_600_000;

/** `0.041 (0.0137 node-hours at 3 an hour); 4 nodes always on: 0.120, so 66 % are saved`. */
export function describeCost(
  { nodeHours, cost, alwaysOnCost }: NodeCost,
  { nodesMax, pricePerHour }: { readonly nodesMax: number; readonly pricePerHour: number },
): string {
  const saved = alwaysOnCost <= 0 ? 0 : Math.max(0, 1 - cost / alwaysOnCost);
  const nodes = counted(nodesMax, 'node');
  return (
    `${cost.toFixed(3)} (${nodeHours.toFixed(4)} node-hours at ${pricePerHour} an hour); ` +
    `${nodes} always on: ${alwaysOnCost.toFixed(3)}, so ${Math.round(saved * 100)} % are saved`
  );
}
