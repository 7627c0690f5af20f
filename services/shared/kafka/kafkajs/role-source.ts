import { KafkaPortError, partitionKey } from '../ports.ts';
import type {
  CommittedOffset,
  RoleHandlers,
  RoleSource,
  RoleSourceOptions,
  TopicPartition,
} from '../ports.ts';
import { assignToOneActive } from './assignment.ts';
import type { ClusterLink } from './cluster-link.ts';
import { kafkaError } from './errors.ts';
import { GroupMember } from './group-member.ts';
import type { Membership } from './group-member.ts';
import { LiveTerm } from './live-term.ts';
import { committedOffsets, logOffsets } from './offsets.ts';
import { PartitionReader } from './partition-reader.ts';
import type { OutOfRange } from './partition-reader.ts';
import { BackOff } from './retry.ts';
import { TransactionalProducer } from './transactional-producer.ts';
import { waitAtMost } from './wait-at-most.ts';

/** Three ways to the cluster, none of which may wait for another's long requests. */
export interface IntakeLinks {
  readonly group: ClusterLink;
  readonly reading: ClusterLink;
  readonly settling: ClusterLink;
}

/** An active member stops sending this long before the group may give its part to another. */
const leaseMarginMs = 500;

/** How long `stop` waits for a settle that is under way. */
const settleGraceMs = 2_000;

/**
 * The one active member of a role. While it owns the role's topics (all: `assignToOneActive`), one
 * term follows the other: confirmed by a heartbeat → producer opened, which fences → committed
 * offsets read → reading and settling → over by an error of `settle`, and again from the start.
 * Losing the ownership ends term and ownership together.
 */
export class KafkajsRoleSource implements RoleSource {
  readonly #links: IntakeLinks;
  readonly #options: RoleSourceOptions;
  readonly #member: GroupMember;
  readonly #reader: PartitionReader;
  #handlers: RoleHandlers | null = null;
  /** Aborts when what we own at present is lost. */
  #owning: AbortController | null = null;
  #term: LiveTerm | null = null;
  #stopping: Promise<void> | null = null;

  /** The source owns its links. */
  constructor(links: IntakeLinks, options: RoleSourceOptions) {
    this.#links = links;
    this.#options = options;
    this.#member = new GroupMember(
      links.group,
      {
        group: options.group,
        topics: this.#topics,
        protocol: 'spillway-one-active',
        assign: assignToOneActive,
        sessionTimeoutMs: options.sessionTimeoutMs,
        // A partition that is new has no committed offset, which is fatal: only `topics ensure`,
        // run while no member does, gives it one.
        followsGrowth: false,
      },
      {
        onJoined: (membership) => this.#onJoined(membership),
        onLost: () => this.#release(),
        onFatal: (error) => this.#fail(error),
      },
    );
    const { limits } = links.reading.setting;
    this.#reader = new PartitionReader(links.reading, {
      onBatch: (batch) => {
        if (this.#term !== null) this.#handlers?.onBatch(this.#term, batch);
      },
      onOutOfRange: (range) => this.#onOutOfRange(range),
      onFailed: (error) => this.#fail(error),
      budgetBytes: () => limits.fetchBytes,
    });
  }

  async start(handlers: RoleHandlers): Promise<void> {
    this.#handlers = handlers;
    const { group, reading, settling } = this.#links;
    await Promise.all([group, reading, settling].map((link) => link.know(this.#topics)));
    if (this.#stopping === null) this.#member.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  get #topics(): readonly string[] {
    return [...this.#options.workTopics, this.#options.reportTopic];
  }

  async #stop(): Promise<void> {
    this.#handlers = null;
    this.#reader.stop();
    const { group, reading, settling } = this.#links;
    const settled = this.#term?.settled() ?? Promise.resolve();
    await waitAtMost(settling.clock, settleGraceMs, settled);
    this.#release();
    await this.#member.leave();
    await Promise.all([group.close(), reading.close('at-once'), settling.close()]);
  }

  #onJoined({ partitions, isContinued }: Membership): void {
    // Stopping, or failed for good: whoever holds this source is about to stop it.
    if (this.#handlers === null) return;
    if (isContinued && this.#owning !== null) return;
    this.#release();
    if (partitions.length === 0) return;
    const owning = new AbortController();
    this.#owning = owning;
    void this.#runTerms(partitions, owning.signal);
  }

  #release(): void {
    this.#owning?.abort();
    this.#owning = null;
    const term = this.#term;
    this.#endTerm(null);
    if (term !== null) this.#handlers?.onInactive();
  }

  /** After it `#term` still tells that the handlers believe to be active. */
  #endTerm(error: KafkaPortError | null): void {
    this.#reader.assign([]);
    this.#term?.end(error);
    if (error === null) this.#term = null;
  }

  async #runTerms(partitions: readonly TopicPartition[], owning: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#links.settling.setting;
    const backOff = new BackOff({ firstPauseMs: 100, pauseMsMax: 2_000 });
    while (!owning.aborted) {
      // Whoever was stopped or cut off learns here that others may own this, before it fences them.
      await this.#member.confirmation(owning);
      if (owning.aborted) return;
      try {
        const term = await this.#openTerm(partitions);
        if (owning.aborted) {
          term.end(null);
          return;
        }
        backOff.reset();
        this.#term = term;
        this.#handlers?.onActive(term);
        this.#reader.assign(term.committed);
        const error = await term.ended;
        if (error === null) return;
        this.#reader.assign([]);
        log('warn', 'kafka-term-over', { term: term.term, code: error.code, error });
        if (error.code === 'unauthorized') {
          this.#fail(error);
          return;
        }
      } catch (cause) {
        const error = kafkaError(cause, 'becoming the active member');
        if (owning.aborted) return;
        const isPassing = error.code === 'fenced' || error.code === 'ownership-lost';
        if (!error.retriable && !isPassing) {
          this.#fail(error);
          return;
        }
        log('warn', 'kafka-activation-failed', { code: error.code, error });
        await clock.sleepMs(backOff.next(random), owning);
      }
    }
  }

  async #openTerm(partitions: readonly TopicPartition[]): Promise<LiveTerm> {
    const { group, transactionalId, reportTopic } = this.#options;
    const link = this.#links.settling;
    // The order matters: only after fencing is no offset of a predecessor still on its way.
    const isFresh = (): boolean => this.#isMemberFresh();
    const producer = await TransactionalProducer.open(link, transactionalId, isFresh);
    const found = await committedOffsets(link, group, partitions);
    const committed = partitions.map((partition) => this.#requireProgress(found, partition));
    const done = partitions.filter(({ topic }) => topic === reportTopic);
    await link.refresh();
    const reportEnds = await logOffsets(link, done, 'end');
    return new LiveTerm({
      term: link.setting.random.unique(),
      group,
      committed,
      reportEnds,
      producer,
      isMemberFresh: isFresh,
      pause: (partition) => this.#reader.pause(partition),
      resume: (partition) => this.#reader.resume(partition),
    });
  }

  #requireProgress(
    found: ReadonlyMap<string, CommittedOffset>,
    partition: TopicPartition,
  ): CommittedOffset {
    const committed = found.get(partitionKey(partition));
    if (committed !== undefined) return committed;
    throw new KafkaPortError(
      'progress-lost',
      `group ${this.#options.group} has no committed offset for ${partitionKey(partition)}: starting ` +
        'anywhere would do chunks twice or never; if this partition is new, stop all members and ' +
        'run `spillway topics ensure`',
    );
  }

  #isMemberFresh(): boolean {
    const { confirmedAtMs } = this.#member;
    const leaseMs = this.#options.sessionTimeoutMs - leaseMarginMs;
    if (confirmedAtMs === null || this.#owning === null) return false;
    return this.#links.group.clock.monotonicMs() < confirmedAtMs + leaseMs;
  }

  #onOutOfRange({ topic, partition, position, logStart, logEnd }: OutOfRange): number | null {
    if (position < logStart) {
      const lost = { topic, partition, from: position, until: logStart };
      if (topic === this.#options.reportTopic) {
        // What a lost report would have told, `start-by` and the worker's heartbeats tell too.
        this.#links.reading.setting.log('warn', 'kafka-done-lost', lost);
      } else if (this.#term !== null) {
        this.#handlers?.onLost(this.#term, lost);
      }
      return logStart;
    }
    this.#fail(
      new KafkaPortError(
        'progress-lost',
        `group ${this.#options.group} has committed ${topic}/${partition} up to ${position}, but the ` +
          `log ends at ${logEnd}: the topic was made anew or its broker lost data; delete the group's ` +
          'offsets and run `spillway topics ensure` to begin at the start of the log',
      ),
    );
    return null;
  }

  #fail(error: KafkaPortError): void {
    const handlers = this.#handlers;
    this.#reader.assign([]);
    this.#release();
    this.#handlers = null;
    handlers?.onFatal(error);
  }
}
