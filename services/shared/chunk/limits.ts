/**
 * How large a record may be. One number is a person's decision, the inline limit; the sizes of
 * topics, fetches and producer requests follow from it, so that they can never contradict.
 */
export interface SizeLimits {
  /** Largest video that travels inside a record; above it a claim check is needed. */
  readonly inlineBytesMax: number;
  /** Largest sum of header names and values that a producer may send. */
  readonly headerBytesMax: number;
  /** `max.message.bytes` of intake: the largest chunk that we can still refuse with a reason. */
  readonly intakeRecordBytesMax: number;
  /** `max.message.bytes` of lanes, done and dead letters: intake's and our own headers. */
  readonly innerRecordBytesMax: number;
  /** `max.message.bytes` of results: the body of a done record and the dispatcher's own fields. */
  readonly resultRecordBytesMax: number;
  /** Bytes asked from one partition in one fetch; a single larger record still comes whole. */
  readonly fetchPartitionBytes: number;
  /** Bytes asked in one fetch over all partitions. */
  readonly fetchBytes: number;
}

const kibibyte = 1024;
export const mebibyte = 1024 * kibibyte;

export const inlineBytesDefault = 8 * mebibyte;

/** Room for what Kafka's record batch adds around one record, measured under 200 bytes. */
const batchOverheadBytes = 4 * kibibyte;

/** Room for headers that we add to a record that passes through. */
const ownHeaderBytes = 64 * kibibyte;

/**
 * Slack above the inline limit, within which a too large chunk is still let in, so that it ends as
 * a dead letter with advice rather than only as an error at its producer.
 */
const refusalSlackBytes = 64 * kibibyte;

export function sizeLimits(inlineBytesMax: number): SizeLimits {
  const headerBytesMax = 32 * kibibyte;
  const intakeRecordBytesMax =
    inlineBytesMax + headerBytesMax + refusalSlackBytes + batchOverheadBytes;
  const innerRecordBytesMax = intakeRecordBytesMax + ownHeaderBytes;
  return {
    inlineBytesMax,
    headerBytesMax,
    intakeRecordBytesMax,
    innerRecordBytesMax,
    resultRecordBytesMax: innerRecordBytesMax + ownHeaderBytes,
    fetchPartitionBytes: Math.max(mebibyte, Math.ceil(innerRecordBytesMax / 2)),
    fetchBytes: Math.max(4 * mebibyte, 2 * innerRecordBytesMax),
  };
}
