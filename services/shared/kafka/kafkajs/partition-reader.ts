import protocolErrors from 'kafkajs/src/protocol/error.js';
import { partitionKey } from '../ports.ts';
import type { KafkaPortError, ReadBatch, TopicPartition } from '../ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import { kafkaError } from './errors.ts';
import { fetchPartitions } from './fetch-request.ts';
import type { FetchedPartition, FetchPosition } from './fetch-request.ts';
import { logOffsets } from './offsets.ts';
import { readBatch } from './reader-answer.ts';
import { BackOff } from './retry.ts';
import { Signal } from './signal.ts';

/** A position that lies outside the log: cut off below its start, or beyond its end. */
export interface OutOfRange extends TopicPartition {
  readonly position: number;
  readonly logStart: number;
  readonly logEnd: number;
}

export interface ReaderHandlers {
  onBatch(batch: ReadBatch): void;
  /** Returns where to go on, or `null` to stop reading this partition. */
  onOutOfRange(range: OutOfRange): number | null;
  /** Reading of these partitions cannot go on; they are not read any more. */
  onFailed(error: KafkaPortError, partitions: readonly TopicPartition[]): void;
  /** Bytes wanted with the next fetch; with 0 or less nothing is read until `look` is called. */
  budgetBytes(): number;
}

interface Reading extends TopicPartition {
  position: number;
  isPaused: boolean;
  /** `null` while it is not known who leads. */
  leaderId: number | null;
}

/** How long the broker holds an answer when there is nothing to read. */
const longPollMs = 500;

/** As long as something is paused, so that it is not forgotten behind a long poll when it resumes. */
const shortPollMs = 100;

/** Between tries while a broker does not answer or a partition has no leader. */
const pauses = { firstPauseMs: 50, pauseMsMax: 2_000 };

/** Kafka's numbers for two errors that need an act of their own. */
const offsetOutOfRangeCode = 1;
const notLeaderCode = 6;

/**
 * Reads partitions `read_committed` from given positions, without a group: one loop for each broker
 * that leads some of them, each with one fetch under way. Positions pass transaction markers and
 * aborted records. Changes of leaders and brokers that go away are survived by looking again, with
 * a growing pause. Nothing runs while there is nothing to read.
 */
export class PartitionReader {
  readonly #link: ClusterLink;
  readonly #handlers: ReaderHandlers;
  readonly #readings = new Map<string, Reading>();
  /** Nodes that have a loop. */
  readonly #loops = new Set<number>();
  readonly #changed = new Signal();
  #turn = 0;
  #looking: Promise<void> | null = null;
  #isFindingMissing = false;
  #isStopped = false;

  /** The link must know the topics, and nobody else may fetch through it. */
  constructor(link: ClusterLink, handlers: ReaderHandlers) {
    this.#link = link;
    this.#handlers = handlers;
  }

  /** Replaces everything that is read; answers to earlier fetches are dropped. */
  assign(positions: readonly FetchPosition[]): void {
    this.#readings.clear();
    this.add(positions);
  }

  add(positions: readonly FetchPosition[]): void {
    for (const { topic, partition, offset } of positions) {
      const leaderId = this.#link.leaderIdOf({ topic, partition });
      const reading = { topic, partition, position: offset, isPaused: false, leaderId };
      this.#readings.set(partitionKey(reading), reading);
    }
    this.#startLoops();
  }

  isReading(partition: TopicPartition): boolean {
    return this.#readings.has(partitionKey(partition));
  }

  pause(partition: TopicPartition): void {
    const reading = this.#readings.get(partitionKey(partition));
    if (reading !== undefined) reading.isPaused = true;
  }

  resume(partition: TopicPartition): void {
    const reading = this.#readings.get(partitionKey(partition));
    if (reading === undefined) return;
    reading.isPaused = false;
    this.look();
  }

  /** The budget may have grown: those who wait for it look again. */
  look(): void {
    this.#changed.notify();
  }

  /** Ends the loops; the link is left to its owner, whose closing cuts a long poll short. */
  stop(): void {
    this.#isStopped = true;
    this.#readings.clear();
    this.look();
  }

  #startLoops(): void {
    if (this.#isStopped) return;
    let hasUnled = false;
    for (const { leaderId } of this.#readings.values()) {
      if (leaderId === null) {
        hasUnled = true;
      } else if (!this.#loops.has(leaderId)) {
        this.#loops.add(leaderId);
        void this.#runLoop(leaderId);
      }
    }
    if (hasUnled && !this.#isFindingMissing) {
      this.#isFindingMissing = true;
      void this.#findMissingLeaders();
    }
    this.look();
  }

  async #runLoop(nodeId: number): Promise<void> {
    const { clock, random } = this.#link.setting;
    const backOff = new BackOff(pauses);
    let isFailing = false;
    while (!this.#isStopped && !this.#link.signal.aborted) {
      const seen = this.#changed.version;
      const wanted = [...this.#readings.values()].filter(({ leaderId }) => leaderId === nodeId);
      const active = this.#inTurn(wanted.filter(({ isPaused }) => !isPaused));
      const budgetBytes = this.#handlers.budgetBytes();
      if (active.length === 0 || budgetBytes <= 0) {
        await this.#changed.after(seen, this.#link.signal);
        continue;
      }
      try {
        const hasPaused = active.length < wanted.length;
        await this.#fetchOnce(nodeId, { active, hasPaused, budgetBytes });
        backOff.reset();
        if (isFailing) this.#log('info', 'kafka-reading-again', { nodeId });
        isFailing = false;
      } catch (cause) {
        if (this.#isStopped || this.#link.signal.aborted) break;
        const error = kafkaError(cause, `reading from broker ${nodeId}`);
        if (!error.retriable) {
          this.#fail(error, active);
          continue;
        }
        if (!isFailing) this.#log('warn', 'kafka-reading-stalled', { nodeId, error });
        isFailing = true;
        await clock.sleepMs(backOff.next(random), this.#link.signal);
        await this.#findLeaders();
      }
    }
    this.#loops.delete(nodeId);
  }

  /** Each fetch begins its list one further, since the broker fills an answer in the list's order. */
  #inTurn(readings: readonly Reading[]): readonly Reading[] {
    this.#turn += 1;
    const first = readings.length === 0 ? 0 : this.#turn % readings.length;
    return [...readings.slice(first), ...readings.slice(0, first)];
  }

  async #fetchOnce(
    nodeId: number,
    {
      active,
      hasPaused,
      budgetBytes,
    }: {
      readonly active: readonly Reading[];
      readonly hasPaused: boolean;
      readonly budgetBytes: number;
    },
  ): Promise<void> {
    const { limits, clock } = this.#link.setting;
    const broker = await this.#link.broker(nodeId);
    const positions = active.map((reading) => ({ ...reading, offset: reading.position }));
    const askedAtMs = clock.monotonicMs();
    const answers = await fetchPartitions(broker, {
      positions,
      waitMs: hasPaused ? shortPollMs : longPollMs,
      bytesMax: Math.min(limits.fetchBytes, budgetBytes),
      partitionBytesMax: Math.min(limits.fetchPartitionBytes, budgetBytes),
    });
    let isLeaderStale = false;
    for (const answer of answers) {
      const reading = active.find(
        ({ topic, partition }) => topic === answer.topic && partition === answer.partition,
      );
      if (reading === undefined || !this.#isCurrent(reading)) continue;
      const outcome = await this.#take(reading, answer, askedAtMs);
      if (outcome === 'leader-stale') isLeaderStale = true;
    }
    // The other partitions got what was read for them; this error only asks for a fresh look.
    if (isLeaderStale) throw protocolErrors.createErrorFromCode(notLeaderCode);
  }

  async #take(
    reading: Reading,
    answer: FetchedPartition,
    askedAtMs: number,
  ): Promise<'done' | 'leader-stale'> {
    if (answer.errorCode === offsetOutOfRangeCode) {
      await this.#goBackIntoRange(reading);
      return 'done';
    }
    if (answer.errorCode !== 0) {
      const cause = protocolErrors.createErrorFromCode(answer.errorCode);
      const error = kafkaError(cause, `reading ${partitionKey(reading)}`);
      if (error.retriable) return 'leader-stale';
      this.#fail(error, [reading]);
      return 'done';
    }
    const batch = await this.#decode(reading, answer, askedAtMs);
    if (batch === null || !this.#isCurrent(reading)) return 'done';
    reading.position = batch.nextOffset;
    this.#handlers.onBatch(batch);
    return 'done';
  }

  async #decode(
    reading: Reading,
    answer: FetchedPartition,
    askedAtMs: number,
  ): Promise<ReadBatch | null> {
    const { topic, partition, position } = reading;
    try {
      return await readBatch({ topic, partition, fromOffset: position }, answer, askedAtMs);
    } catch (cause) {
      const place = `${partitionKey(reading)} at offset ${position}`;
      this.#fail(kafkaError(cause, `reading ${place}`), [reading]);
      return null;
    }
  }

  async #goBackIntoRange(reading: Reading): Promise<void> {
    const key = partitionKey(reading);
    const logStart = (await logOffsets(this.#link, [reading], 'start')).get(key);
    const logEnd = (await logOffsets(this.#link, [reading], 'end')).get(key);
    if (!this.#isCurrent(reading) || logStart === undefined || logEnd === undefined) return;
    const { topic, partition, position } = reading;
    // Between the fetch and these questions the leader may have come to know more.
    if (position >= logStart && position <= logEnd) return;
    const next = this.#handlers.onOutOfRange({ topic, partition, position, logStart, logEnd });
    if (next === null) this.#readings.delete(key);
    else reading.position = next;
  }

  #isCurrent(reading: Reading): boolean {
    return this.#readings.get(partitionKey(reading)) === reading;
  }

  #fail(error: KafkaPortError, partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#readings.delete(partitionKey(partition));
    this.#handlers.onFailed(error, partitions);
  }

  /** One look at a time, however many loops ask for it. Does not throw. */
  #findLeaders(): Promise<void> {
    this.#looking ??= this.#lookForLeaders().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #lookForLeaders(): Promise<void> {
    try {
      await this.#link.refresh();
      for (const reading of this.#readings.values()) {
        reading.leaderId = this.#link.leaderIdOf(reading) ?? reading.leaderId;
      }
      this.#startLoops();
    } catch (cause) {
      const error = kafkaError(cause, 'looking for the leaders of partitions');
      this.#log('debug', 'kafka-leaders-unknown', { error });
      const isOver = this.#isStopped || this.#link.signal.aborted;
      if (!error.retriable && !isOver) this.#fail(error, [...this.#readings.values()]);
    }
  }

  async #findMissingLeaders(): Promise<void> {
    const { clock, random } = this.#link.setting;
    const backOff = new BackOff(pauses);
    const isUnled = ({ leaderId }: Reading): boolean => leaderId === null;
    while (!this.#isStopped && !this.#link.signal.aborted) {
      await this.#findLeaders();
      if (![...this.#readings.values()].some(isUnled)) break;
      await clock.sleepMs(backOff.next(random), this.#link.signal);
    }
    this.#isFindingMissing = false;
  }

  #log(level: 'debug' | 'info' | 'warn', event: string, fields: Record<string, unknown>): void {
    this.#link.setting.log(level, event, fields);
  }
}
