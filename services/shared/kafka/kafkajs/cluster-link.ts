import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster/index.js';
import type { Clock, Random } from '../../clock/ports.ts';
import type { SizeLimits } from '../../chunk/limits.ts';
import { KafkaPortError } from '../ports.ts';
import type { TopicPartition } from '../ports.ts';
import { isProtocolError, kafkaError } from './errors.ts';
import { kafkajsLogger } from './kafka-log.ts';
import type { KafkaLog } from './kafka-log.ts';
import { withRetries } from './retry.ts';
import { Sockets } from './sockets.ts';
import { waitAtMost } from './wait-at-most.ts';

/** What every part of one connection shares. */
export interface KafkaSetting {
  readonly brokers: readonly string[];
  readonly ssl: ConnectionOptions | boolean;
  readonly sasl: SASLOptions | null;
  readonly clientId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: KafkaLog;
  readonly limits: SizeLimits;
}

export type CoordinatorKind = 'group' | 'transaction';

const connectionTimeoutMs = 3_000;
const authenticationTimeoutMs = 10_000;
const reauthenticationThresholdMs = 10_000;

/** How long a caller waits for what the cluster does not give at once. */
export const answerBudgetMs = 20_000;

/** A topic that is unknown for longer than this is missing. */
const missingTopicGraceMs = 2_000;

/** Requests under way get this long to end before their sockets are cut. */
const closeGraceMs = 400;

/**
 * One client's connections to the cluster. The broker answers the requests of one connection one
 * after the other, so whoever must not wait behind a long poll, a join or a slow append has a link
 * of its own.
 */
export class ClusterLink {
  readonly setting: KafkaSetting;
  readonly #cluster: Cluster;
  readonly #sockets: Sockets;
  readonly #coordinators = new Map<string, Cluster.Broker>();
  readonly #closing = new AbortController();
  #isConnected = false;

  constructor(setting: KafkaSetting, options: { readonly requestTimeoutMs: number }) {
    this.setting = setting;
    this.#sockets = new Sockets(setting.brokers, setting.ssl);
    this.#cluster = new Cluster({
      logger: kafkajsLogger((level, event, fields) => {
        // What breaks while we close is what we break ourselves.
        if (!this.signal.aborted) setting.log(level, event, fields);
      }),
      brokers: this.#sockets.seeds,
      ssl: setting.ssl,
      sasl: setting.sasl ?? undefined,
      clientId: setting.clientId,
      connectionTimeout: connectionTimeoutMs,
      authenticationTimeout: authenticationTimeoutMs,
      reauthenticationThreshold: reauthenticationThresholdMs,
      requestTimeout: options.requestTimeoutMs,
      enforceRequestTimeout: true,
      // Asked for when an answer shows that it is stale, never by age.
      metadataMaxAge: Number.MAX_SAFE_INTEGER,
      // All trying again is ours: one policy, one clock, one source of randomness.
      retry: { retries: 0 },
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      isolationLevel: 1,
      socketFactory: this.#sockets.factory,
    });
  }

  get clock(): Clock {
    return this.setting.clock;
  }

  /** Aborts when the link closes. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Runs `action`, again and again within the usual budget while the cluster cannot be reached. */
  retrying<T>(doing: string, action: () => Promise<T>, budgetMs = answerBudgetMs): Promise<T> {
    const { clock, random } = this.setting;
    const { signal } = this;
    const pauses = { budgetMs, firstPauseMs: 5, pauseMsMax: 500 };
    return withRetries({ clock, random, signal, doing, ...pauses }, action);
  }

  /**
   * Connects if need be and learns where the partitions of `topics` are led.
   *
   * @throws KafkaPortError `topic-missing`, `unreachable`, `unauthorized`.
   */
  async know(topics: readonly string[]): Promise<void> {
    const doing = `looking up ${topics.join(', ')}`;
    const startedAtMs = this.clock.monotonicMs();
    await this.retrying(doing, async () => {
      try {
        await this.#connect();
        await this.#cluster.addMultipleTargetTopics(topics);
      } catch (error) {
        // A topic that was just created takes a moment to be known to every broker.
        const isMissing = isProtocolError(error, 'UNKNOWN_TOPIC_OR_PARTITION');
        if (!isMissing || this.clock.monotonicMs() - startedAtMs < missingTopicGraceMs) throw error;
        throw new KafkaPortError(
          'topic-missing',
          `${doing} failed: the broker does not have them all (run \`spillway topics ensure\`)`,
          error,
        );
      }
    });
  }

  /** One look at the present leaders of the known topics, which may fail; callers have their own pace of trying again. */
  async refresh(): Promise<void> {
    await this.#connect();
    await this.#cluster.refreshMetadata();
  }

  /** Partitions of known topics as of the last look. */
  partitionsOf(topics: readonly string[]): readonly TopicPartition[] {
    return topics.flatMap((topic) =>
      this.#cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId }) => ({ topic, partition: partitionId }))
        .toSorted((a, b) => a.partition - b.partition),
    );
  }

  metadataOf(topic: string): readonly Cluster.PartitionMetadata[] {
    return this.#cluster.findTopicPartitionMetadata(topic);
  }

  /** Node that leads the partition as of the last look; `null` for none. */
  leaderIdOf({ topic, partition }: TopicPartition): number | null {
    const all = this.#cluster.findTopicPartitionMetadata(topic);
    const leader = all.find(({ partitionId }) => partitionId === partition)?.leader ?? -1;
    return leader < 0 ? null : leader;
  }

  async broker(nodeId: number): Promise<Cluster.Broker> {
    await this.#connect();
    return this.#cluster.findBroker({ nodeId });
  }

  async anyBroker(): Promise<Cluster.Broker> {
    await this.#connect();
    return this.#cluster.brokerPool.findConnectedBroker();
  }

  /** The broker that keeps a group's or a transactional id's state; looked up once, then kept. */
  async coordinator(kind: CoordinatorKind, id: string): Promise<Cluster.Broker> {
    const key = `${kind}/${id}`;
    const known = this.#coordinators.get(key);
    if (known?.isConnected() === true) return known;
    const asked = await this.anyBroker();
    const { coordinator } = await asked.findGroupCoordinator({
      groupId: id,
      coordinatorType: kind === 'group' ? 0 : 1,
    });
    const broker = await this.broker(coordinator.nodeId);
    this.#coordinators.set(key, broker);
    return broker;
  }

  /** The next question goes to whoever is coordinator then. */
  forgetCoordinators(): void {
    this.#coordinators.clear();
  }

  /**
   * Asks the coordinator, who may have moved, within the usual budget.
   *
   * @throws KafkaPortError
   */
  askCoordinator<T>(
    request: { readonly kind: CoordinatorKind; readonly id: string; readonly doing: string },
    ask: (coordinator: Cluster.Broker) => Promise<T>,
    budgetMs = answerBudgetMs,
  ): Promise<T> {
    const attempt = async (): Promise<T> => {
      try {
        return await ask(await this.coordinator(request.kind, request.id));
      } catch (error) {
        if (kafkaError(error, request.doing).retriable) await this.#lookAgain(error);
        throw error;
      }
    };
    return this.retrying(request.doing, attempt, budgetMs);
  }

  /**
   * Lets requests under way end, for a moment or not at all (a long poll has nothing to lose), and
   * cuts what is left: within about a second, also when a broker answers nobody. Idempotent.
   */
  async close(how: 'gently' | 'at-once' = 'gently'): Promise<void> {
    this.#closing.abort();
    const ending = this.#cluster.disconnect();
    if (how === 'gently') await waitAtMost(this.clock, closeGraceMs, ending);
    this.#sockets.cut();
    await waitAtMost(this.clock, closeGraceMs, ending);
  }

  async #connect(): Promise<void> {
    if (this.signal.aborted) {
      throw new KafkaPortError('unexpected', 'this Kafka connection is closed already');
    }
    if (this.#isConnected) return;
    await this.#cluster.connect();
    this.#isConnected = true;
  }

  async #lookAgain(error: unknown): Promise<void> {
    // A transaction that still ends is no reason to look for another coordinator.
    if (isProtocolError(error, 'CONCURRENT_TRANSACTIONS')) return;
    this.forgetCoordinators();
    try {
      await this.#cluster.refreshMetadata();
    } catch (cause) {
      this.setting.log('debug', 'kafka-look-up-failed', { error: cause });
    }
  }
}
