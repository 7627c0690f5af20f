import { KafkaPortError, partitionKey } from '../ports.ts';
import type { CommittedOffset, TopicPartition } from '../ports.ts';
import type { Assign } from './assignment.ts';
import type { ClusterLink } from './cluster-link.ts';
import { isProtocolError, kafkaError } from './errors.ts';
import { decodeAssignment, decodeClaim, encodeAssignment, encodeClaim } from './member-protocol.ts';
import { offsetsToCommit } from './offsets.ts';
import { BackOff } from './retry.ts';
import { Signal } from './signal.ts';
import { waitAtMost } from './wait-at-most.ts';

/** One membership in one generation of a group. */
export interface Membership {
  readonly memberId: string;
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
  /**
   * Nobody else can have owned these partitions since the membership before: the same member, the
   * next generation, the same partitions.
   */
  readonly isContinued: boolean;
}

export interface MemberOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Members share a group only if they name the same way of sharing out. */
  readonly protocol: string;
  readonly assign: Assign;
  readonly sessionTimeoutMs: number;
  /** Whether the group is to share out anew when its topics get more partitions. */
  readonly followsGrowth: boolean;
}

export interface MemberHandlers {
  onJoined(membership: Membership): void;
  /** The group does not know us any more: what was owned may be somebody else's. */
  onLost(): void;
  onFatal(error: KafkaPortError): void;
}

/** Heartbeats per session time-out: 0.5 s at 6 s, which is how fast a member learns of others. */
const heartbeatsPerSession = 12;

const growthCheckMs = 30_000;

/** The longest that `leave` waits for the group's answer. */
const leaveGraceMs = 500;

/**
 * Membership in a consumer group, by kafkajs's requests: join, heartbeats, joining again when the
 * group shares out anew. kafkajs's consumer is not used because it ties heartbeats to its own
 * fetching and commits in whatever generation it happens to be in; here each commit names the
 * generation in which its record was read, and the broker refuses it when that is over.
 *
 * States: joining → joined (heartbeats) → joining … → left. A member that the group forgot (it was
 * stopped or cut off for longer than the session time-out) finds out at its next heartbeat, joins
 * as a newcomer, and claims nothing.
 */
export class GroupMember {
  readonly #link: ClusterLink;
  readonly #options: MemberOptions;
  readonly #handlers: MemberHandlers;
  readonly #leaving = new AbortController();
  readonly #confirmed = new Signal();
  #membership: Membership | null = null;
  #memberId = '';
  #mustJoin = true;
  #ownedSinceMs = 0;
  #presentSinceMs = 0;
  #growthCheckedAtMs = 0;
  #confirmedAtMs: number | null = null;
  #isLeader = false;
  #ended: Promise<void> = Promise.resolve();

  /** The link must know the topics; nobody else's requests should hold up its answers. */
  constructor(link: ClusterLink, options: MemberOptions, handlers: MemberHandlers) {
    this.#link = link;
    this.#options = options;
    this.#handlers = handlers;
  }

  start(): void {
    this.#presentSinceMs = this.#link.clock.monotonicMs();
    this.#ended = this.#run();
  }

  /** `null` while the group has not given us our part, or has forgotten us. */
  get membership(): Membership | null {
    return this.#membership;
  }

  /** Monotonic time at which the last heartbeat was sent that the group answered well. */
  get confirmedAtMs(): number | null {
    return this.#confirmedAtMs;
  }

  /** Waits for a heartbeat that was sent from now on and answered well; stops when `signal` aborts. */
  async confirmation(signal: AbortSignal): Promise<void> {
    const fromMs = this.#link.clock.monotonicMs();
    while (!signal.aborted && (this.#confirmedAtMs ?? -1) < fromMs) {
      await this.#confirmed.after(this.#confirmed.version, signal);
    }
  }

  /**
   * Commits in the generation of `membership`.
   *
   * @throws KafkaPortError `ownership-lost` when that generation is over.
   */
  async commit(membership: Membership, offsets: readonly CommittedOffset[]): Promise<void> {
    const { group } = this.#options;
    const doing = `committing offsets of group ${group}`;
    await this.#link.askCoordinator({ kind: 'group', id: group, doing }, async (coordinator) => {
      if (this.#membership !== membership) {
        throw new KafkaPortError('ownership-lost', `${doing}: the group shared out anew meanwhile`);
      }
      await coordinator.offsetCommit({
        groupId: group,
        groupGenerationId: membership.generation,
        memberId: membership.memberId,
        topics: offsetsToCommit(offsets),
      });
    });
  }

  /** Leaves, so that others need not wait for the session time-out. The link stays open. */
  async leave(): Promise<void> {
    if (this.#leaving.signal.aborted) return this.#ended;
    this.#leaving.abort();
    const memberId = this.#memberId;
    this.#membership = null;
    if (memberId === '') return;
    const { group } = this.#options;
    const asked = this.#link
      .coordinator('group', group)
      .then((coordinator) => coordinator.leaveGroup({ groupId: group, memberId }))
      .catch((error: unknown) => {
        this.#link.setting.log('debug', 'kafka-leave-failed', { group, error });
      });
    await waitAtMost(this.#link.clock, leaveGraceMs, asked);
  }

  get #isOver(): boolean {
    return this.#leaving.signal.aborted || this.#link.signal.aborted;
  }

  async #run(): Promise<void> {
    const { random, clock, log } = this.#link.setting;
    const { group } = this.#options;
    const backOff = new BackOff({ firstPauseMs: 50, pauseMsMax: 1_000 });
    let isFailing = false;
    while (!this.#isOver) {
      const hadToJoin = this.#mustJoin;
      try {
        if (hadToJoin) await this.#join();
        await this.#beat();
        if (isFailing) log('info', 'kafka-group-again', { group });
        isFailing = false;
        backOff.reset();
        await this.#pauseAfterBeat();
      } catch (cause) {
        if (this.#isOver) return;
        const error = kafkaError(cause, `being a member of group ${group}`);
        if (error.code === 'ownership-lost') {
          this.#rejoinAfter(error);
          // After a heartbeat at once; joining in vain again and again needs a pause.
          if (hadToJoin) await clock.sleepMs(backOff.next(random), this.#leaving.signal);
        } else if (error.retriable) {
          if (!isFailing) log('warn', 'kafka-group-stalled', { group, error });
          isFailing = true;
          await clock.sleepMs(backOff.next(random), this.#leaving.signal);
          await this.#lookAgain();
        } else {
          this.#forget();
          this.#handlers.onFatal(error);
          return;
        }
      }
    }
  }

  async #join(): Promise<void> {
    const { group, protocol, topics, sessionTimeoutMs } = this.#options;
    const { clock } = this.#link;
    const before = this.#membership;
    const coordinator = await this.#link.coordinator('group', group);
    const nowMs = clock.monotonicMs();
    const claim = {
      owned: before?.partitions ?? [],
      ownedForMs: this.#ownsSomething ? Math.max(1, nowMs - this.#ownedSinceMs) : 0,
      presentForMs: nowMs - this.#presentSinceMs,
    };
    const joined = await coordinator.joinGroup({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      // Who does not come to a new sharing out within this is left out of it.
      rebalanceTimeout: sessionTimeoutMs,
      memberId: this.#memberId,
      groupProtocols: [{ name: protocol, metadata: encodeClaim(topics, claim) }],
    });
    const { generationId: generation, memberId } = joined;
    this.#memberId = memberId;
    if (this.#isOver) {
      // We left while the answer was on its way, under a name that `leave` did not know.
      await coordinator.leaveGroup({ groupId: group, memberId });
      return;
    }
    this.#isLeader = joined.leaderId === memberId;
    const { memberAssignment } = await coordinator.syncGroup({
      groupId: group,
      generationId: generation,
      memberId,
      groupAssignment: this.#isLeader ? encodeAssignment(await this.#shareOut(joined.members)) : [],
    });
    const partitions = decodeAssignment(memberAssignment);
    const isContinued =
      before !== null &&
      before.memberId === memberId &&
      before.generation + 1 === generation &&
      hasSamePartitions(before.partitions, partitions);
    if (!isContinued) this.#ownedSinceMs = clock.monotonicMs();
    this.#mustJoin = false;
    this.#growthCheckedAtMs = clock.monotonicMs();
    this.#membership = { memberId, generation, partitions, isContinued };
    this.#handlers.onJoined(this.#membership);
  }

  get #ownsSomething(): boolean {
    return this.#membership !== null && this.#membership.partitions.length > 0;
  }

  async #shareOut(
    members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
  ): Promise<ReturnType<Assign>> {
    await this.#link.refresh();
    const views = members.map(({ memberId, memberMetadata }) => ({
      memberId,
      ...decodeClaim(memberMetadata),
    }));
    return this.#options.assign(views, this.#link.partitionsOf(this.#options.topics));
  }

  async #beat(): Promise<void> {
    const { group } = this.#options;
    const membership = this.#membership;
    if (membership === null || this.#isOver) return;
    const coordinator = await this.#link.coordinator('group', group);
    const sentAtMs = this.#link.clock.monotonicMs();
    await coordinator.heartbeat({
      groupId: group,
      groupGenerationId: membership.generation,
      memberId: membership.memberId,
    });
    if (this.#isOver) return;
    this.#confirmedAtMs = sentAtMs;
    this.#confirmed.notify();
  }

  async #pauseAfterBeat(): Promise<void> {
    const { clock } = this.#link;
    const intervalMs = this.#options.sessionTimeoutMs / heartbeatsPerSession;
    await clock.sleepMs(intervalMs, this.#leaving.signal);
    if (clock.monotonicMs() - this.#growthCheckedAtMs < growthCheckMs) return;
    this.#growthCheckedAtMs = clock.monotonicMs();
    if (await this.#hasGrown()) this.#mustJoin = true;
  }

  async #hasGrown(): Promise<boolean> {
    const { topics, followsGrowth } = this.#options;
    if (!followsGrowth || !this.#isLeader) return false;
    const before = this.#link.partitionsOf(topics).length;
    await this.#link.refresh();
    return this.#link.partitionsOf(topics).length > before;
  }

  #rejoinAfter(error: KafkaPortError): void {
    this.#mustJoin = true;
    // The group shares out anew: we still own what we own until it has.
    if (isProtocolError(error, 'REBALANCE_IN_PROGRESS')) return;
    this.#forget();
    // With an old generation the name is still good; with a new one the old would be waited for.
    if (!isProtocolError(error, 'ILLEGAL_GENERATION')) this.#memberId = '';
  }

  #forget(): void {
    this.#confirmedAtMs = null;
    if (this.#membership === null) return;
    this.#membership = null;
    this.#handlers.onLost();
  }

  async #lookAgain(): Promise<void> {
    this.#link.forgetCoordinators();
    await this.#link.refresh().catch((error: unknown) => {
      this.#link.setting.log('debug', 'kafka-look-up-failed', { error });
    });
  }
}

function hasSamePartitions(a: readonly TopicPartition[], b: readonly TopicPartition[]): boolean {
  const keys = new Set(a.map(partitionKey));
  return a.length === b.length && b.every((partition) => keys.has(partitionKey(partition)));
}
