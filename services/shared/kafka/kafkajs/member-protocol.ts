import kafkajs from 'kafkajs';
import type { TopicPartition } from '../ports.ts';
import type { Assignment, GroupMemberView } from './assignment.ts';
import { groupByTopic } from './topic-groups.ts';

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;

const version = 1;

/** What a member tells about itself when it joins. */
export type MemberClaim = Omit<GroupMemberView, 'memberId'>;

export function encodeClaim(topics: readonly string[], claim: MemberClaim): Buffer {
  const userData = Buffer.from(
    JSON.stringify([
      Math.round(claim.ownedForMs),
      groupByTopic(claim.owned, ({ partition }) => partition).map(({ topic, partitions }) => [
        topic,
        partitions,
      ]),
      Math.round(claim.presentForMs),
    ]),
  );
  return MemberMetadata.encode({ version, topics: [...topics], userData });
}

/** What cannot be read is a claim to nothing: such a member gets its share like a newcomer. */
export function decodeClaim(metadata: Buffer): MemberClaim {
  const nothing: MemberClaim = { owned: [], ownedForMs: 0, presentForMs: 0 };
  try {
    const userData = MemberMetadata.decode(metadata)?.userData ?? Buffer.alloc(0);
    const claim: unknown = JSON.parse(userData.toString('utf8'));
    if (!Array.isArray(claim)) return nothing;
    const [ownedForMs, topics, presentForMs]: unknown[] = claim;
    return {
      ownedForMs: durationOf(ownedForMs),
      owned: partitionsIn(topics),
      presentForMs: durationOf(presentForMs),
    };
  } catch {
    return nothing;
  }
}

const durationOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;

function partitionsIn(topics: unknown): readonly TopicPartition[] {
  const found: TopicPartition[] = [];
  for (const entry of Array.isArray(topics) ? topics : []) {
    const [topic, partitions]: unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof topic !== 'string' || !Array.isArray(partitions)) continue;
    for (const partition of partitions) {
      if (Number.isInteger(partition)) found.push({ topic, partition: Number(partition) });
    }
  }
  return found;
}

export function encodeAssignment(
  assignment: Assignment,
): { readonly memberId: string; readonly memberAssignment: Buffer }[] {
  return [...assignment].map(([memberId, partitions]) => {
    const byTopic = groupByTopic(partitions, ({ partition }) => partition);
    const entries = byTopic.map(({ topic, partitions: numbers }) => [topic, numbers] as const);
    const body = { version, assignment: Object.fromEntries(entries), userData: Buffer.alloc(0) };
    return { memberId, memberAssignment: MemberAssignment.encode(body) };
  });
}

/** A member that was given nothing gets an empty answer. */
export function decodeAssignment(bytes: Buffer): readonly TopicPartition[] {
  const assignment = bytes.length === 0 ? {} : (MemberAssignment.decode(bytes)?.assignment ?? {});
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
