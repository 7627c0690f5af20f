import { KafkaPortError, partitionKey } from '../ports.ts';
import type { CommittedOffset, RoleHandlers, RoleSource, RoleSourceOptions } from '../ports.ts';
import { MemoryActiveTerm } from './active-term.ts';
import { Membership } from './membership.ts';
import type { MemoryProcess } from './process.ts';
import { Reading } from './reading.ts';

/** Pause after an error before a fresh term, so that an error that stays does not spin. */
const freshTermDelayMs = 100;

export class MemoryRoleSource implements RoleSource {
  readonly #process: MemoryProcess;
  readonly #options: RoleSourceOptions;
  readonly #topics: readonly string[];
  #handlers: RoleHandlers | null = null;
  #membership: Membership | null = null;
  #term: MemoryActiveTerm | null = null;
  #isStopped = false;

  constructor(process: MemoryProcess, options: RoleSourceOptions) {
    this.#process = process;
    this.#options = options;
    this.#topics = [...options.workTopics, options.reportTopic];
  }

  async start(handlers: RoleHandlers): Promise<void> {
    const { cluster, link } = this.#process;
    await link.reach();
    for (const topic of this.#topics) cluster.topics.logs(topic);
    if (this.#isStopped) return;
    this.#handlers = handlers;
    this.#membership = new Membership(this.#process, cluster.group(this.#options.group), {
      topics: this.#topics,
      strategy: 'one-active',
      sessionTimeoutMs: this.#options.sessionTimeoutMs,
      onSync: () => this.#look(),
    });
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#term?.end();
    this.#membership?.stop();
    return Promise.resolve();
  }

  /** Compares what the group says with the term that runs, and mends the difference. */
  #look(): void {
    const membership = this.#membership;
    if (membership === null || this.#isStopped) return;
    const isActive = membership.partitions.length > 0;
    if (!isActive && this.#term !== null) {
      this.#term.end();
      this.#term = null;
      this.#handlers?.onInactive();
    } else if (isActive && (this.#term?.isDead ?? true)) {
      this.#begin(membership);
    } else if (isActive && this.#term?.memberId !== membership.id) {
      // Thrown out and back in: another member may have been active in between.
      this.#begin(membership);
    }
  }

  /** The order is the point: the producer first, so that no open transaction hides progress. */
  #begin(membership: Membership): void {
    const handlers = this.#handlers;
    if (handlers === null) return;
    const { cluster } = this.#process;
    const { transactionalId, reportTopic } = this.#options;
    this.#term?.end();
    const epoch = cluster.transactions.connect(transactionalId);
    const committed = this.#committed();
    if (committed instanceof KafkaPortError) {
      void this.stop();
      handlers.onFatal(committed);
      return;
    }
    const term = new MemoryActiveTerm(this.#process, {
      ...this.#options,
      membership,
      epoch,
      committed,
      reportEnds: new Map(
        cluster.topics.logs(reportTopic).map((log) => [partitionKey(log), log.readableEnd]),
      ),
      onDeath: () => {
        cluster.clock.after(freshTermDelayMs, () => membership.sync());
      },
    });
    this.#term = term;
    handlers.onActive(term);
    if (term.isDead) return;
    const reading = new Reading(this.#process, {
      positions: committed,
      onBatch: (batch) => handlers.onBatch(term, batch),
      onGap: (gap) => {
        // What is gone from `done` was only a report: the chunk itself is still in intake.
        if (gap.topic !== reportTopic) handlers.onLost(term, gap);
      },
    });
    term.reads(reading);
  }

  #committed(): readonly CommittedOffset[] | KafkaPortError {
    const { cluster } = this.#process;
    const group = cluster.group(this.#options.group);
    const found: CommittedOffset[] = [];
    for (const log of this.#topics.flatMap((topic) => cluster.topics.logs(topic))) {
      const committed = group.committed(log);
      const where = `${partitionKey(log)} in group ${this.#options.group}`;
      if (committed === null) {
        return new KafkaPortError(
          'progress-lost',
          `No committed offset for ${where}: progress is lost, or topics ensure has never run.`,
        );
      }
      if (committed.offset > log.end) {
        return new KafkaPortError(
          'progress-lost',
          `Offset ${committed.offset} is committed for ${where}, but the log ends at ${log.end}: the topic has been made anew.`,
        );
      }
      found.push(committed);
    }
    return found;
  }
}
