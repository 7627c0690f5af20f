import { describe, expect, it } from 'vitest';
import { AheadBuffer } from '../../../../../services/shared/kafka/kafkajs/ahead-buffer.ts';
import { cutByBytes } from '../../../../../services/shared/kafka/kafkajs/batching.ts';
import { priorities } from '../../../../../services/shared/chunk/words.ts';
import type { Priority } from '../../../../../services/shared/chunk/words.ts';
import type { ReadBatch } from '../../../../../services/shared/kafka/ports.ts';

const lanes = priorities.map((priority) => ({ priority, topic: priority }));

function batch(topic: Priority, offsets: readonly number[], nextOffset: number): ReadBatch {
  const records = offsets.map((offset) => ({
    topic,
    partition: 0,
    offset,
    key: null,
    value: Buffer.from(`${topic}-${offset}`),
    headers: [],
    timestampMs: 1000 + offset,
  }));
  const fromOffset = offsets[0] ?? nextOffset;
  return { topic, partition: 0, records, fromOffset, nextOffset, caughtUp: true, askedAtMs: 0 };
}

function drained(buffer: AheadBuffer): readonly (readonly [string, number])[] {
  const taken: [string, number][] = [];
  for (let first = buffer.first(); first !== null; first = buffer.first()) {
    taken.push([`${first.record.topic}-${first.record.offset}`, first.behind]);
    buffer.remove(first);
  }
  return taken;
}

describe('what a worker fetched ahead', () => {
  it('is taken by append time, less urgent lanes as if it were later', () => {
    const buffer = new AheadBuffer(lanes);
    // Append times are 1000 and the offset: handicaps are 0, 500 and 1000 ms.
    buffer.add(batch('bulk', [0, 1000], 1001));
    buffer.add(batch('standard', [500, 1500], 1501));
    buffer.add(batch('live', [999, 1000, 1001], 1002));
    expect(drained(buffer).map(([name]) => name)).toEqual([
      'live-999',
      'live-1000',
      'standard-500',
      'bulk-0',
      'live-1001',
      'standard-1500',
      'bulk-1000',
    ]);
  });

  it('is taken with commits that pass what holds no work', () => {
    const buffer = new AheadBuffer(lanes);
    buffer.add(batch('bulk', [3], 4));
    // 6 is a marker, 8 and 9 were aborted.
    buffer.add(batch('live', [5, 7], 10));
    expect(drained(buffer)).toEqual([
      ['live-5', 7],
      ['live-7', 10],
      ['bulk-3', 4],
    ]);
    expect(buffer.bytes).toBe(0);
  });

  it('is gone when it was cleared, also for one whose commit was under way', () => {
    const buffer = new AheadBuffer(lanes);
    buffer.add(batch('live', [1], 2));
    const first = buffer.first();
    buffer.clear();
    buffer.add(batch('live', [2], 3));
    const { bytes } = buffer;
    if (first !== null) buffer.remove(first);
    expect(buffer.bytes).toBe(bytes);
    expect(drained(buffer)).toEqual([['live-2', 3]]);
  });

  it('says that nothing came when a batch holds no record', () => {
    expect(new AheadBuffer(lanes).add(batch('live', [], 9))).toBe(false);
  });
});

describe('batches', () => {
  it('keep the order, stay below the limit, and let what is larger travel alone', () => {
    const runs = cutByBytes([3, 3, 3, 20, 1, 9, 1], (size) => size, 10);
    expect(runs).toEqual([[3, 3, 3], [20], [1, 9], [1]]);
    expect(cutByBytes([], () => 1, 10)).toEqual([]);
  });
});
