/** Builds record batches (format 2) for tests of their decoder; checksums are left 0. */
export interface BatchToWrite {
  readonly firstOffset: number;
  /** Offset deltas of the records; the batch covers up to `lastDelta`. */
  readonly records: readonly RecordToWrite[];
  readonly lastDelta?: number;
  readonly attributes?: number;
  readonly producerId?: number;
  readonly maxTimestampMs?: number;
  /** What stands behind the header instead of the plain records. */
  readonly packed?: Buffer;
}

export interface RecordToWrite {
  readonly delta: number;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
  readonly timestampDelta?: number;
}

export const baseTimestampMs = 1_760_000_000_000;

export function batchBytes(batch: BatchToWrite): Buffer {
  const body = batch.packed ?? recordsBytes(batch.records);
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(batch.firstOffset), 0);
  header.writeInt32BE(49 + body.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(batch.attributes ?? 0, 21);
  header.writeInt32BE(batch.lastDelta ?? batch.records.at(-1)?.delta ?? 0, 23);
  header.writeBigInt64BE(BigInt(baseTimestampMs), 27);
  header.writeBigInt64BE(BigInt(batch.maxTimestampMs ?? baseTimestampMs), 35);
  header.writeBigInt64BE(BigInt(batch.producerId ?? -1), 43);
  header.writeInt32BE(batch.records.length, 57);
  return Buffer.concat([header, body]);
}

/** A transaction's marker of `producerId`. */
export const markerBytes = (
  end: 'commit' | 'abort',
  { firstOffset, producerId }: { readonly firstOffset: number; readonly producerId: number },
): Buffer => {
  const key = Buffer.from([0, 0, 0, end === 'commit' ? 1 : 0]);
  const records = [{ delta: 0, key, value: Buffer.alloc(6) }];
  return batchBytes({ firstOffset, producerId, attributes: 0x30, records });
};

export const recordsBytes = (records: readonly RecordToWrite[]): Buffer =>
  Buffer.concat(records.map(recordBytes));

function recordBytes(record: RecordToWrite): Buffer {
  const { delta, key = null, value = null, headers = [], timestampDelta = 0 } = record;
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(delta),
    nullable(key),
    nullable(value),
    varint(headers.length),
    ...headers.flatMap(([name, text]) => [nullable(Buffer.from(name)), nullable(text)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

const nullable = (bytes: Buffer | null): Buffer =>
  bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);

function varint(value: number): Buffer {
  let rest = BigInt(value) < 0n ? -2n * BigInt(value) - 1n : 2n * BigInt(value);
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}
