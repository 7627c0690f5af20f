import type { Clock } from '../../clock/ports.ts';
import { KafkaPortError } from '../ports.ts';
import type {
  AppendedRecord,
  OutgoingRecord,
  TopicPartition,
  TopicReport,
  TopicSettings,
} from '../ports.ts';
import { PartitionLog, recordBytes } from './partition-log.ts';
import type { Transaction } from './partition-log.ts';

interface Topic {
  readonly logs: PartitionLog[];
  readonly replication: number;
  readonly config: Map<string, string>;
  readonly listeners: Set<() => void>;
  /** Where the next record without key and partition goes. */
  spread: number;
}

/** `max.message.bytes` of a topic that does not set it, as Kafka 4.1 has it. */
const recordBytesDefault = 1_048_588;
/** `retention.ms` of such a topic: a week. */
const retentionMsDefault = 604_800_000;

/** All topics of one cluster. Topics exist only once they were made: nothing is auto-created. */
export class MemoryTopics {
  readonly #clock: Clock;
  readonly #topics = new Map<string, Topic>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ensure(settings: TopicSettings): TopicReport {
    const existing = this.#topics.get(settings.topic);
    if (existing === undefined) return this.#create(settings);
    const { topic, partitions, replication, config } = settings;
    const warnings: string[] = [];
    if (existing.logs.length > partitions) {
      warnings.push(
        `${topic} has ${existing.logs.length} partitions, ${partitions} are wanted; partitions are never removed`,
      );
    }
    if (existing.replication !== replication) {
      warnings.push(
        `${topic} has replication ${existing.replication}, ${replication} is wanted; reassign its partitions to change that`,
      );
    }
    const isGrown = existing.logs.length < partitions;
    grow(existing, settings);
    const isChanged = Object.entries(config).some(
      ([name, value]) => existing.config.get(name) !== value,
    );
    for (const [name, value] of Object.entries(config)) existing.config.set(name, value);
    const action = isGrown ? 'grown' : isChanged ? 'changed' : 'unchanged';
    return { topic, partitions: existing.logs.length, action, warnings };
  }

  #create(settings: TopicSettings): TopicReport {
    const { topic, partitions, replication, config } = settings;
    const created: Topic = {
      logs: [],
      replication,
      config: new Map(Object.entries(config)),
      listeners: new Set(),
      spread: 0,
    };
    grow(created, settings);
    this.#topics.set(topic, created);
    return { topic, partitions, action: 'created', warnings: [] };
  }

  partitionCount(topic: string): number | null {
    return this.#topics.get(topic)?.logs.length ?? null;
  }

  /** `null`: for ever. @throws KafkaPortError `topic-missing`. */
  retentionMs(topic: string): number | null {
    const retentionMs = Number(this.#topic(topic).config.get('retention.ms') ?? retentionMsDefault);
    return retentionMs < 0 ? null : retentionMs;
  }

  /** @throws KafkaPortError `topic-missing`. */
  logs(topic: string): readonly PartitionLog[] {
    return this.#topic(topic).logs;
  }

  /** @throws KafkaPortError `topic-missing`, for a partition that does not exist as well. */
  log({ topic, partition }: TopicPartition): PartitionLog {
    const log = this.#topic(topic).logs[partition];
    if (log !== undefined) return log;
    throw new KafkaPortError('topic-missing', `Topic ${topic} has no partition ${partition}.`);
  }

  /** @throws KafkaPortError `topic-missing` or `record-too-large`, with nothing appended. */
  check(record: OutgoingRecord): void {
    const topic = this.#topic(record.topic);
    if (record.partition !== undefined) this.log({ ...record, partition: record.partition });
    const bytesMax = Number(topic.config.get('max.message.bytes') ?? recordBytesDefault);
    const bytes = recordBytes(record);
    if (bytes <= bytesMax) return;
    throw new KafkaPortError(
      'record-too-large',
      `A record of ${bytes} bytes is more than the ${bytesMax} that topic ${record.topic} takes; raise max.message.bytes or send less.`,
    );
  }

  append(record: OutgoingRecord, transaction: Transaction | null): AppendedRecord {
    this.check(record);
    const topic = this.#topic(record.topic);
    const partition = record.partition ?? choosePartition(topic, record.key);
    const nowMs = Math.floor(this.#clock.nowMs());
    const { offset } = this.log({ topic: record.topic, partition }).append(
      record,
      nowMs,
      transaction,
    );
    this.changed(record.topic);
    const isBrokerTime = topic.config.get('message.timestamp.type') === 'LogAppendTime';
    return { topic: record.topic, partition, offset, appendedAtMs: isBrokerTime ? nowMs : null };
  }

  /** Calls `listener` at once whenever a log of these topics changes; returns how to stop that. */
  watch(topics: readonly string[], listener: () => void): () => void {
    const watched = topics.map((topic) => this.#topic(topic));
    for (const { listeners } of watched) listeners.add(listener);
    return () => {
      for (const { listeners } of watched) listeners.delete(listener);
    };
  }

  changed(topic: string): void {
    for (const listener of this.#topic(topic).listeners) listener();
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic !== undefined) return topic;
    throw new KafkaPortError('topic-missing', `Topic ${name} does not exist; create it first.`);
  }
}

function grow(topic: Topic, settings: TopicSettings): void {
  while (topic.logs.length < settings.partitions) {
    topic.logs.push(new PartitionLog(settings.topic, topic.logs.length));
  }
}

/** Any fixed hash serves (FNV-1a): equal keys share a partition, as with Kafka's own. */
function choosePartition(topic: Topic, key: Buffer | null): number {
  if (key === null) {
    topic.spread = (topic.spread + 1) % topic.logs.length;
    return topic.spread;
  }
  let hash = 0x811c9dc5;
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % topic.logs.length;
}
