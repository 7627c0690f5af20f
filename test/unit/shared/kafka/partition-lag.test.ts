import { describe, expect, it } from 'vitest';
import { encodeProgress } from '../../../../services/shared/chunk/progress.ts';
import { partitionLag } from '../../../../services/shared/kafka/partition-lag.ts';

const partition = { topic: 'intake', partition: 0 };

const metadataOf = (base: number, ...settled: readonly number[]): string =>
  encodeProgress({ base, settledAbove: new Set(settled), failedAttempts: new Map() }).metadata;

describe('the lag of a partition', () => {
  it('is all that is there when nothing was ever committed', () => {
    const lag = partitionLag({ ...partition, logStart: 4, logEnd: 10, committed: null });
    expect(lag).toMatchObject({ committed: null, lag: 6, lost: 0, settledAbove: 0 });
  });

  it('leaves out what is settled above the committed offset', () => {
    const committed = { offset: 2, metadata: metadataOf(2, 4, 5, 9) };
    const lag = partitionLag({ ...partition, logStart: 0, logEnd: 10, committed });
    expect(lag).toMatchObject({ committed: 2, lag: 5, lost: 0, settledAbove: 3 });
  });

  it('is 0 at the end, never less, even if the committed offset is ahead of the end', () => {
    const at = (offset: number) =>
      partitionLag({ ...partition, logStart: 0, logEnd: 10, committed: { offset, metadata: '' } });
    expect(at(10)).toMatchObject({ lag: 0, lost: 0 });
    expect(at(12)).toMatchObject({ lag: 0, lost: 0 });
  });

  it('counts what retention deleted unsettled as lost, not as lag', () => {
    const committed = { offset: 2, metadata: metadataOf(2, 4, 7) };
    const lag = partitionLag({ ...partition, logStart: 6, logEnd: 10, committed });
    expect(lag).toMatchObject({ lost: 3, lag: 3, settledAbove: 2 });
  });

  it('is too high rather than too low for metadata that it cannot read', () => {
    const committed = { offset: 2, metadata: 'from another program' };
    const lag = partitionLag({ ...partition, logStart: 0, logEnd: 10, committed });
    expect(lag).toMatchObject({ lag: 8, settledAbove: 0 });
  });

  it('of an empty log that lost all it held is 0', () => {
    const committed = { offset: 2, metadata: metadataOf(2, 4) };
    const lag = partitionLag({ ...partition, logStart: 10, logEnd: 10, committed });
    expect(lag).toMatchObject({ lag: 0, lost: 7, settledAbove: 1 });
  });
});
