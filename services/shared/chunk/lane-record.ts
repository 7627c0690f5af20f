import { assignmentKey, parseAssignment } from './assignment.ts';
import type { Assignment } from './assignment.ts';
import type { Chunk } from './envelope.ts';
import { count, fields, flag, list, nullable, number, parseJson, text, written } from './shape.ts';
import type { Parsed } from './shape.ts';

/** Everything a worker must know beyond the chunk's own headers and bytes, which pass unchanged. */
export interface LaneOrder {
  readonly assignment: Assignment;
  readonly source: string;
  readonly id: string;
  readonly model: string | null;
  readonly startMs: number;
  readonly durationMs: number | null;
  readonly contentType: string | null;
  readonly dataref: string | null;
  readonly declaredSha256: string | null;
  readonly submittedAtMs: number;
  readonly deadlineAtMs: number;
  /** Counts from 1 over all terms. */
  readonly attempt: number;
  /** Workers that failed on this chunk; a worker in this list may still be asked, as a last choice. */
  readonly excludedWorkers: readonly string[];
  /** Broker time of the sending. */
  readonly dispatchedAtMs: number;
  /** Broker time; a worker that has not started by then leaves the chunk to the dispatcher. */
  readonly startByMs: number;
  readonly spilled: boolean;
}

export const laneOrderHeader = 'spillway-order';

const shape = fields({
  assignment: written(parseAssignment, 'an assignment such as live/0/17@k3x.1'),
  source: text,
  id: text,
  model: nullable(text),
  startMs: count,
  durationMs: nullable(count),
  contentType: nullable(text),
  dataref: nullable(text),
  declaredSha256: nullable(text),
  submittedAtMs: number,
  deadlineAtMs: number,
  attempt: count,
  excludedWorkers: list(text),
  dispatchedAtMs: number,
  startByMs: number,
  spilled: flag,
});

export function encodeLaneOrder(order: LaneOrder): string {
  return JSON.stringify({ ...order, assignment: assignmentKey(order.assignment) });
}

export function parseLaneOrder(json: string): Parsed<LaneOrder> {
  return parseJson(json, shape);
}

export function laneOrderFor(
  chunk: Chunk,
  dispatch: Pick<
    LaneOrder,
    'assignment' | 'attempt' | 'excludedWorkers' | 'dispatchedAtMs' | 'startByMs' | 'spilled'
  >,
): LaneOrder {
  // Field by field: V8 takes 20 µs for a copy by spreading that gets ten further properties.
  return {
    assignment: dispatch.assignment,
    attempt: dispatch.attempt,
    excludedWorkers: dispatch.excludedWorkers,
    dispatchedAtMs: dispatch.dispatchedAtMs,
    startByMs: dispatch.startByMs,
    spilled: dispatch.spilled,
    source: chunk.source,
    id: chunk.id,
    model: chunk.model,
    startMs: chunk.startMs,
    durationMs: chunk.durationMs,
    contentType: chunk.contentType,
    dataref: chunk.dataref,
    declaredSha256: chunk.declaredSha256,
    submittedAtMs: chunk.submittedAtMs,
    deadlineAtMs: chunk.deadlineAtMs,
  };
}
