import type { TopicPartition } from '../ports.ts';
import { partitionKey } from '../ports.ts';

/** A member of a group as its leader sees it when it shares out the partitions. */
export interface GroupMemberView {
  readonly memberId: string;
  /** What the member owned until now, as it says itself. */
  readonly owned: readonly TopicPartition[];
  /** How long it has owned that without a break, by its own clock; 0 without any. */
  readonly ownedForMs: number;
  /** Since it began to take part, by its own clock. */
  readonly presentForMs: number;
}

/** Partitions by member id; members that get none may be left out. */
export type Assignment = ReadonlyMap<string, readonly TopicPartition[]>;

/** Shares `partitions` out among `members`: pure, and the same for any order of its inputs. */
export type Assign = (
  members: readonly GroupMemberView[],
  partitions: readonly TopicPartition[],
) => Assignment;

/**
 * Everything to the member that has been active longest; among others to the one that has stood by
 * longest: it has followed what happened, and has not just been started because it fell.
 */
export const assignToOneActive: Assign = (members, partitions) => {
  const [active] = members.toSorted(
    (a, b) =>
      b.ownedForMs - a.ownedForMs ||
      b.presentForMs - a.presentForMs ||
      compare(a.memberId, b.memberId),
  );
  return new Map(active === undefined ? [] : [[active.memberId, partitions]]);
};

/**
 * Each topic by itself in equal shares, so that every member has a part of every topic that has
 * enough partitions. Members keep what they have within their share; what is over goes to those with
 * the least in all, so that the topics' remainders do not pile up on the same member.
 */
export const assignBalanced: Assign = (members, partitions) => {
  const names = members.map(({ memberId }) => memberId).toSorted(compare);
  const assigned = new Map<string, TopicPartition[]>(names.map((name) => [name, []]));
  const topics = [...new Set(partitions.map(({ topic }) => topic))].toSorted(compare);
  if (names.length === 0) return assigned;
  for (const topic of topics) {
    const all = partitions
      .filter((partition) => partition.topic === topic)
      .toSorted((a, b) => a.partition - b.partition);
    for (const [name, share] of shareOut(all, members, assigned))
      assigned.get(name)?.push(...share);
  }
  return assigned;
};

function shareOut(
  partitions: readonly TopicPartition[],
  members: readonly GroupMemberView[],
  assigned: ReadonlyMap<string, readonly TopicPartition[]>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const ownerOf = new Map<string, string>();
  for (const { memberId, owned } of members.toSorted((a, b) => compare(a.memberId, b.memberId))) {
    for (const partition of owned) ownerOf.set(partitionKey(partition), memberId);
  }
  const load = (name: string): number => assigned.get(name)?.length ?? 0;
  const byLoad = [...assigned.keys()].toSorted((a, b) => load(a) - load(b) || compare(a, b));
  const least = Math.floor(partitions.length / byLoad.length);
  const extras = partitions.length % byLoad.length;
  const shares = new Map<string, TopicPartition[]>(byLoad.map((name) => [name, []]));
  const free: TopicPartition[] = [];
  for (const partition of partitions) {
    const share = shares.get(ownerOf.get(partitionKey(partition)) ?? '');
    if (share !== undefined && share.length < least) share.push(partition);
    else free.push(partition);
  }
  // The least loaded take one more than the others where it does not come out even.
  for (const [index, name] of byLoad.entries()) {
    const share = shares.get(name) ?? [];
    const wanted = least + (index < extras ? 1 : 0);
    const own = free.filter((partition) => ownerOf.get(partitionKey(partition)) === name);
    for (const partition of own.slice(0, wanted - share.length)) {
      share.push(partition);
      free.splice(free.indexOf(partition), 1);
    }
  }
  for (const [index, name] of byLoad.entries()) {
    const share = shares.get(name) ?? [];
    share.push(...free.splice(0, least + (index < extras ? 1 : 0) - share.length));
  }
  return shares;
}

/** By code units, so that every machine agrees. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
