import {
  count,
  fields,
  flag,
  list,
  nullable,
  number,
  oneOf,
  parseJson,
  text,
} from '../../shared/chunk/shape.ts';
import type { Parsed, Shape } from '../../shared/chunk/shape.ts';
import { nodePhases } from '../../shared/chunk/node-pools.ts';
import type { NodePhase } from '../../shared/chunk/node-pools.ts';
import { priorities } from '../../shared/chunk/words.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import { bounded, latestMs, wholeNumber } from './bounded.ts';

/** Raised when a field's meaning changes: a memory of another version is not read. */
const memoryVersion = 2;

/** Log end of one priority's intake at one time. */
export interface LogEndPoint {
  readonly atMs: number;
  readonly logEnd: number;
}

export interface ArrivalMemory {
  readonly priority: Priority;
  /** Oldest first, at most `logEndPointsMax`. */
  readonly points: readonly LogEndPoint[];
  /** Mean length of its chunks when some were last read; `null` before. */
  readonly chunkMediaMs: number | null;
  /** From submission to deadline, as producers last set it; `null`: the objective holds. */
  readonly allowedMs: number | null;
}

export const nodeStates = [
  /** Ordered, or its worker was lost: on its way to `loaded`. */
  'coming',
  'loaded',
  /** Is far beyond the time of a boot or of its phase: counts for nothing until it goes on. */
  'overdue',
  /** Ordered where the pool says that it cannot be had. */
  'refused',
] as const;
export type NodeState = (typeof nodeStates)[number];

export interface NodeMemory {
  readonly node: string;
  readonly state: NodeState;
  /** When its way to `loaded` began; for a loaded one, when it was seen to be. */
  readonly sinceMs: number;
}

/** The most nodes, or CPU workers, that were needed in a stretch of time. */
export interface NeedPoint {
  readonly fromMs: number;
  readonly nodes: number;
}

export interface CpuWorkersMemory {
  /** As last decided. */
  readonly replicas: number;
  /** Oldest first, at most `needPointsMax`. */
  readonly needs: readonly NeedPoint[];
}

export interface PoolMemory {
  readonly pool: string;
  readonly slotSpeed: number | null;
  /** From order to loaded, oldest first, at most `bootSamplesMax`. */
  readonly bootMs: readonly number[];
  /** Of each phase, how long the node was in it. Only for people. */
  readonly phaseMs: readonly { readonly phase: NodePhase; readonly samplesMs: readonly number[] }[];
  readonly nodes: readonly NodeMemory[];
  readonly nodesDesired: number | null;
  /**
   * Since when fewer nodes have a machine than were ordered, without one more getting one; `null`: all
   * have. Still to come while the pool backs off: until then the missing ones count for nothing.
   */
  readonly missingSinceMs: number | null;
  /** Kept for a while after its end, so that the next one is longer. */
  readonly backOff: { readonly untilMs: number; readonly lengthMs: number } | null;
  /** Oldest first, at most `needPointsMax`. */
  readonly needs: readonly NeedPoint[];
}

/**
 * What one tick leaves for the next: plain data of bounded length, so that it fits into a record and
 * another leader goes on from it. All times are broker time.
 */
export interface Memory {
  readonly version: number;
  /** Of the last tick; before one, when this memory began. */
  readonly tickAtMs: number;
  /** Since when every size could be judged without a gap: younger than a hold lets no node go. */
  readonly sizedSinceMs: number | null;
  readonly sizedAtMs: number | null;
  readonly arrivals: readonly ArrivalMemory[];
  /** In order of name. */
  readonly pools: readonly PoolMemory[];
  readonly cpuSlotSpeed: number | null;
  readonly spill: { readonly isOpen: boolean; readonly overloadedAtMs: number | null };
  /** `null`: nothing was decided of them yet. */
  readonly cpuWorkers: CpuWorkersMemory | null;
}

/** How much of each is kept; older ones go. */
export const logEndPointsMax = 64;
export const bootSamplesMax = 32;
export const needPointsMax = 32;
export const nodesRememberedMax = 2000;

/** Of a scaler that knows nothing yet: it may order nodes, and lets none go until a hold has passed. */
export function emptyMemory(nowMs: number): Memory {
  return {
    version: memoryVersion,
    tickAtMs: Number.isFinite(nowMs) ? nowMs : 0,
    sizedSinceMs: null,
    sizedAtMs: null,
    arrivals: [],
    pools: [],
    cpuSlotSpeed: null,
    spill: { isOpen: false, overloadedAtMs: null },
    cpuWorkers: null,
  };
}

const within =
  (least: number, most: number): Shape<number> =>
  (value, path) =>
    bounded(number(value, path), least, most);

const newest =
  <Value>(shape: Shape<readonly Value[]>, most: number): Shape<readonly Value[]> =>
  (value, path) =>
    shape(value, path).slice(-most);

const time = within(-latestMs, latestMs);
const duration = within(0, 1e10);
const speed = within(0, 1e6);
const nodes: Shape<number> = (value, path) => wholeNumber(number(value, path), 1e6);

const shape = fields({
  version: count,
  tickAtMs: time,
  sizedSinceMs: nullable(time),
  sizedAtMs: nullable(time),
  arrivals: list(
    fields({
      priority: oneOf(priorities),
      points: newest(list(fields({ atMs: time, logEnd: within(0, 1e15) })), logEndPointsMax),
      chunkMediaMs: nullable(duration),
      allowedMs: nullable(duration),
    }),
  ),
  pools: list(
    fields({
      pool: text,
      slotSpeed: nullable(speed),
      bootMs: newest(list(duration), bootSamplesMax),
      phaseMs: list(
        fields({ phase: oneOf(nodePhases), samplesMs: newest(list(duration), bootSamplesMax) }),
      ),
      nodes: newest(
        list(fields({ node: text, state: oneOf(nodeStates), sinceMs: time })),
        nodesRememberedMax,
      ),
      nodesDesired: nullable(nodes),
      missingSinceMs: nullable(time),
      backOff: nullable(fields({ untilMs: time, lengthMs: duration })),
      needs: newest(list(fields({ fromMs: time, nodes })), needPointsMax),
    }),
  ),
  cpuSlotSpeed: nullable(speed),
  spill: fields({ isOpen: flag, overloadedAtMs: nullable(time) }),
  cpuWorkers: nullable(
    fields({
      replicas: nodes,
      needs: newest(list(fields({ fromMs: time, nodes })), needPointsMax),
    }),
  ),
});

/** A memory that this version does not understand is a problem, never half a memory. */
export function parseMemory(json: string): Parsed<Memory> {
  const parsed = parseJson(json, shape);
  if (!parsed.ok || parsed.value.version === memoryVersion) return parsed;
  const problem = `$.version must be ${memoryVersion}, found ${parsed.value.version}`;
  return { ok: false, problem };
}
