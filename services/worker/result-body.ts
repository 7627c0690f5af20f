import type { LaneOrder } from '../shared/chunk/lane-record.ts';
import type { ResultBody } from '../shared/chunk/result.ts';
import type { ExecutorResult } from './executor/ports.ts';

/** What this worker knows of a result, in the words of `result.schema.json`. */
export function resultBody(
  outcome: ExecutorResult,
  order: LaneOrder,
  by: {
    readonly worker: string;
    readonly pool: string;
    /** The worker waited up to a configured speed. */
    readonly emulated: boolean;
    /** Broker time. */
    readonly startedAtMs: number;
    readonly computeMs: number;
  },
): ResultBody {
  const { model, width, height, framesPerSecond, frames } = outcome;
  return {
    model: model.name,
    modelVersion: model.version,
    variant: model.variant,
    device: model.device,
    executionProvider: model.executionProvider,
    emulated: by.emulated,
    width,
    height,
    framesPerSecond,
    frames,
    durationMs: Math.round(outcome.durationMs),
    frameStride: roundTo(outcome.frameStride, 3),
    firstPresentationMs: roundTo(outcome.firstPresentationMs, 3),
    queuedMs: Math.max(0, Math.round(order.dispatchedAtMs - order.submittedAtMs)),
    laneMs: Math.max(0, Math.round(by.startedAtMs - order.dispatchedAtMs)),
    decodeMs: roundTo(outcome.decodeMs, 1),
    inferMs: roundTo(outcome.inferMs, 1),
    computeMs: by.computeMs,
    spilled: order.spilled,
    attempt: order.attempt,
    worker: by.worker,
    pool: by.pool,
  };
}

const roundTo = (value: number, digits: number): number => Number(value.toFixed(digits));
