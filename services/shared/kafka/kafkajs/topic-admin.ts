import kafkajs from 'kafkajs';
import type { Admin, ConfigEntries } from 'kafkajs';
import { KafkaPortError, partitionKey } from '../ports.ts';
import type { TopicAdmin, TopicReport, TopicSettings } from '../ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import { isProtocolError, kafkaError } from './errors.ts';
import { committedOffsets, logOffsets, offsetsToCommit } from './offsets.ts';

/** Kafka's mark of a setting that was made for this topic, not inherited from the broker. */
const topicSource = kafkajs.ConfigSource.TOPIC_CONFIG;

/** What the broker holds of a topic. */
interface ExistingTopic {
  readonly partitions: number;
  readonly replication: number;
}

export class KafkajsTopicAdmin implements TopicAdmin {
  readonly #admin: Admin;
  readonly #link: ClusterLink;

  /** The admin is connected; both are owned by this object. */
  constructor(admin: Admin, link: ClusterLink) {
    this.#admin = admin;
    this.#link = link;
  }

  async ensure(topics: readonly TopicSettings[]): Promise<readonly TopicReport[]> {
    const reports: TopicReport[] = [];
    // One at a time: each is a change of the cluster's own data, and there are a dozen.
    for (const settings of topics) {
      reports.push(
        await this.#trying(`ensuring topic ${settings.topic}`, () => this.#ensure(settings)),
      );
    }
    return reports;
  }

  async ensureGroupOffsets(group: string, topics: readonly string[]): Promise<number> {
    await this.#link.know(topics);
    await this.#link.refresh();
    const partitions = this.#link.partitionsOf(topics);
    const committed = await committedOffsets(this.#link, group, partitions);
    const missing = partitions.filter((partition) => !committed.has(partitionKey(partition)));
    if (missing.length === 0) return 0;
    const starts = await logOffsets(this.#link, missing, 'start');
    const offsets = missing.map((partition) => ({
      ...partition,
      offset: starts.get(partitionKey(partition)) ?? 0,
      metadata: '',
    }));
    await this.#commitWithoutMembers(group, offsetsToCommit(offsets));
    return missing.length;
  }

  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    return this.#trying('counting partitions', async () => {
      const existing = await this.#existing(topics);
      return new Map(topics.map((topic) => [topic, existing.get(topic)?.partitions ?? null]));
    });
  }

  async retentionMs(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    await this.#link.know(topics);
    return this.#trying('reading how long topics keep their records', async () => {
      const entries = await this.#describeConfigs(topics);
      const retention = entries.filter(({ configName }) => configName === 'retention.ms');
      return new Map(
        retention.map(({ topic, configValue }) => [topic, keptFor(Number(configValue))]),
      );
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#admin.disconnect().catch(() => undefined), this.#link.close()]);
  }

  async #ensure(settings: TopicSettings): Promise<TopicReport> {
    const { topic } = settings;
    const existing = (await this.#existing([topic])).get(topic);
    if (existing === undefined) {
      if (await this.#create(settings)) {
        return { topic, partitions: settings.partitions, action: 'created', warnings: [] };
      }
      // Another program made it at the same moment, maybe with other settings.
      return this.#ensure(settings);
    }
    const partitions = Math.max(existing.partitions, settings.partitions);
    const hasGrown = partitions > existing.partitions;
    if (hasGrown) {
      await this.#admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
    }
    const hasChanged = await this.#changeConfig(fitting(settings, existing));
    const changed = hasChanged ? 'changed' : 'unchanged';
    const warnings = differences(settings, existing);
    return { topic, partitions, action: hasGrown ? 'grown' : changed, warnings };
  }

  /** Returns `false` when the topic exists already. */
  async #create({ topic, partitions, replication, config }: TopicSettings): Promise<boolean> {
    return this.#admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: replication,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ],
    });
  }

  /** Kafka replaces a topic's settings as a whole, so what others set there is sent along. */
  async #changeConfig({ topic, config }: TopicSettings): Promise<boolean> {
    const { TOPIC: type } = kafkajs.ConfigResourceTypes;
    const entries = await this.#describeConfigs([topic]);
    const own = entries.filter(({ configSource }) => configSource === topicSource);
    const before = new Map(own.map(({ configName, configValue }) => [configName, configValue]));
    const wanted = Object.entries(config);
    if (wanted.every(([name, value]) => before.get(name) === value)) return false;
    const after = new Map([...before, ...wanted]);
    const configEntries = [...after].map(([name, value]) => ({ name, value }));
    await this.#admin.alterConfigs({
      validateOnly: false,
      resources: [{ type, name: topic, configEntries }],
    });
    return true;
  }

  async #describeConfigs(
    topics: readonly string[],
  ): Promise<readonly (ConfigEntries & { readonly topic: string })[]> {
    const { TOPIC: type } = kafkajs.ConfigResourceTypes;
    const { resources } = await this.#admin.describeConfigs({
      resources: topics.map((name) => ({ type, name })),
      includeSynonyms: false,
    });
    return resources.flatMap(({ resourceName: topic, configEntries }) =>
      configEntries.map((entry) => ({ ...entry, topic })),
    );
  }

  async #existing(topics: readonly string[]): Promise<ReadonlyMap<string, ExistingTopic>> {
    const all = new Set(await this.#admin.listTopics());
    const wanted = topics.filter((topic) => all.has(topic));
    if (wanted.length === 0) return new Map();
    const metadata = await this.#admin.fetchTopicMetadata({ topics: wanted });
    return new Map(
      metadata.topics.map(({ name, partitions }) => [
        name,
        { partitions: partitions.length, replication: partitions[0]?.replicas.length ?? 0 },
      ]),
    );
  }

  async #commitWithoutMembers(
    group: string,
    topics: ReturnType<typeof offsetsToCommit>,
  ): Promise<void> {
    const doing = `committing first offsets of group ${group}`;
    try {
      await this.#link.askCoordinator({ kind: 'group', id: group, doing }, (coordinator) =>
        coordinator.offsetCommit({ groupId: group, groupGenerationId: -1, memberId: '', topics }),
      );
    } catch (error) {
      if (!isProtocolError(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION')) throw error;
      throw new KafkaPortError(
        'unexpected',
        `${doing} failed: the group has members; stop all programs that belong to it, run again, ` +
          'and start them afterwards',
        error,
      );
    }
  }

  #trying<T>(doing: string, action: () => Promise<T>): Promise<T> {
    return this.#link.retrying(doing, async () => {
      try {
        return await action();
      } catch (error) {
        throw kafkaError(error, doing);
      }
    });
  }
}

/**
 * A topic with fewer copies than wanted keeps its own number of replicas that must be in sync: the
 * wanted one could be more than it has, and then it would take no record any more.
 */
function fitting(settings: TopicSettings, existing: ExistingTopic): TopicSettings {
  if (existing.replication >= settings.replication) return settings;
  const { 'min.insync.replicas': _, ...config } = settings.config;
  return { ...settings, config };
}

/** Kafka writes -1 for ever. */
const keptFor = (retentionMs: number): number | null => (retentionMs < 0 ? null : retentionMs);

function differences(settings: TopicSettings, existing: ExistingTopic): readonly string[] {
  const { topic, partitions, replication } = settings;
  const warnings: string[] = [];
  if (existing.partitions > partitions) {
    warnings.push(
      `${topic} has ${existing.partitions} partitions, ${partitions} are wanted: partitions cannot ` +
        'be taken away, so the settings should name what is there',
    );
  }
  if (existing.replication !== replication) {
    warnings.push(
      `${topic} has ${existing.replication} copies, ${replication} are wanted: move it with ` +
        'kafka-reassign-partitions, or let the settings name what is there',
    );
  }
  return warnings;
}
