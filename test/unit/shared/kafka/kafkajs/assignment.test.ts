import { describe, expect, it } from 'vitest';
import {
  assignBalanced,
  assignToOneActive,
} from '../../../../../services/shared/kafka/kafkajs/assignment.ts';
import type { Assignment } from '../../../../../services/shared/kafka/kafkajs/assignment.ts';
import {
  decodeAssignment,
  decodeClaim,
  encodeAssignment,
  encodeClaim,
} from '../../../../../services/shared/kafka/kafkajs/member-protocol.ts';
import type { TopicPartition } from '../../../../../services/shared/kafka/ports.ts';
import { partitionKey } from '../../../../../services/shared/kafka/ports.ts';

const topics = ['bulk', 'live', 'standard'];

const partitions = (count: number): readonly TopicPartition[] =>
  topics.flatMap((topic) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  );

const newcomer = (memberId: string) => ({
  memberId,
  owned: [],
  ownedForMs: 0,
  presentForMs: 0,
});

/** The members as they come to the next sharing out. */
const again = (assignment: Assignment) =>
  [...assignment].map(([memberId, owned]) => ({ memberId, owned, ownedForMs: 1, presentForMs: 1 }));

const countOf = (assignment: Assignment, memberId: string, topic: string): number =>
  (assignment.get(memberId) ?? []).filter((each) => each.topic === topic).length;

describe('one active member', () => {
  it('is the one that has been it longest, whatever the names and the order', () => {
    const members = [
      newcomer('a'),
      { memberId: 'b', owned: partitions(1), ownedForMs: 900, presentForMs: 1000 },
      { memberId: 'c', owned: partitions(1), ownedForMs: 800, presentForMs: 2000 },
    ];
    for (const order of [members, members.toReversed()]) {
      expect([...assignToOneActive(order, partitions(2))]).toEqual([['b', partitions(2)]]);
    }
  });

  it('is, when the active one has fallen, who stood by longest, not who was just started', () => {
    const restarted = { ...newcomer('a'), presentForMs: 600 };
    const standby = { ...newcomer('b'), presentForMs: 90_000 };
    expect([...assignToOneActive([restarted, standby], partitions(1)).keys()]).toEqual(['b']);
  });

  it('is the first by name among newcomers, and nobody in an empty group', () => {
    const members = [newcomer('b'), newcomer('a')];
    expect([...assignToOneActive(members, partitions(1)).keys()]).toEqual(['a']);
    expect(assignToOneActive([], partitions(1)).size).toBe(0);
  });
});

describe('balanced lanes', () => {
  it('give each member a part of each lane, and each partition to exactly one', () => {
    for (const memberCount of [1, 2, 3, 5, 8]) {
      const members = Array.from({ length: memberCount }, (_, index) => newcomer(`m${index}`));
      const assignment = assignBalanced(members, partitions(8));
      const all = [...assignment.values()].flat().map(partitionKey);
      expect(all.toSorted()).toEqual(partitions(8).map(partitionKey).toSorted());
      for (const { memberId } of members) {
        for (const topic of topics) {
          const count = countOf(assignment, memberId, topic);
          expect(Math.abs(count - 8 / memberCount)).toBeLessThan(1);
        }
      }
    }
  });

  it('do not pile the remainders of all lanes on the same member', () => {
    const members = ['a', 'b', 'c'].map(newcomer);
    const counts = [...assignBalanced(members, partitions(4)).values()].map(({ length }) => length);
    expect(counts).toEqual([4, 4, 4]);
  });

  it('stay where they are when nothing changes, and move only what must when one comes or goes', () => {
    const three = assignBalanced(['a', 'b', 'c'].map(newcomer), partitions(6));
    expect(assignBalanced(again(three), partitions(6))).toEqual(three);
    const four = assignBalanced([...again(three), newcomer('d')], partitions(6));
    for (const memberId of ['a', 'b', 'c']) {
      const before = new Set(three.get(memberId)?.map(partitionKey));
      const gained = four.get(memberId)?.filter((each) => !before.has(partitionKey(each)));
      expect(gained).toEqual([]);
    }
    const two = assignBalanced(again(three).slice(0, 2), partitions(6));
    for (const memberId of ['a', 'b']) {
      const kept = new Set(two.get(memberId)?.map(partitionKey));
      expect(three.get(memberId)?.every((each) => kept.has(partitionKey(each)))).toBe(true);
    }
  });

  it('survive two members that claim the same partition', () => {
    const owned = partitions(2);
    const members = ['a', 'b'].map((memberId) => ({
      memberId,
      owned,
      ownedForMs: 5,
      presentForMs: 5,
    }));
    const all = [...assignBalanced(members, partitions(2)).values()].flat().map(partitionKey);
    expect(all.toSorted()).toEqual(partitions(2).map(partitionKey).toSorted());
  });
});

describe('what members tell each other', () => {
  it('comes through the group protocol unchanged', () => {
    const claim = { owned: partitions(2), ownedForMs: 1234, presentForMs: 5678 };
    expect(decodeClaim(encodeClaim(topics, claim))).toEqual(claim);
    const assignment = assignToOneActive([newcomer('a')], partitions(2));
    const [first] = encodeAssignment(assignment);
    expect(first?.memberId).toBe('a');
    expect(decodeAssignment(first?.memberAssignment ?? Buffer.alloc(0))).toEqual(partitions(2));
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
  });

  it('is a claim to nothing when it cannot be read', () => {
    const nothing = { owned: [], ownedForMs: 0, presentForMs: 0 };
    expect(decodeClaim(Buffer.alloc(0))).toEqual(nothing);
    expect(decodeClaim(Buffer.from('rubbish'))).toEqual(nothing);
  });
});
