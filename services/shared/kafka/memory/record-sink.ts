import { KafkaPortError } from '../ports.ts';
import type { AppendedRecord, OutgoingRecord, RecordSink } from '../ports.ts';
import type { MemoryProcess } from './process.ts';

export class MemoryRecordSink implements RecordSink {
  readonly #process: MemoryProcess;
  #isClosed = false;

  constructor(process: MemoryProcess) {
    this.#process = process;
  }

  async send(records: readonly OutgoingRecord[]): Promise<readonly AppendedRecord[]> {
    if (this.#isClosed) {
      throw new KafkaPortError('unexpected', 'The record sink is closed; nothing was sent.');
    }
    const { link, cluster } = this.#process;
    await link.reach();
    for (const record of records) cluster.topics.check(record);
    return records.map((record) => cluster.topics.append(record, null));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }
}
