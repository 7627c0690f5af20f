import { assignmentKey, parseAssignment } from './assignment.ts';
import type { Assignment } from './assignment.ts';
import { failureReasons } from './reasons.ts';
import type { FailureReason } from './reasons.ts';
import { fields, flag, nullable, number, oneOf, parseJson, text, written } from './shape.ts';
import type { Parsed } from './shape.ts';

/**
 * What a worker says of one assignment. It travels in a header; the record's value is the result's
 * body, which the dispatcher passes on without parsing it (see `result.ts`).
 */
export type Done = DoneResult | DoneFailure | DoneReleased;

interface DoneBy {
  readonly assignment: Assignment;
  readonly worker: string;
}

export interface DoneResult extends DoneBy {
  readonly kind: 'result';
  /** Length of the video as probed. */
  readonly durationMs: number;
  /** Wall time from start to end of the try, for the fleet's speed. */
  readonly computeMs: number;
}

export interface DoneFailure extends DoneBy {
  readonly kind: 'failure';
  readonly reason: FailureReason;
  readonly message: string;
  /** Whether another try could end differently. */
  readonly retriable: boolean;
}

/** Given back undone: the worker drains, or its execution provider failed. Never counts as a try. */
export interface DoneReleased extends DoneBy {
  readonly kind: 'released';
  readonly message: string;
}

export const doneHeader = 'spillway-done';

const common = {
  assignment: written(parseAssignment, 'an assignment such as live/0/17@k3x.1'),
  worker: text,
};

const shape = fields({
  ...common,
  kind: oneOf(['result', 'failure', 'released']),
  // Not whole on purpose: a fraction of a millisecond must not cost a finished result.
  durationMs: nullable(number),
  computeMs: nullable(number),
  reason: nullable(oneOf(failureReasons)),
  message: nullable(text),
  retriable: nullable(flag),
});

export function encodeDone(done: Done): string {
  return JSON.stringify({ ...done, assignment: assignmentKey(done.assignment) });
}

export function parseDone(json: string): Parsed<Done> {
  const parsed = parseJson(json, shape);
  if (!parsed.ok) return parsed;
  const { assignment, worker, kind, message } = parsed.value;
  switch (kind) {
    case 'result': {
      const { durationMs, computeMs } = parsed.value;
      return {
        ok: true,
        value: { kind, assignment, worker, durationMs: durationMs ?? 0, computeMs: computeMs ?? 0 },
      };
    }
    case 'failure': {
      const { reason, retriable } = parsed.value;
      if (reason === null || retriable === null) {
        return { ok: false, problem: 'a failure needs reason and retriable' };
      }
      return {
        ok: true,
        value: { kind, assignment, worker, reason, message: message ?? '', retriable },
      };
    }
    case 'released':
      return { ok: true, value: { kind, assignment, worker, message: message ?? '' } };
  }
}
