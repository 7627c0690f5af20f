import { describe, expect, it } from 'vitest';
import {
  encodePartitionProgress,
  finish,
  isFinished,
  isWithinSpan,
  readTo,
  startProgress,
} from '../../../../services/dispatcher/settling/partition-progress.ts';
import { decodeProgress, progressSpanMax } from '../../../../services/shared/chunk/progress.ts';

const partition = { topic: 'intake', partition: 0 };
const fresh = startProgress(partition, {
  base: 10,
  settledAbove: new Set([12]),
  failedAttempts: new Map([
    [10, ['old.1']],
    [13, ['old.2']],
  ]),
});
const records = (...offsets: readonly number[]): ReadonlySet<number> => new Set(offsets);

describe('progress within a partition', () => {
  it('begins with what was committed', () => {
    expect(fresh.position).toBe(10);
    expect(isFinished(fresh, 9)).toBe(true);
    expect(isFinished(fresh, 10)).toBe(false);
    expect(isFinished(fresh, 12)).toBe(true);
  });

  it('never passes an unsettled chunk', () => {
    const read = readTo(fresh, { nextOffset: 14, recordOffsets: records(10, 11, 13) });
    const settled = finish(read, [11, 13]);
    expect(settled.base).toBe(10);
    expect([10, 11, 12, 13].map((offset) => isFinished(settled, offset))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(finish(settled, [10]).base).toBe(14);
  });

  it('passes markers and aborted records, the last ones as well', () => {
    const read = readTo(fresh, { nextOffset: 20, recordOffsets: records(10) });
    expect(finish(read, [10]).base).toBe(20);
  });

  it('never passes what was not read yet', () => {
    expect(finish(fresh, [10]).base).toBe(10);
  });

  it('keeps the failed tries of a chunk until it is read', () => {
    const read = readTo(fresh, { nextOffset: 11, recordOffsets: records(10) });
    const { metadata } = encodePartitionProgress(read, new Map());
    expect(decodeProgress(10, metadata)?.failedAttempts).toEqual(new Map([[13, ['old.2']]]));
  });

  it('ignores an answer that lies behind its position', () => {
    const read = readTo(fresh, { nextOffset: 14, recordOffsets: records(10, 11, 13) });
    expect(readTo(read, { nextOffset: 12, recordOffsets: records() })).toEqual(read);
  });

  it('stays within the metadata of an offset, however many markers one fetch brings', () => {
    const read = readTo(fresh, { nextOffset: 100_000, recordOffsets: records(10, 99_999) });
    expect(isWithinSpan(read, 10 + progressSpanMax)).toBe(true);
    expect(isWithinSpan(read, 11 + progressSpanMax)).toBe(false);
    const { metadata } = encodePartitionProgress(read, new Map());
    expect(metadata.length).toBeLessThan(2000);
    expect(decodeProgress(10, metadata)?.settledAbove.size).toBe(progressSpanMax);
  });
});
