/** Why a chunk could not be computed, as a worker or its executor says it. */
export const failureReasons = [
  'unknown-model',
  'digest-mismatch',
  'dataref-refused',
  'dataref-unavailable',
  'unsupported-container',
  'unsupported-codec',
  'corrupt',
  'no-video',
  'no-frames',
  'too-many-pixels',
  'too-long',
  'executor-crashed',
  'executor-timed-out',
  'out-of-memory',
  'executor-failed',
  'provider-failed',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** Why the dispatcher ends a chunk itself, before or without a worker's verdict. */
export const refusalReasons = [
  'empty',
  'too-large',
  'headers-too-large',
  'bad-header',
  'duplicate',
  'conflict',
  'worker-lost',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** Every reason code that a dead letter may carry: a closed set, safe as a metric label. */
export type DeadLetterReason = FailureReason | RefusalReason;
export const deadLetterReasons: readonly DeadLetterReason[] = [
  ...refusalReasons,
  ...failureReasons,
];
