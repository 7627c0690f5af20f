import filterAbortedMessages from 'kafkajs/src/consumer/filterAbortedMessages.js';
import { describe, expect, it } from 'vitest';
import { committedRecords } from '../../../../../services/shared/kafka/kafkajs/aborted-records.ts';
import type { AbortedTransaction } from '../../../../../services/shared/kafka/kafkajs/aborted-records.ts';
import { decodeRecordBatches } from '../../../../../services/shared/kafka/kafkajs/record-batches.ts';
import { batchBytes, markerBytes } from '../../../../support/record-batch-bytes.ts';

interface Step {
  readonly producerId: number;
  readonly key?: Buffer;
  /** A record in a transaction unless it is a marker. */
  readonly marker?: 'commit' | 'abort';
}

interface Log {
  readonly steps: readonly Step[];
  readonly aborted: readonly AbortedTransaction[];
}

const transactional = 0x10;

/** Offsets that our filter lets through; each step takes one offset. */
async function ours({ steps, aborted }: Log): Promise<readonly number[]> {
  const bytes = steps.map(({ producerId, key, marker }, firstOffset) =>
    marker === undefined
      ? batchBytes({
          firstOffset,
          producerId,
          attributes: transactional,
          records: [{ delta: 0, key: key ?? null }],
        })
      : markerBytes(marker, { firstOffset, producerId }),
  );
  const batches = await decodeRecordBatches(Buffer.concat(bytes));
  return committedRecords(batches, aborted).map(({ offset }) => offset);
}

/** What kafkajs's filter lets through of the same log, markers aside. */
function theirs({ steps, aborted }: Log): readonly number[] {
  const messages = steps.map(({ producerId, key, marker }, offset) => ({
    offset: String(offset),
    key: marker === 'abort' ? Buffer.alloc(4) : (key ?? null),
    batchContext: { producerId: String(producerId), inTransaction: true },
  }));
  const abortedTransactions = aborted.map(({ producerId, firstOffset }) => ({
    producerId: String(producerId),
    firstOffset: String(firstOffset),
  }));
  return filterAbortedMessages({ messages, abortedTransactions })
    .map(({ offset }) => Number(offset))
    .filter((offset) => steps[offset]?.marker === undefined);
}

const zeros = Buffer.alloc(4);

const keyLikeAMarker: Log = {
  steps: [{ producerId: 1, key: zeros }, { producerId: 1 }, { producerId: 1, marker: 'abort' }],
  aborted: [{ producerId: 1, firstOffset: 0 }],
};

const twoThatBeginBeforeOneRecord: Log = {
  steps: [{ producerId: 2 }, { producerId: 1 }, { producerId: 2, marker: 'abort' }],
  // The first one began below the position from which was read.
  aborted: [
    { producerId: 1, firstOffset: -5 },
    { producerId: 2, firstOffset: -3 },
  ],
};

describe('records of aborted transactions', () => {
  it('are left out although a key looks like an abort marker', async () => {
    expect(await ours(keyLikeAMarker)).toEqual([]);
  });

  it('are left out though two transactions began before the first record', async () => {
    expect(await ours(twoThatBeginBeforeOneRecord)).toEqual([]);
  });

  it('would slip through the filter of kafkajs in both cases', () => {
    expect(theirs(keyLikeAMarker)).not.toEqual([]);
    expect(theirs(twoThatBeginBeforeOneRecord)).not.toEqual([]);
  });

  it('are told from committed ones of the same producer, before and after', async () => {
    const log: Log = {
      steps: [
        { producerId: 1 },
        { producerId: 1, marker: 'commit' },
        { producerId: 1 },
        { producerId: 1, marker: 'abort' },
        { producerId: 1, key: zeros },
        { producerId: 1, marker: 'commit' },
        { producerId: 1 },
        { producerId: 1, marker: 'abort' },
      ],
      aborted: [
        { producerId: 1, firstOffset: 6 },
        { producerId: 1, firstOffset: 2 },
      ],
    };
    expect(await ours(log)).toEqual([0, 4]);
  });
});
