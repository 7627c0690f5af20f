import { assignmentKey } from '../shared/chunk/assignment.ts';
import type { Done } from '../shared/chunk/done-record.ts';
import type { LaneOrder } from '../shared/chunk/lane-record.ts';
import type { ResultBody } from '../shared/chunk/result.ts';
import type { BrokerClock } from '../shared/clock/broker-clock.ts';
import type { Clock } from '../shared/clock/ports.ts';
import type { ReceivedRecord } from '../shared/kafka/ports.ts';
import type { ObjectStore } from '../shared/object-store/ports.ts';
import type { Logger } from '../shared/process/ports.ts';
import type {
  Executor,
  ExecutorFailure,
  ExecutorOutcome,
  ExecutorResult,
} from './executor/ports.ts';
import { fetchVideo } from './fetch-video.ts';
import type { WorkerMetrics } from './metrics.ts';
import { resultBody } from './result-body.ts';

/** A chunk as it is from taking it to the acknowledgement of its `done`. */
export interface Task {
  readonly order: LaneOrder;
  readonly record: ReceivedRecord;
}

/** What is told to `done` about a task. */
export interface Verdict {
  readonly done: Done;
  readonly body: ResultBody | null;
}

export interface TryContext {
  readonly clock: Clock;
  readonly broker: BrokerClock;
  readonly store: ObjectStore;
  readonly executor: Executor;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
  /** Of this worker, as results carry them. */
  readonly name: string;
  readonly pool: string;
  readonly claimBytesMax: number;
  /** As in the worker's settings. */
  readonly emulatedSpeed: number | null;
  /** Aborts when the worker has to stop before its work is finished. */
  readonly givingUp: AbortSignal;
}

/** A try that has ended, and what it teaches about the model's speed; `null` for a failure. */
export interface EndedTry {
  readonly verdict: Verdict;
  readonly speed: {
    readonly model: string;
    readonly mediaMs: number;
    readonly computeMs: number;
  } | null;
}

/** A decoder may say a lot; a person reads a line, and a record's headers have little room. */
const messageLengthMax = 1000;

/** One try of one chunk, from `chunk.started` to `chunk.finished` in the log. */
export async function tryChunk(task: Task, context: TryContext): Promise<EndedTry> {
  const { order, record } = task;
  const { clock, broker, log, metrics, store, name: worker } = context;
  const beganAtMs = clock.monotonicMs();
  const startedAtMs = broker.nowMs();
  const key = assignmentKey(order.assignment);
  const { source, id, attempt } = order;
  log.info('chunk.started', { assignment: key, source, id, attempt, worker });
  const video = await fetchVideo(order, record.value, { store, bytesMax: context.claimBytesMax });
  const computed =
    video.kind === 'failure'
      ? { ...video, key }
      : await execute(order, video.bytes, context.executor);
  const { outcome, paceMissed } = await keepPace(computed, beganAtMs, context);
  const computeMs = Math.round(clock.monotonicMs() - beganAtMs);
  const told = outcome.kind === 'result' ? 'result' : outcome.reason;
  log.info('chunk.finished', {
    assignment: key,
    source,
    id,
    attempt,
    worker,
    outcome: told,
    computeMs,
    ...(paceMissed ? { paceMissed } : {}),
  });
  metrics.tries.inc({ outcome: told });
  metrics.computeSeconds.observe(computeMs / 1000);
  if (paceMissed) metrics.paceMissed.inc();
  if (outcome.kind === 'failure') return { verdict: failed(task, outcome, context), speed: null };
  const { model, durationMs: mediaMs } = outcome;
  return {
    verdict: succeeded(task, outcome, { ...context, startedAtMs, computeMs }),
    speed: { model: model.name, mediaMs, computeMs },
  };
}

/**
 * Waits until the emulated machine would be done with the chunk. One that has to stop before is not
 * done with it, whatever was computed already.
 */
async function keepPace(
  outcome: ExecutorOutcome,
  beganAtMs: number,
  { clock, emulatedSpeed, givingUp }: TryContext,
): Promise<{ readonly outcome: ExecutorOutcome; readonly paceMissed: boolean }> {
  if (emulatedSpeed === null || outcome.kind === 'failure') return { outcome, paceMissed: false };
  const doneAtMs = beganAtMs + outcome.durationMs / emulatedSpeed;
  if (clock.monotonicMs() > doneAtMs) return { outcome, paceMissed: true };
  // A sleeper may be woken a little early, and a chunk must not be done before its time.
  while (clock.monotonicMs() < doneAtMs && !givingUp.aborted) {
    await clock.sleepMs(doneAtMs - clock.monotonicMs(), givingUp);
  }
  if (clock.monotonicMs() >= doneAtMs) return { outcome, paceMissed: false };
  const message = 'the worker is stopping';
  const { key } = outcome;
  return {
    outcome: { kind: 'failure', key, reason: 'executor-failed', message, retriable: true },
    paceMissed: false,
  };
}

async function execute(
  order: LaneOrder,
  bytes: Buffer,
  executor: Executor,
): Promise<ExecutorOutcome> {
  const key = assignmentKey(order.assignment);
  const { contentType, model, startMs, durationMs } = order;
  let answered: ExecutorOutcome | null = null;
  await executor.execute([{ key, bytes, contentType, model, startMs, durationMs }], (outcome) => {
    answered = outcome;
  });
  const message = 'the executor ended without a word about the chunk';
  return answered ?? { kind: 'failure', key, reason: 'executor-failed', message, retriable: true };
}

function succeeded(
  { order }: Task,
  outcome: ExecutorResult,
  by: TryContext & { readonly startedAtMs: number; readonly computeMs: number },
): Verdict {
  const { name: worker, pool, startedAtMs, computeMs } = by;
  const emulated = by.emulatedSpeed !== null;
  const { assignment } = order;
  const durationMs = Math.round(outcome.durationMs);
  return {
    done: { kind: 'result', assignment, worker, durationMs, computeMs },
    body: resultBody(outcome, order, { worker, pool, emulated, startedAtMs, computeMs }),
  };
}

/** A provider that failed and a drain that ran out give the chunk back; no try is counted. */
function failed({ order }: Task, failure: ExecutorFailure, context: TryContext): Verdict {
  const { assignment } = order;
  const { log, metrics, name: worker } = context;
  const { reason, retriable } = failure;
  const message = failure.message.slice(0, messageLengthMax);
  if (reason === 'provider-failed' || (retriable && context.givingUp.aborted)) {
    log.info('chunk-released', { assignment: assignmentKey(assignment), message });
    metrics.released.inc();
    return { done: { kind: 'released', assignment, worker, message }, body: null };
  }
  const done = { kind: 'failure', assignment, worker, reason, message, retriable } as const;
  return { done, body: null };
}
