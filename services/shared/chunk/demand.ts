import { count, fields, list, nullable, number, oneOf, parseJson, text, flag } from './shape.ts';
import type { Parsed } from './shape.ts';
import { priorities } from './words.ts';
import type { Priority } from './words.ts';

/** How often the active dispatcher tells what is unfinished. */
export const demandIntervalMs = 1000;

const second = 1000;
const minute = 60 * second;

/**
 * Upper ends of the buckets of `dueMediaMs`: time left to the deadline. The first holds what is late
 * already, the one after the last whatever is due later. Fine where a boot's length is decided.
 */
export const dueBoundsMs: readonly number[] = [
  0,
  ...[1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 35, 40, 50].map((each) => each * second),
  ...[1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60].map(
    (each) => each * minute,
  ),
];

/** Why a chunk that waits is not spilled, or that it is; counted for the present. */
export const spillVerdicts = [
  /** The GPU workers will have it done in time. */
  'gpu-in-time',
  /** It is on its way to a CPU worker. */
  'spilled',
  /** A CPU worker would do it in time, but all have as much as they may. */
  'cpu-busy',
  /** No CPU worker would do it in time either. */
  'cpu-too-slow',
  /** No CPU worker serves its priority and model. */
  'no-cpu-worker',
  /** The scaler's directive keeps spill shut. */
  'gate-shut',
] as const;
export type SpillVerdict = (typeof spillVerdicts)[number];

/** Unsettled chunks of one priority and model, as far as the dispatcher has read intake. */
export interface QueueDemand {
  readonly priority: Priority;
  /** `null`: the default model. */
  readonly model: string | null;
  readonly waitingChunks: number;
  readonly waitingMediaMs: number;
  /** In lanes or in hand. */
  readonly gpuChunks: number;
  readonly gpuMediaMs: number;
  readonly cpuChunks: number;
  readonly cpuMediaMs: number;
  /** Broker time; `null` where nothing is unsettled. */
  readonly oldestSubmittedAtMs: number | null;
  /** Media milliseconds not settled, waiting or assigned, by time left; one longer than the bounds. */
  readonly dueMediaMs: readonly number[];
}

/** Counted since the term began. */
export interface PriorityTally {
  readonly priority: Priority;
  readonly readChunks: number;
  readonly readMediaMs: number;
  /** Running mean of the time from submission to deadline; `null` before a chunk was read. */
  readonly allowedMs: number | null;
  readonly spilledChunks: number;
  readonly onTime: number;
  readonly late: number;
  readonly deadLetters: number;
  readonly expired: number;
}

export const dispatchOrders = ['earliest-deadline', 'strict-priority'] as const;
export const directiveStates = ['none', 'followed', 'expired'] as const;

/** What the active dispatcher tells the scaler and those who watch, every second. */
export interface Demand {
  /** Of the dispatcher's activation; sequences of different terms do not compare. */
  readonly term: string;
  readonly sequence: number;
  /** Broker time. */
  readonly publishedAtMs: number;
  readonly queues: readonly QueueDemand[];
  readonly tallies: readonly PriorityTally[];
  readonly order: (typeof dispatchOrders)[number];
  readonly directive: {
    readonly state: (typeof directiveStates)[number];
    /** Leader's term and sequence of the newest directive seen; `null` before one was. */
    readonly term: number | null;
    readonly sequence: number | null;
  };
  readonly spill: {
    /** Whether a chunk that the GPU would finish too late may go to a CPU lane now. */
    readonly isOpen: boolean;
    /** Waiting chunks by what holds for each of them now. */
    readonly verdicts: readonly { readonly verdict: SpillVerdict; readonly chunks: number }[];
  };
}

const shape = fields({
  term: text,
  sequence: count,
  publishedAtMs: number,
  queues: list(
    fields({
      priority: oneOf(priorities),
      model: nullable(text),
      waitingChunks: count,
      waitingMediaMs: number,
      gpuChunks: count,
      gpuMediaMs: number,
      cpuChunks: count,
      cpuMediaMs: number,
      oldestSubmittedAtMs: nullable(number),
      dueMediaMs: list(number),
    }),
  ),
  tallies: list(
    fields({
      priority: oneOf(priorities),
      readChunks: count,
      readMediaMs: number,
      allowedMs: nullable(number),
      spilledChunks: count,
      onTime: count,
      late: count,
      deadLetters: count,
      expired: count,
    }),
  ),
  order: oneOf(dispatchOrders),
  directive: fields({
    state: oneOf(directiveStates),
    term: nullable(count),
    sequence: nullable(count),
  }),
  spill: fields({
    isOpen: flag,
    verdicts: list(fields({ verdict: oneOf(spillVerdicts), chunks: count })),
  }),
});

export const encodeDemand = (demand: Demand): string => JSON.stringify(demand);

export function parseDemand(json: string): Parsed<Demand> {
  return parseJson(json, shape);
}
