import * as fc from 'fast-check';
import type { Done } from '../../../services/shared/chunk/done-record.ts';
import type { Chunk } from '../../../services/shared/chunk/envelope.ts';
import type { Heartbeat } from '../../../services/shared/chunk/fleet.ts';
import { workerStates } from '../../../services/shared/chunk/fleet.ts';
import type { LaneOrder } from '../../../services/shared/chunk/lane-record.ts';
import type { DeadLetter, Expired } from '../../../services/shared/chunk/outcome.ts';
import { deadLetterReasons, failureReasons } from '../../../services/shared/chunk/reasons.ts';
import type { ResultBody } from '../../../services/shared/chunk/result.ts';
import { workerKinds } from '../../../services/shared/chunk/words.ts';
import {
  assignment,
  coordinates,
  count,
  printableText,
  priority,
  spanMs,
  wellFormedText,
  writableMs,
} from './seed.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const durationMs = fc.integer({ min: 1, max: 86_400_000 });
const positive = fc.integer({ min: 1, max: 1_000_000 });
/** Not negative zero: JSON has none. */
const fraction = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const kind = fc.constantFrom(...workerKinds);

export const anyChunk: fc.Arbitrary<Chunk> = fc.record({
  source: printableText,
  id: printableText,
  coordinates,
  submittedAtMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  deadlineAtMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  durationMs: fc.option(durationMs),
  sequence: fc.option(printableText),
  startMs: count,
  model: fc.option(printableText),
  tenant: printableText,
  contentType: fc.option(printableText),
  dataref: fc.option(printableText),
  declaredSha256: fc.option(digest),
  traceparent: fc.constant(null),
});

export const anyLaneOrder: fc.Arbitrary<LaneOrder> = fc.record({
  assignment,
  source: printableText,
  id: printableText,
  model: fc.option(printableText),
  startMs: count,
  durationMs: fc.option(durationMs),
  contentType: fc.option(printableText),
  dataref: fc.option(printableText),
  declaredSha256: fc.option(digest),
  submittedAtMs: writableMs,
  deadlineAtMs: writableMs,
  attempt: positive,
  excludedWorkers: fc.array(printableText, { maxLength: 4 }),
  dispatchedAtMs: writableMs,
  startByMs: writableMs,
  spilled: fc.boolean(),
});

export const anyDone: fc.Arbitrary<Done> = fc.oneof(
  fc.record({
    kind: fc.constant('result' as const),
    assignment,
    worker: printableText,
    durationMs: spanMs,
    computeMs: spanMs,
  }),
  fc.record({
    kind: fc.constant('failure' as const),
    assignment,
    worker: printableText,
    reason: fc.constantFrom(...failureReasons),
    message: wellFormedText,
    retriable: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('released' as const),
    assignment,
    worker: printableText,
    message: wellFormedText,
  }),
);

export const anyHeartbeat: fc.Arbitrary<Heartbeat> = fc.record({
  worker: printableText,
  sequence: count,
  kind,
  pool: printableText,
  node: fc.option(printableText),
  state: fc.constantFrom(...workerStates),
  emulated: fc.boolean(),
  slots: count,
  models: fc.array(
    fc.record({
      name: printableText,
      version: printableText,
      variant: printableText,
      executionProvider: printableText,
    }),
    { maxLength: 3 },
  ),
  partitions: fc.array(fc.record({ priority, partition: count }), { maxLength: 6 }),
  inHand: fc.array(assignment, { maxLength: 5 }),
  speeds: fc.array(fc.record({ model: printableText, speed: spanMs }), { maxLength: 3 }),
  startedAtMs: writableMs,
  readyAtMs: fc.option(writableMs),
});

const detection = fc.record({
  class: wellFormedText,
  score: fraction,
  box: fc.tuple(spanMs, spanMs, spanMs, spanMs),
});

export const anyResultBody: fc.Arbitrary<ResultBody> = fc.record({
  model: printableText,
  modelVersion: printableText,
  variant: printableText,
  device: kind,
  executionProvider: printableText,
  emulated: fc.boolean(),
  width: positive,
  height: positive,
  durationMs: spanMs,
  framesPerSecond: spanMs,
  frameStride: fc.double({ min: 1, max: 1e6, noNaN: true }),
  firstPresentationMs: spanMs,
  frames: fc.array(
    fc.record({ presentationMs: spanMs, detections: fc.array(detection, { maxLength: 3 }) }),
    { maxLength: 3 },
  ),
  queuedMs: spanMs,
  laneMs: spanMs,
  decodeMs: spanMs,
  inferMs: spanMs,
  computeMs: spanMs,
  spilled: fc.boolean(),
  attempt: positive,
  worker: printableText,
  pool: printableText,
});

const identity = fc.record({ source: printableText, id: printableText, coordinates, digest });

export const anyDeadLetter: fc.Arbitrary<DeadLetter> = fc.record({
  identity,
  reason: fc.constantFrom(...deadLetterReasons),
  message: wellFormedText,
  attempts: fc.integer({ min: 0, max: 100 }),
  worker: fc.option(printableText),
  accepted: fc.option(fc.record({ coordinates, digest })),
});

export const anyExpired: fc.Arbitrary<Expired> = fc.record({
  identity: fc.record({ source: printableText, id: printableText }),
  coordinates,
  lastOffset: count,
  deadlineAtMs: fc.option(writableMs),
  waitedIn: fc.constantFrom('intake' as const, 'lane' as const),
  message: wellFormedText,
});
