import type { TopicPartition } from '../ports.ts';

/** Kafka's requests list partitions below their topic; topics keep the order of their first item. */
export function groupByTopic<Item extends TopicPartition, Entry>(
  items: readonly Item[],
  entryOf: (item: Item) => Entry,
): { readonly topic: string; readonly partitions: Entry[] }[] {
  const groups = new Map<string, Entry[]>();
  for (const item of items) {
    const entries = groups.get(item.topic) ?? [];
    entries.push(entryOf(item));
    groups.set(item.topic, entries);
  }
  return [...groups].map(([topic, partitions]) => ({ topic, partitions }));
}

/** Items by what they have in common, in order of first appearance. */
export function groupBy<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
