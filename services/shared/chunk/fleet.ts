import { assignmentKey, parseAssignment } from './assignment.ts';
import type { Assignment } from './assignment.ts';
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
  written,
} from './shape.ts';
import type { Parsed } from './shape.ts';
import { priorities, workerKinds } from './words.ts';
import type { Priority, WorkerKind } from './words.ts';

/** How often a worker tells of itself, besides at each change. */
export const heartbeatIntervalMs = 1000;
/** A worker not heard for this long, by a reader that is caught up, is gone. */
export const workerGoneAfterMs = 3000;

export const workerStates = ['loading', 'ready', 'draining'] as const;
export type WorkerState = (typeof workerStates)[number];

export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly variant: string;
  readonly executionProvider: string;
}

/** One worker's word about itself; a lower sequence than the last one heard is ignored. */
export interface Heartbeat {
  /** New for each process. */
  readonly worker: string;
  readonly sequence: number;
  readonly kind: WorkerKind;
  readonly pool: string;
  readonly node: string | null;
  readonly state: WorkerState;
  readonly emulated: boolean;
  readonly slots: number;
  readonly models: readonly ServedModel[];
  readonly partitions: readonly { readonly priority: Priority; readonly partition: number }[];
  /** Taken and not yet acknowledged in `done`, started or not. */
  readonly inHand: readonly Assignment[];
  /** Media milliseconds per wall millisecond of one slot, per model, once it was measured. */
  readonly speeds: readonly { readonly model: string; readonly speed: number }[];
  readonly startedAtMs: number;
  readonly readyAtMs: number | null;
}

const shape = fields({
  worker: text,
  sequence: count,
  kind: oneOf(workerKinds),
  pool: text,
  node: nullable(text),
  state: oneOf(workerStates),
  emulated: flag,
  slots: count,
  models: list(fields({ name: text, version: text, variant: text, executionProvider: text })),
  partitions: list(fields({ priority: oneOf(priorities), partition: count })),
  inHand: list(written(parseAssignment, 'an assignment such as live/0/17@k3x.1')),
  speeds: list(fields({ model: text, speed: number })),
  startedAtMs: number,
  readyAtMs: nullable(number),
});

export function encodeHeartbeat(heartbeat: Heartbeat): string {
  return JSON.stringify({ ...heartbeat, inHand: heartbeat.inHand.map(assignmentKey) });
}

export function parseHeartbeat(json: string): Parsed<Heartbeat> {
  return parseJson(json, shape);
}
