import { pauseFields } from './operator.ts';
import type { Pause } from './operator.ts';
import { count, fields, list, nullable, number, oneOf, parseJson, text } from './shape.ts';
import type { Parsed } from './shape.ts';

/**
 * A node from its order to the loaded worker. `loaded` is said by the worker's heartbeat, all before
 * it by the pool's driver; only a loaded node computes. `leaving` nodes count for nothing.
 */
export const nodePhases = [
  'ordered',
  'launched',
  'registered',
  'ready',
  'allocatable',
  'loaded',
  'leaving',
] as const;
export type NodePhase = (typeof nodePhases)[number];

/** One node as its driver sees it. Times are ages, so that clocks of two machines need not agree. */
export interface PoolNode {
  readonly node: string;
  readonly phase: NodePhase;
  /** How long ago each phase that was reached began; `loaded` is left to the fleet. */
  readonly reached: readonly { readonly phase: NodePhase; readonly agoMs: number }[];
}

export interface PoolState {
  readonly pool: string;
  readonly nodesDesired: number;
  readonly nodes: readonly PoolNode[];
  /** Why the last order could not be filled; `null`: nothing is in its way. */
  readonly problem: string | null;
  /** What an annotation on the pool itself says; `null`: its size may move. */
  readonly pause: Pause | null;
}

const poolShape = fields({
  pool: text,
  nodesDesired: count,
  nodes: list(
    fields({
      node: text,
      phase: oneOf(nodePhases),
      reached: list(fields({ phase: oneOf(nodePhases), agoMs: number })),
    }),
  ),
  problem: nullable(text),
  pause: nullable(fields(pauseFields)),
});

export const encodePools = (pools: readonly PoolState[]): string => JSON.stringify({ pools });

export function parsePools(json: string): Parsed<{ readonly pools: readonly PoolState[] }> {
  return parseJson(json, fields({ pools: list(poolShape) }));
}

/** Desired size of one pool, with who says so: an agent refuses what an earlier leader says. */
export interface PoolOrder {
  readonly nodesDesired: number;
  readonly leader: { readonly term: number; readonly sequence: number };
}

const orderShape = fields({
  nodesDesired: count,
  leader: fields({ term: count, sequence: count }),
});

export const encodePoolOrder = (order: PoolOrder): string => JSON.stringify(order);

export function parsePoolOrder(json: string): Parsed<PoolOrder> {
  return parseJson(json, orderShape);
}
