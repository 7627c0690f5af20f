import type { Clock, Random } from '../../clock/ports.ts';
import { partitionKey } from '../ports.ts';
import type { CommittedOffset, TopicPartition } from '../ports.ts';
import type { MemoryTopics } from './topics.ts';

export interface JoinOptions {
  readonly topics: readonly string[];
  /**
   * `one-active`: the member that has been active longest owns all partitions and keeps them.
   * `balanced`: each topic's partitions are dealt out evenly on their own.
   */
  readonly strategy: 'one-active' | 'balanced';
  readonly sessionTimeoutMs: number;
  /** The assignment changed, or the membership is gone: ask for it. */
  readonly onRebalance: () => void;
}

export interface Assigned {
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
}

interface Member extends JoinOptions {
  cancelExpiry: () => void;
  partitions: readonly TopicPartition[];
}

/**
 * The coordinator's side of one consumer group. Ownership moves at once, without waiting for the
 * former owner: what it commits afterwards is of an old generation and is refused.
 */
export class Group {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #topics: MemoryTopics;
  #generation = 0;
  /** In order of joining. */
  #members = new Map<string, Member>();
  #active: string | null = null;
  readonly #offsets = new Map<string, CommittedOffset>();

  constructor(world: { clock: Clock; random: Random; topics: MemoryTopics }) {
    this.#clock = world.clock;
    this.#random = world.random;
    this.#topics = world.topics;
  }

  get size(): number {
    return this.#members.size;
  }

  /** Returns the member's new name. */
  join(options: JoinOptions): string {
    const id = this.#random.unique();
    this.#members.set(id, { ...options, cancelExpiry: () => undefined, partitions: [] });
    this.#expectHeartbeat(id);
    this.#rebalance();
    return id;
  }

  leave(id: string): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.cancelExpiry();
    this.#members.delete(id);
    this.#rebalance();
  }

  /** Returns what the member owns, or `null` if the group does not know it (any more). */
  heartbeat(id: string): Assigned | null {
    const member = this.#members.get(id);
    if (member === undefined) return null;
    this.#expectHeartbeat(id);
    return { generation: this.#generation, partitions: member.partitions };
  }

  /** Commits for a member, unless the group has moved on from `generation`: then returns false. */
  commitAs(id: string, generation: number, offset: CommittedOffset): boolean {
    if (!this.#members.has(id) || generation !== this.#generation) return false;
    this.commit([offset]);
    return true;
  }

  commit(offsets: readonly CommittedOffset[]): void {
    for (const offset of offsets) this.#offsets.set(partitionKey(offset), offset);
  }

  committed(partition: TopicPartition): CommittedOffset | null {
    return this.#offsets.get(partitionKey(partition)) ?? null;
  }

  /** Forgets all members, as a coordinator that moved does; each joins anew, the active one first. */
  dropMembers(): void {
    const dropped = [...this.#members].toSorted(
      ([a], [b]) => Number(b === this.#active) - Number(a === this.#active),
    );
    for (const [, member] of dropped) member.cancelExpiry();
    this.#members = new Map();
    this.#active = null;
    this.#generation += 1;
    for (const [, member] of dropped) member.onRebalance();
  }

  #expectHeartbeat(id: string): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.cancelExpiry();
    member.cancelExpiry = this.#clock.after(member.sessionTimeoutMs, () => {
      this.leave(id);
      member.onRebalance();
    });
  }

  #rebalance(): void {
    this.#generation += 1;
    if (this.#active === null || !this.#members.has(this.#active)) {
      this.#active = [...this.#members.keys()][0] ?? null;
    }
    for (const [id, member] of this.#members) {
      member.partitions = member.topics.flatMap((topic) => this.#share(id, member, topic));
    }
    for (const member of this.#members.values()) member.onRebalance();
  }

  #share(id: string, member: Member, topic: string): readonly TopicPartition[] {
    const all = Array.from({ length: this.#topics.partitionCount(topic) ?? 0 }, (_, partition) => ({
      topic,
      partition,
    }));
    switch (member.strategy) {
      case 'one-active':
        return id === this.#active ? all : [];
      case 'balanced': {
        const sharers = [...this.#members].filter(([, other]) => other.topics.includes(topic));
        const place = sharers.findIndex(([other]) => other === id);
        return all.filter(({ partition }) => partition % sharers.length === place);
      }
    }
  }
}
