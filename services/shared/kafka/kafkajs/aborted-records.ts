import type { DecodedRecord, RecordBatch } from './record-batches.ts';

/** A transaction that did not come about, as a fetch answer lists it. */
export interface AbortedTransaction {
  readonly producerId: number;
  /** Offset of its first record in this partition. */
  readonly firstOffset: number;
}

/**
 * The records of batches that were read `read_committed`, without those of aborted transactions.
 * One producer may have several aborted transactions in one answer: each lasts from its first offset
 * to its abort marker. kafkajs's own filter takes any record whose key is four zero bytes for a
 * marker, and begins one transaction per record at most.
 */
export function committedRecords(
  batches: readonly RecordBatch[],
  abortedTransactions: readonly AbortedTransaction[],
): readonly DecodedRecord[] {
  const upcoming = abortedTransactions.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<number>();
  const records: DecodedRecord[] = [];
  for (const batch of batches) {
    for (let next = upcoming[0]; next !== undefined; next = upcoming[0]) {
      if (next.firstOffset >= batch.nextOffset) break;
      abortedProducers.add(next.producerId);
      upcoming.shift();
    }
    if (batch.control !== null) {
      if (batch.control === 'abort') abortedProducers.delete(batch.producerId);
    } else if (!batch.isTransactional || !abortedProducers.has(batch.producerId)) {
      for (const record of batch.records) records.push(record);
    }
  }
  return records;
}
