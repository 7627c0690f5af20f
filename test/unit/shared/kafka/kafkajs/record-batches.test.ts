import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeRecordBatches } from '../../../../../services/shared/kafka/kafkajs/record-batches.ts';
import {
  baseTimestampMs,
  batchBytes,
  markerBytes,
  recordsBytes,
} from '../../../../support/record-batch-bytes.ts';

const text = (value: string): Buffer => Buffer.from(value);

describe('record batches', () => {
  it('give back keys, values, headers and times as they were written', async () => {
    const headers = [
      ['name', text('first')],
      ['other', text('')],
      ['name', text('second')],
    ] as const;
    const bytes = batchBytes({
      firstOffset: 40,
      records: [
        { delta: 0, key: text('k'), value: text('v'), headers, timestampDelta: 5 },
        { delta: 3, key: null, value: null, timestampDelta: -7 },
      ],
    });
    const [batch] = await decodeRecordBatches(bytes);
    expect(batch?.records).toEqual([
      { offset: 40, key: text('k'), value: text('v'), headers, timestampMs: baseTimestampMs + 5 },
      { offset: 43, key: null, value: null, headers: [], timestampMs: baseTimestampMs - 7 },
    ]);
    expect([batch?.nextOffset, batch?.control]).toEqual([44, null]);
  });

  it('keep headers that are named like properties of every object', async () => {
    const names = ['__proto__', 'constructor', 'toString', '7'];
    const headers = names.map((name) => [name, text(`value of ${name}`)] as const);
    const bytes = batchBytes({ firstOffset: 0, records: [{ delta: 0, headers }] });
    expect((await decodeRecordBatches(bytes))[0]?.records[0]?.headers).toEqual(headers);
  });

  it('tell where they end though compaction has removed every record', async () => {
    const bytes = batchBytes({ firstOffset: 10, lastDelta: 4, records: [] });
    const [batch] = await decodeRecordBatches(bytes);
    expect([batch?.records, batch?.nextOffset]).toEqual([[], 15]);
  });

  it('take the broker’s time where the topic has it', async () => {
    const bytes = batchBytes({
      firstOffset: 0,
      attributes: 0x08,
      maxTimestampMs: baseTimestampMs + 99,
      records: [{ delta: 0, timestampDelta: 3 }],
    });
    const [batch] = await decodeRecordBatches(bytes);
    expect(batch?.records[0]?.timestampMs).toBe(baseTimestampMs + 99);
  });

  it('leave out a batch that the end of the answer cuts', async () => {
    const whole = batchBytes({ firstOffset: 0, records: [{ delta: 0, value: text('whole') }] });
    const cut = batchBytes({ firstOffset: 1, records: [{ delta: 0, value: text('cut') }] });
    for (const length of [1, 20, 61, cut.length - 1]) {
      const bytes = Buffer.concat([whole, cut.subarray(0, length)]);
      expect((await decodeRecordBatches(bytes)).length).toBe(1);
    }
  });

  it('recognise markers by their type, and data with a marker’s key as data', async () => {
    const zeros = { delta: 0, key: Buffer.alloc(4) };
    const bytes = Buffer.concat([
      batchBytes({ firstOffset: 0, attributes: 0x10, producerId: 7, records: [zeros] }),
      markerBytes('abort', { firstOffset: 1, producerId: 7 }),
      markerBytes('commit', { firstOffset: 2, producerId: 7 }),
    ]);
    const batches = await decodeRecordBatches(bytes);
    expect(batches.map(({ control }) => control)).toEqual([null, 'abort', 'commit']);
    expect(batches.map(({ records }) => records.length)).toEqual([1, 0, 0]);
  });

  it('unpack gzip, and name the remedy for a codec that cannot be unpacked', async () => {
    const records = [{ delta: 0, value: text('packed') }];
    const packed = gzipSync(recordsBytes(records));
    const gzip = batchBytes({ firstOffset: 0, attributes: 1, records, packed });
    expect((await decodeRecordBatches(gzip))[0]?.records[0]?.value).toEqual(text('packed'));
    const zstd = batchBytes({ firstOffset: 12, attributes: 4, records });
    await expect(decodeRecordBatches(zstd)).rejects.toThrow(
      'offset 12 is compressed with zstd, which this program cannot unpack: ' +
        'set compression.type=uncompressed',
    );
  });

  it('do not keep the whole answer in memory for the sake of one value', async () => {
    const value = Buffer.alloc(10_000, 1);
    const bytes = batchBytes({ firstOffset: 0, records: [{ delta: 0, value }] });
    const [batch] = await decodeRecordBatches(bytes);
    expect(batch?.records[0]?.value?.buffer).not.toBe(bytes.buffer);
  });
});
