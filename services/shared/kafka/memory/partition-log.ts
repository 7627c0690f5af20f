import type { OutgoingRecord, ReceivedRecord } from '../ports.ts';

/** Shared by all records of one transaction, so that its end is one assignment. */
export interface Transaction {
  state: 'open' | 'committed' | 'aborted';
}

interface Entry {
  readonly offset: number;
  /** `null` is a marker: the end of a transaction, which takes an offset and is never delivered. */
  readonly record: ReceivedRecord | null;
  readonly transaction: Transaction | null;
  readonly bytes: number;
}

export interface LogRead {
  readonly records: readonly ReceivedRecord[];
  readonly nextOffset: number;
  readonly caughtUp: boolean;
}

/** About what a record batch adds to one record, and the lengths before each header's parts. */
const recordOverheadBytes = 80;
const headerOverheadBytes = 4;

/** The size that a broker would compare with `max.message.bytes`, within a few bytes. */
export function recordBytes({ key, value, headers }: OutgoingRecord): number {
  let bytes = recordOverheadBytes + (key?.byteLength ?? 0) + (value?.byteLength ?? 0);
  for (const [name, content] of headers) {
    bytes += Buffer.byteLength(name) + content.byteLength + headerOverheadBytes;
  }
  return bytes;
}

/** One partition: an append-only log that may lose its head to retention. */
export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  #entries: Entry[] = [];
  #start = 0;
  /** First offset of each open transaction. */
  readonly #open = new Map<Transaction, number>();

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#start + this.#entries.length;
  }

  /** The last stable offset: nothing behind an open transaction may be read yet. */
  get readableEnd(): number {
    return Math.min(this.end, ...this.#open.values());
  }

  /** The first readable record appended at or after a time; the readable end if there is none. */
  offsetSince(sinceMs: number): number {
    const { readableEnd } = this;
    const entry = this.#entries.find(
      ({ offset, record }) =>
        offset < readableEnd && record !== null && record.timestampMs >= sinceMs,
    );
    return entry?.offset ?? readableEnd;
  }

  append(
    record: OutgoingRecord,
    timestampMs: number,
    transaction: Transaction | null = null,
  ): ReceivedRecord {
    const offset = this.end;
    const { key, value, headers } = record;
    const { topic, partition } = this;
    const received = { topic, partition, offset, key, value, headers, timestampMs };
    this.#entries.push({ offset, record: received, transaction, bytes: recordBytes(record) });
    if (transaction?.state === 'open' && !this.#open.has(transaction)) {
      this.#open.set(transaction, offset);
    }
    return received;
  }

  /** Writes the marker of a transaction that has ended. */
  mark(transaction: Transaction): void {
    this.#open.delete(transaction);
    this.#entries.push({ offset: this.end, record: null, transaction, bytes: 0 });
  }

  /** What a `read_committed` fetch from `from` answers; one record comes even above `bytesMax`. */
  read(from: number, bytesMax: number): LogRead {
    const readableEnd = this.readableEnd;
    const records: ReceivedRecord[] = [];
    let bytes = 0;
    let nextOffset = Math.max(from, this.#start);
    for (; nextOffset < readableEnd; nextOffset += 1) {
      const entry = this.#entries[nextOffset - this.#start];
      if (entry === undefined) break;
      const { record, transaction } = entry;
      if (record === null || transaction?.state === 'aborted') continue;
      if (records.length > 0 && bytes + entry.bytes > bytesMax) break;
      records.push(record);
      bytes += entry.bytes;
    }
    return { records, nextOffset, caughtUp: nextOffset >= readableEnd };
  }

  /** Retention, or an operator's deletion: everything below `offset` is gone. */
  deleteBefore(offset: number): void {
    const count = Math.min(offset, this.readableEnd) - this.#start;
    if (count <= 0) return;
    this.#entries = this.#entries.slice(count);
    this.#start += count;
  }
}
