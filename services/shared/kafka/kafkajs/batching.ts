import type { OutgoingRecord } from '../ports.ts';

/**
 * A batch must fit a topic's `max.message.bytes`, which is 1 MiB unless it was set, so batches stay
 * well below; a record that is larger by itself travels alone.
 */
export const batchBytesMax = 512 * 1024;

/** One request's batches together; brokers refuse requests above 100 MiB. */
export const requestBytesMax = 16 * 1024 * 1024;

/** More than Kafka adds around a record and around each header. */
const recordOverheadBytes = 64;
const headerOverheadBytes = 8;

/** Size of a record on the wire, rounded up. */
export function recordBytes({ key, value, headers }: OutgoingRecord): number {
  const headerBytes = headers.reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + text.length + headerOverheadBytes,
    0,
  );
  return recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0) + headerBytes;
}

/** How many of the first `items` fit into `bytesMax`; one always does, unless there is none. */
export function countFitting<Item>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
  bytesMax: number,
): number {
  let bytes = 0;
  let count = 0;
  for (const item of items) {
    bytes += bytesOf(item);
    if (count > 0 && bytes > bytesMax) break;
    count += 1;
  }
  return count;
}

/** Cuts `items`, in order, into runs that fit into `bytesMax` each. */
export function cutByBytes<Item>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
  bytesMax: number,
): readonly (readonly Item[])[] {
  const runs: (readonly Item[])[] = [];
  let rest = items;
  while (rest.length > 0) {
    const count = countFitting(rest, bytesOf, bytesMax);
    runs.push(rest.slice(0, count));
    rest = rest.slice(count);
  }
  return runs;
}
