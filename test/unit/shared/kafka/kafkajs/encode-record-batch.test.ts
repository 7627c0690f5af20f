import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../../services/shared/kafka/kafkajs/crc32c.ts';
import { encodeRecordBatch } from '../../../../../services/shared/kafka/kafkajs/encode-record-batch.ts';
import { decodeRecordBatches } from '../../../../../services/shared/kafka/kafkajs/record-batches.ts';
import type { OutgoingRecord } from '../../../../../services/shared/kafka/ports.ts';
import { baseTimestampMs, batchBytes } from '../../../../support/record-batch-bytes.ts';

const session = { producerId: 4_000_000_001n, producerEpoch: 3, firstSequence: 17 };
const runs = { seed: 20_261_122, numRuns: 60 };

const encode = (records: readonly OutgoingRecord[], isTransactional = false): readonly Buffer[] =>
  encodeRecordBatch({ ...session, records, isTransactional, createdAtMs: baseTimestampMs });

const bytes = fc.uint8Array({ maxLength: 150 }).map((array) => Buffer.from(array));
const field = fc.option(bytes, { nil: null });
const record: fc.Arbitrary<OutgoingRecord> = fc.record({
  topic: fc.constant('topic'),
  key: field,
  value: fc.oneof(
    { weight: 5, arbitrary: field },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 16_000, max: 70_000 }).map((n) => Buffer.alloc(n, n)),
    },
  ),
  headers: fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 40 }), bytes), {
    maxLength: 12,
  }),
});

/** Texts instead of buffers, which a comparison would take byte by byte. */
const legible = ({
  offset,
  key,
  value,
  headers,
}: Omit<OutgoingRecord, 'topic'> & { offset: number }) => ({
  offset,
  key: key?.toString('latin1'),
  value: value?.toString('latin1'),
  headers: headers.map(([name, text]) => [
    Buffer.from(name).toString('utf8'),
    text.toString('latin1'),
  ]),
});

describe('an encoded record batch', () => {
  it('is read back as it was given, headers of one name in their places', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 12 }), async (records) => {
        const [batch] = await decodeRecordBatches(Buffer.concat(encode(records)));
        const written = records.map((each, offset) => ({ ...each, offset }));
        expect(batch?.records.map(legible)).toEqual(written.map(legible));
      }),
      runs,
    );
  });

  it('is what an independent writer makes of it, but for session and checksum', () => {
    const records = [0, 1, 70].map((delta) => ({
      topic: 'topic',
      key: Buffer.from(`key ${delta}`),
      value: delta === 1 ? null : Buffer.alloc(delta * 1000, delta),
      headers: [['näme', Buffer.from('text')]] as const,
    }));
    const expected = batchBytes({
      firstOffset: 0,
      records: records.map(({ key, value, headers }, delta) => ({ delta, key, value, headers })),
    });
    const encoded = Buffer.concat(encode(records));
    const withoutSession = Buffer.from(encoded);
    expected.copy(withoutSession, 43, 43, 57);
    expected.copy(withoutSession, 17, 17, 21);
    expect(withoutSession.equals(expected)).toBe(true);
  });

  it('numbers its records, also where numbers take two bytes', async () => {
    const value = Buffer.from('value');
    const records = Array.from({ length: 200 }, () => ({
      topic: 'topic',
      key: null,
      value,
      headers: [],
    }));
    const [batch] = await decodeRecordBatches(Buffer.concat(encode(records)));
    expect(batch?.records.map(({ offset }) => offset)).toEqual(records.map((_, index) => index));
    expect(batch?.nextOffset).toBe(200);
    expect(batch?.records[199]?.timestampMs).toBe(baseTimestampMs);
  });

  it('names its producer, and a checksum over all that follows it', () => {
    const value = Buffer.alloc(50_000, 5);
    const encoded = Buffer.concat(
      encode([{ topic: 'topic', key: null, value, headers: [] }], true),
    );
    expect(encoded.readUInt32BE(17)).toBe(crc32c(encoded.subarray(21)));
    expect(encoded.readInt16BE(21)).toBe(0x10);
    expect(encoded.readBigInt64BE(43)).toBe(session.producerId);
    expect(encoded.readInt16BE(51)).toBe(session.producerEpoch);
    expect(encoded.readInt32BE(53)).toBe(session.firstSequence);
  });

  it('does not copy a large value', () => {
    const value = Buffer.alloc(100_000, 9);
    const pieces = encode([{ topic: 'topic', key: null, value, headers: [] }]);
    expect(pieces.some((piece) => piece === value)).toBe(true);
  });
});
