import { KafkaPortError } from '../ports.ts';
import type { ActiveTerm, CommittedOffset, OutgoingRecord, TopicPartition } from '../ports.ts';
import type { Membership } from './membership.ts';
import type { MemoryProcess } from './process.ts';
import type { Reading } from './reading.ts';

export interface TermOptions {
  readonly membership: Membership;
  readonly sessionTimeoutMs: number;
  readonly group: string;
  readonly transactionalId: string;
  /** The producer's epoch; a newer one fences this term. */
  readonly epoch: number;
  readonly committed: readonly CommittedOffset[];
  readonly reportEnds: ReadonlyMap<string, number>;
  /** Called once, when the term has died of an error. */
  readonly onDeath: () => void;
}

/** Less than the session by this much, an owner may still trust that it is the owner. */
const ownershipMarginMs = 500;

export class MemoryActiveTerm implements ActiveTerm {
  readonly term: string;
  readonly committed: readonly CommittedOffset[];
  readonly reportEnds: ReadonlyMap<string, number>;
  /** The membership that the term was begun under; another one needs another term. */
  readonly memberId: string | null;
  readonly #process: MemoryProcess;
  readonly #options: TermOptions;
  #reading: Reading | null = null;
  #isDead = false;
  #isSettling = false;
  readonly #pausedEarly = new Set<TopicPartition>();

  constructor(process: MemoryProcess, options: TermOptions) {
    this.#process = process;
    this.#options = options;
    this.term = process.cluster.random.unique();
    this.committed = options.committed;
    this.reportEnds = options.reportEnds;
    this.memberId = options.membership.id;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Attaches what is read for this term, so that both end together. */
  reads(reading: Reading): void {
    this.#reading = reading;
    for (const partition of this.#pausedEarly) reading.pause(partition, true);
  }

  end(): void {
    this.#isDead = true;
    this.#reading?.stop();
  }

  async settle(step: {
    readonly outcomes: readonly OutgoingRecord[];
    readonly offsets: readonly CommittedOffset[];
  }): Promise<void> {
    if (this.#isDead) {
      throw new KafkaPortError('ownership-lost', `Term ${this.term} is over; nothing was settled.`);
    }
    if (step.outcomes.length === 0 && step.offsets.length === 0) return;
    if (this.#isSettling) {
      throw new KafkaPortError('unexpected', 'One settle must end before the next one begins.');
    }
    this.#isSettling = true;
    try {
      await this.#transact(step);
    } catch (error) {
      if (!this.#isDead) {
        this.end();
        this.#options.onDeath();
      }
      throw error;
    } finally {
      this.#isSettling = false;
    }
  }

  async #transact(step: {
    readonly outcomes: readonly OutgoingRecord[];
    readonly offsets: readonly CommittedOffset[];
  }): Promise<void> {
    const { cluster, link } = this.#process;
    const { transactionalId, epoch } = this.#options;
    await link.reach();
    const fault = this.#process.takeSettleFault();
    if (fault !== 'before') {
      cluster.transactions.run({
        ...step,
        id: transactionalId,
        epoch,
        group: cluster.group(this.#options.group),
        end: fault === 'open' ? 'open' : 'committed',
      });
    }
    if (fault !== null) {
      throw new KafkaPortError('unreachable', 'The broker did not answer the settle in time.');
    }
  }

  isOwnershipFresh(): boolean {
    const { membership, sessionTimeoutMs } = this.#options;
    const ageMs = this.#process.cluster.clock.monotonicMs() - membership.confirmedAtMs;
    return !this.#isDead && ageMs < sessionTimeoutMs - ownershipMarginMs;
  }

  pause(partition: TopicPartition): void {
    if (this.#reading === null) this.#pausedEarly.add(partition);
    this.#reading?.pause(partition, true);
  }

  resume(partition: TopicPartition): void {
    this.#reading?.pause(partition, false);
  }
}
