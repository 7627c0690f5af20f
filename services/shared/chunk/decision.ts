import { leaderShape, poolCapacityShape, spillGateReasons, spillGates } from './directive.ts';
import type { LeaderStamp, PoolCapacity, SpillGate, SpillGateReason } from './directive.ts';
import { count, fields, list, number, oneOf, parseJson, text } from './shape.ts';
import type { Parsed, Shape } from './shape.ts';

/** What bound a pool's desired size. */
export const poolReasons = [
  /** Work due when ordered nodes could help needs them. */
  'deadline',
  /** The load as it arrives needs as many as there are. */
  'enough',
  /** Fewer would do, but not for long enough yet. */
  'hold',
  /** Fewer do, and have for long enough. */
  'surplus',
  /** The pool's least or most nodes. */
  'floor',
  'ceiling',
  /** Hold: what is not known moves no size. */
  'lag-unknown',
  'demand-unknown',
  'fleet-unknown',
  'pool-unknown',
  'clock-jumped',
  /** Hold: this memory is too young to let a node go. */
  'fresh-memory',
  /** Nothing more is ordered here for a while: the last nodes did not come in time. */
  'backing-off',
] as const;
export type PoolReason = (typeof poolReasons)[number];

/** Why another size was not taken. */
export const refusalCauses = [
  'work-late',
  'more-than-needed',
  'above-ceiling',
  'below-floor',
  'held',
  'unknown-input',
  'backing-off',
] as const;
export type RefusalCause = (typeof refusalCauses)[number];

export interface PoolDecision {
  readonly pool: string;
  /** All but the leaving ones. */
  readonly nodesCurrent: number;
  /** Of them, those whose workers have loaded their models. */
  readonly nodesLoaded: number;
  readonly nodesDesired: number;
  readonly reason: PoolReason;
  /** The numbers that bound it; the unit ends each name. */
  readonly figures: Readonly<Record<string, number>>;
  readonly refused: readonly { readonly nodes: number; readonly cause: RefusalCause }[];
}

/** All that one tick decided. */
export interface Decision {
  /** Broker time of the observation. */
  readonly atMs: number;
  readonly pools: readonly PoolDecision[];
  readonly spill: {
    readonly gate: SpillGate;
    readonly reason: SpillGateReason;
    readonly figures: Readonly<Record<string, number>>;
  };
  readonly capacity: readonly PoolCapacity[];
}

/** A decision as people look it up: with its leader, the newest last. */
export interface DecisionRecord {
  readonly leader: LeaderStamp;
  readonly decision: Decision;
}

/** Reasons to leave a size as it is; which of them it is changes with the load of a moment. */
const calmReasons: readonly PoolReason[] = ['enough', 'hold', 'floor'];

/** Whether a person would call them the same: sizes, gate and what is behind them, not the figures. */
export function decidesSame(a: Decision, b: Decision): boolean {
  const isCalm = (reason: PoolReason): boolean => calmReasons.includes(reason);
  return (
    a.spill.gate === b.spill.gate &&
    (a.spill.reason === 'operator') === (b.spill.reason === 'operator') &&
    a.pools.length === b.pools.length &&
    a.pools.every(({ pool, nodesDesired, reason }, index) => {
      const other = b.pools[index];
      if (other?.pool !== pool || other.nodesDesired !== nodesDesired) return false;
      return other.reason === reason || (isCalm(other.reason) && isCalm(reason));
    })
  );
}

/** How many decisions that differ from their predecessor are kept for `spillway explain`. */
export const decisionsKept = 20;

const figures: Shape<Readonly<Record<string, number>>> = (value, path) => {
  fields({})(value, path);
  const entries = Object.entries(Object(value));
  return Object.fromEntries(entries.map(([name, each]) => [name, number(each, `${path}.${name}`)]));
};

const decisionShape = fields({
  atMs: number,
  pools: list(
    fields({
      pool: text,
      nodesCurrent: count,
      nodesLoaded: count,
      nodesDesired: count,
      reason: oneOf(poolReasons),
      figures,
      refused: list(fields({ nodes: count, cause: oneOf(refusalCauses) })),
    }),
  ),
  spill: fields({ gate: oneOf(spillGates), reason: oneOf(spillGateReasons), figures }),
  capacity: list(poolCapacityShape),
});

export const encodeDecisions = (decisions: readonly DecisionRecord[]): string =>
  JSON.stringify({ decisions });

export function parseDecisions(
  json: string,
): Parsed<{ readonly decisions: readonly DecisionRecord[] }> {
  const record = fields({ leader: leaderShape, decision: decisionShape });
  return parseJson(json, fields({ decisions: list(record) }));
}
