import { count, fields, flag, list, nullable, number, oneOf, parseJson, text } from './shape.ts';
import type { Parsed, Shape } from './shape.ts';
import { workerKinds } from './words.ts';
import type { WorkerKind } from './words.ts';

/** Keys of the records on the directive's topic; those of one tick share a transaction. */
export const directiveKeys = {
  directive: 'directive',
  /** The scaler's memory, for whoever leads next. */
  memory: 'memory',
  /** The last decisions, for people (`decision.ts`). */
  decisions: 'decisions',
} as const;

/** Who leads and how often it has spoken. Terms count activations of leaders; lower ones are refused. */
export interface LeaderStamp {
  readonly term: number;
  readonly sequence: number;
}

/** Capacity of one kind and node pool, in slots: what computes one chunk at a time. */
export interface PoolCapacity {
  /** `null`: workers that stand on no pool that the scaler sizes. */
  readonly pool: string | null;
  readonly kind: WorkerKind;
  readonly slotsReady: number;
  /** Media milliseconds per wall millisecond of one slot. */
  readonly slotSpeed: number;
  /** Slots of nodes that are booting, and when they will compute; broker time. */
  readonly coming: readonly { readonly atMs: number; readonly slots: number }[];
}

/** Workers that are sized together: those of one GPU node pool, or all CPU workers. */
export interface WorkersWanted {
  readonly kind: WorkerKind;
  /** The GPU node pool that they stand on; `null` for CPU workers. */
  readonly pool: string | null;
  /** Processes, which is replicas of one Deployment. */
  readonly replicas: number;
  /** Whether any are wanted, or some still hold work: not to be scaled to zero. */
  readonly isActive: boolean;
}

export const spillGates = ['open', 'shut'] as const;
export type SpillGate = (typeof spillGates)[number];

export const spillGateReasons = [
  /** Ready and booting GPU workers cannot do in time what is due. */
  'overload',
  /** They can. */
  'gpu-in-time',
  /** They can again, but only for a short while. */
  'hold',
  /** What is due is not known: dispatchers go by each chunk's deadline. */
  'unknown',
  'no-gpu',
  'operator',
] as const;
export type SpillGateReason = (typeof spillGateReasons)[number];

/** What the scaler tells the dispatchers; after its expiry they fall back on their own rule. */
export interface Directive {
  readonly leader: LeaderStamp;
  /** Broker time. */
  readonly issuedAtMs: number;
  /** Broker time. */
  readonly expiresAtMs: number;
  readonly capacity: readonly PoolCapacity[];
  /** For whoever starts and stops workers; those that are not in it stay as they are. */
  readonly workers: readonly WorkersWanted[];
  readonly spill: {
    readonly gate: SpillGate;
    readonly reason: SpillGateReason;
    /** Media milliseconds that may be spilled in a minute; `null`: any. */
    readonly mediaMsPerMinuteMax: number | null;
  };
  /** 0: full quality. Higher levels are for the degrade rules of a model. */
  readonly degradeLevel: number;
}

export const poolCapacityShape = fields({
  pool: nullable(text),
  kind: oneOf(workerKinds),
  slotsReady: count,
  slotSpeed: number,
  coming: list(fields({ atMs: number, slots: count })),
});

const workersWantedShape = fields({
  kind: oneOf(workerKinds),
  pool: nullable(text),
  replicas: count,
  isActive: flag,
});

export const leaderShape: Shape<LeaderStamp> = fields({ term: count, sequence: count });

const shape = fields({
  leader: leaderShape,
  issuedAtMs: number,
  expiresAtMs: number,
  capacity: list(poolCapacityShape),
  workers: list(workersWantedShape),
  spill: fields({
    gate: oneOf(spillGates),
    reason: oneOf(spillGateReasons),
    mediaMsPerMinuteMax: nullable(number),
  }),
  degradeLevel: count,
});

export const encodeDirective = (directive: Directive): string => JSON.stringify(directive);

export function parseDirective(json: string): Parsed<Directive> {
  return parseJson(json, shape);
}

/**
 * Who gave a directive, even one with words of a later version: whoever leads next must count on from
 * it in any case.
 */
export function parseLeaderOf(json: string): Parsed<LeaderStamp> {
  const parsed = parseJson(json, fields({ leader: leaderShape }));
  return parsed.ok ? { ok: true, value: parsed.value.leader } : parsed;
}

/** Whether `a` speaks after `b`. */
export function isLater(a: LeaderStamp, b: LeaderStamp): boolean {
  return a.term > b.term || (a.term === b.term && a.sequence > b.sequence);
}
