import { laneHandicapMs, partitionKey } from '../ports.ts';
import type { LaneSourceOptions, ReadBatch, ReceivedRecord } from '../ports.ts';
import { recordBytes } from './batching.ts';

/** A fetched record and the offset to commit when it is taken: behind it and what holds no work. */
export interface AheadRecord {
  readonly record: ReceivedRecord;
  readonly behind: number;
}

/** What a worker has fetched and not taken, and which of it is the next. */
export class AheadBuffer {
  readonly #lanes: ReadonlyMap<string, { readonly rank: number; readonly handicapMs: number }>;
  readonly #queues = new Map<string, AheadRecord[]>();
  #bytes = 0;

  constructor(lanes: LaneSourceOptions['lanes']) {
    this.#lanes = new Map(
      lanes.map(({ topic, priority }, rank) => [
        topic,
        { rank, handicapMs: laneHandicapMs[priority] },
      ]),
    );
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Returns whether there is more to take than before. */
  add(batch: ReadBatch): boolean {
    if (batch.records.length === 0) return false;
    const key = partitionKey(batch);
    const queue = this.#queues.get(key) ?? [];
    for (const [index, record] of batch.records.entries()) {
      queue.push({ record, behind: batch.records[index + 1]?.offset ?? batch.nextOffset });
      this.#bytes += recordBytes(record);
    }
    this.#queues.set(key, queue);
    return true;
  }

  first(): AheadRecord | null {
    let best: AheadRecord | null = null;
    for (const [head] of this.#queues.values()) {
      if (head !== undefined && (best === null || this.#isBefore(head, best))) best = head;
    }
    return best;
  }

  /** Removes what `first` gave; nothing if the buffer was cleared meanwhile. */
  remove(taken: AheadRecord): void {
    const key = partitionKey(taken.record);
    const queue = this.#queues.get(key);
    if (queue?.[0] !== taken) return;
    queue.shift();
    if (queue.length === 0) this.#queues.delete(key);
    this.#bytes -= recordBytes(taken.record);
  }

  clear(): void {
    this.#queues.clear();
    this.#bytes = 0;
  }

  #isBefore({ record: a }: AheadRecord, { record: b }: AheadRecord): boolean {
    const lanes = this.#lanes;
    const dueAtMs = ({ topic, timestampMs }: ReceivedRecord): number =>
      timestampMs + (lanes.get(topic)?.handicapMs ?? 0);
    const rank = ({ topic }: ReceivedRecord): number => lanes.get(topic)?.rank ?? 0;
    const difference = dueAtMs(a) - dueAtMs(b);
    return difference === 0 ? rank(a) < rank(b) : difference < 0;
  }
}
