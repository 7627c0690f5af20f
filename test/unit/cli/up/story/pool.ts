import type { LocalPoolView } from '../../../../../services/local/nodes/local-pool.ts';

const pool = {
  pool: 'n',
  nodesDesired: 1,
  nodesMax: 4,
  problem: null,
  pause: null,
  nodePaidMs: 0,
};

/** Nodes whose workers' processes run. */
export function poolOf(...names: readonly string[]): LocalPoolView {
  return {
    ...pool,
    nodes: names.map((node) => ({ node, phase: 'allocatable', reached: [], bootLeftMs: null })),
  };
}

/** The same, and the last of them boots. */
export function bootingPool(...names: readonly string[]): LocalPoolView {
  const { nodes } = poolOf(...names);
  return {
    ...pool,
    nodes: nodes.map((node, index) =>
      index === names.length - 1 ? { ...node, phase: 'launched', bootLeftMs: 12_000 } : node,
    ),
  };
}
