import type { ReadBatch, ReceivedRecord, TopicPartition } from '../ports.ts';
import { committedRecords } from './aborted-records.ts';
import type { FetchedPartition } from './fetch-request.ts';
import { decodeRecordBatches } from './record-batches.ts';

/**
 * What one answer means to a reader that stood at `fromOffset`.
 *
 * @throws KafkaPortError or RangeError when the batches cannot be read.
 */
export async function readBatch(
  { topic, partition, fromOffset }: TopicPartition & { readonly fromOffset: number },
  answer: FetchedPartition,
  askedAtMs: number,
): Promise<ReadBatch> {
  const batches = await decodeRecordBatches(answer.bytes);
  const nextOffset = Math.max(fromOffset, batches.at(-1)?.nextOffset ?? fromOffset);
  const records: ReceivedRecord[] = [];
  for (const record of committedRecords(batches, answer.abortedTransactions)) {
    // The first batch may begin before the position that was asked for.
    if (record.offset >= fromOffset) records.push({ topic, partition, ...record });
  }
  const caughtUp = nextOffset >= answer.lastStableOffset;
  return { topic, partition, records, fromOffset, nextOffset, caughtUp, askedAtMs };
}
