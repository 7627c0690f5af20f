import { leaderShape, poolCapacityShape, spillGateReasons, spillGates } from './directive.ts';
import type {
  LeaderStamp,
  PoolCapacity,
  SpillGate,
  SpillGateReason,
  WorkersWanted,
} from './directive.ts';
import { saidShape } from './operator.ts';
import type { Said } from './operator.ts';
import { count, fields, flag, list, nullable, number, oneOf, parseJson, text } from './shape.ts';
import type { Parsed, Shape } from './shape.ts';
import { workerKinds } from './words.ts';

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
  'operator-unknown',
  'clock-jumped',
  /** Hold: this memory is too young to let a node go. */
  'fresh-memory',
  /** Nothing more is ordered here for a while: the last nodes did not come in time. */
  'backing-off',
  /** An operator's word, or the pool's own annotation. */
  'paused',
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
  'paused',
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
  /** Whose pause holds for it, whether or not that moved its size; `null`: it is not paused. */
  readonly pausedBy: Said | null;
  /** The numbers that bound it; the unit ends each name. */
  readonly figures: Readonly<Record<string, number>>;
  readonly refused: readonly { readonly nodes: number; readonly cause: RefusalCause }[];
}

/** What bound how many workers there are to be. */
export const workersReasons = [
  /** As many as the nodes of their pool carry. */
  'nodes',
  /** What GPU workers cannot do in time needs them. */
  'overload',
  /** No GPU worker is ready, so they do what they can. */
  'no-gpu',
  /** Fewer would do, but not for long enough yet. */
  'hold',
  /** The least and the most that their limits allow. */
  'floor',
  'ceiling',
  /** What is due or who is there is not known: they stay as they are. */
  'unknown',
] as const;
export type WorkersReason = (typeof workersReasons)[number];

export interface WorkersDecision extends WorkersWanted {
  readonly reason: WorkersReason;
  /** The numbers that bound it; the unit ends each name. */
  readonly figures: Readonly<Record<string, number>>;
}

/** All that one tick decided. */
export interface Decision {
  /** Broker time of the observation. */
  readonly atMs: number;
  readonly pools: readonly PoolDecision[];
  /**
   * One for each GPU pool, in their order, and one for the CPU workers where they are sized. Those
   * whose number was never known are left out: they stay as they are.
   */
  readonly workers: readonly WorkersDecision[];
  readonly spill: {
    readonly gate: SpillGate;
    readonly reason: SpillGateReason;
    /** Whose word holds; `null`: nobody's. */
    readonly saidBy: Said | null;
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

const isSaidAlike = (a: Said | null, b: Said | null): boolean =>
  a?.by === b?.by && a?.untilMs === b?.untilMs && a?.note === b?.note;

/** Whether a person would call them the same: sizes, gate and what is behind them, not the figures. */
export function decidesSame(a: Decision, b: Decision): boolean {
  const isCalm = (reason: PoolReason): boolean => calmReasons.includes(reason);
  return (
    isSaidAlike(a.spill.saidBy, b.spill.saidBy) &&
    a.workers.length === b.workers.length &&
    a.workers.every(({ replicas }, index) => b.workers[index]?.replicas === replicas) &&
    a.spill.gate === b.spill.gate &&
    (a.spill.reason === 'operator') === (b.spill.reason === 'operator') &&
    a.pools.length === b.pools.length &&
    a.pools.every(({ pool, nodesDesired, reason, pausedBy }, index) => {
      const other = b.pools[index];
      if (other?.pool !== pool || other.nodesDesired !== nodesDesired) return false;
      if (!isSaidAlike(other.pausedBy, pausedBy)) return false;
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
      pausedBy: nullable(saidShape),
      figures,
      refused: list(fields({ nodes: count, cause: oneOf(refusalCauses) })),
    }),
  ),
  workers: list(
    fields({
      kind: oneOf(workerKinds),
      pool: nullable(text),
      replicas: count,
      isActive: flag,
      reason: oneOf(workersReasons),
      figures,
    }),
  ),
  spill: fields({
    gate: oneOf(spillGates),
    reason: oneOf(spillGateReasons),
    saidBy: nullable(saidShape),
    figures,
  }),
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
