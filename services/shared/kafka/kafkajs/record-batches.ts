import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { KafkaPortError } from '../ports.ts';
import type { RecordHeaders } from '../ports.ts';
import { ByteReader } from './byte-reader.ts';

/**
 * Kafka's record batches, format 2. kafkajs's own decoder is not used because it hides where a
 * batch without records ends (a compacted topic keeps such batches, and a reader would stand before
 * one for ever), merges headers of one name, trips over headers named like properties of every
 * object, and shares the memory of the whole answer with each value.
 */
export interface RecordBatch {
  readonly firstOffset: number;
  /** Offset after the last one that the batch covers, whether a record is there or not. */
  readonly nextOffset: number;
  readonly producerId: number;
  readonly isTransactional: boolean;
  /** Set for a control batch, which holds a transaction's marker and no data. */
  readonly control: 'commit' | 'abort' | 'other' | null;
  /** Empty for a control batch. */
  readonly records: readonly DecodedRecord[];
}

export interface DecodedRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  readonly timestampMs: number;
}

const lengthEnd = 12;
const headerEnd = 61;
const magicAt = 16;
const knownMagic = 2;

const compressionMask = 0x07;
const logAppendTimeFlag = 0x08;
const transactionalFlag = 0x10;
const controlFlag = 0x20;

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** Records unpack to at most this; a batch that wants more was made to exhaust us. */
const unpackedBytesMax = 256 * 1024 * 1024;

/**
 * All complete batches of `bytes`; a fetch may end in the middle of one, which is left out.
 *
 * @throws KafkaPortError `unexpected` for an old format or a codec that we cannot unpack.
 */
export async function decodeRecordBatches(bytes: Buffer): Promise<readonly RecordBatch[]> {
  const batches: RecordBatch[] = [];
  let position = 0;
  while (bytes.length - position >= headerEnd) {
    const end = position + lengthEnd + bytes.readInt32BE(position + 8);
    if (end > bytes.length) break;
    batches.push(await decodeBatch(bytes.subarray(position, end)));
    position = end;
  }
  return batches;
}

async function decodeBatch(bytes: Buffer): Promise<RecordBatch> {
  const firstOffset = Number(bytes.readBigInt64BE(0));
  const magic = bytes.readInt8(magicAt);
  if (magic !== knownMagic) {
    throw new KafkaPortError(
      'unexpected',
      `the record batch at offset ${firstOffset} has message format ${magic}: ` +
        `only format ${knownMagic} (Kafka 0.11 and later) can be read`,
    );
  }
  const attributes = bytes.readInt16BE(21);
  const isControl = (attributes & controlFlag) !== 0;
  const packed = bytes.subarray(headerEnd);
  const reader = new ByteReader(await unpacked(packed, attributes & compressionMask, firstOffset));
  const frame: BatchFrame = {
    firstOffset,
    firstTimestampMs: Number(bytes.readBigInt64BE(27)),
    appendedAtMs: (attributes & logAppendTimeFlag) === 0 ? null : Number(bytes.readBigInt64BE(35)),
  };
  const count = bytes.readInt32BE(57);
  const records: DecodedRecord[] = [];
  for (let index = 0; index < count; index += 1) records.push(decodeRecord(reader, frame));
  return {
    firstOffset,
    nextOffset: firstOffset + bytes.readInt32BE(23) + 1,
    producerId: Number(bytes.readBigInt64BE(43)),
    isTransactional: (attributes & transactionalFlag) !== 0,
    control: isControl ? controlOf(records[0]?.key ?? null) : null,
    records: isControl ? [] : records,
  };
}

interface BatchFrame {
  readonly firstOffset: number;
  readonly firstTimestampMs: number;
  readonly appendedAtMs: number | null;
}

function decodeRecord(reader: ByteReader, frame: BatchFrame): DecodedRecord {
  const length = reader.varint();
  const end = reader.position + length;
  // One byte of attributes that Kafka does not use yet.
  reader.skip(1);
  const timestampDeltaMs = reader.varint();
  const offset = frame.firstOffset + reader.varint();
  const key = reader.varintBytes();
  const value = reader.varintBytes();
  const headers: [string, Buffer][] = [];
  const headerCount = reader.varint();
  for (let index = 0; index < headerCount; index += 1) {
    const name = reader.varintText();
    headers.push([name, reader.varintBytes() ?? Buffer.alloc(0)]);
  }
  // The record's own length rules, in case a later Kafka adds fields behind the headers.
  reader.skip(end - reader.position);
  const timestampMs = frame.appendedAtMs ?? frame.firstTimestampMs + timestampDeltaMs;
  return { offset, key, value, headers, timestampMs };
}

/** A marker's key is its version and its type, two bytes each. */
function controlOf(key: Buffer | null): 'commit' | 'abort' | 'other' {
  if (key === null || key.length < 4) return 'other';
  const type = key.readInt16BE(2);
  if (type === 0) return 'abort';
  return type === 1 ? 'commit' : 'other';
}

async function unpacked(bytes: Buffer, codec: number, offset: number): Promise<Buffer> {
  if (codec === 0) return bytes;
  const name = codecs[codec] ?? `number ${codec}`;
  if (name !== 'gzip') {
    throw new KafkaPortError(
      'unexpected',
      `the record batch at offset ${offset} is compressed with ${name}, which this program cannot ` +
        'unpack: set compression.type=uncompressed on the topic, so that the broker does',
    );
  }
  return promisify(gunzip)(bytes, { maxOutputLength: unpackedBytesMax });
}
