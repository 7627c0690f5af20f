import { localBrokerConfig } from '../../local/broker/config.ts';
import { LocalBrokerError } from '../../local/broker/errors.ts';
import { describeBrokerReport } from '../../local/broker/reports.ts';
import type { BrokerReport } from '../../local/broker/reports.ts';
import { startLocalBrokers } from '../../local/broker/start.ts';
import type { Keeper } from '../../local/processes/keeper.ts';
import { topicPlan } from '../../shared/chunk/topic-plan.ts';
import type { TopicPlanOptions } from '../../shared/chunk/topic-plan.ts';
import { defaultTopicPrefix, topicsWithPrefix } from '../../shared/chunk/topics.ts';
import type { KafkaConnection } from '../../shared/kafka/ports.ts';
import { prepareTopics } from '../../shared/kafka/prepare-topics.ts';
import { CommandError } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import type { CliConfig } from '../config.ts';
import type { KafkaPlace } from '../kafka-place.ts';
import { requireTopics } from '../reach-kafka.ts';

export interface OpenedPlace {
  readonly place: KafkaPlace;
  readonly connection: KafkaConnection;
}

/**
 * A lane needs a partition for each worker, and nodes may come before those that
 * leave are gone.
 */
const spareLanePartitions = 4;

/**
 * The reader's own Kafka, which must have the topics, or a broker of our own with all it needs.
 *
 * @throws CommandError `configuration` where Java or Maven are missing or the broker does not start,
 *   `kafka` or `topics-missing` for the reader's own.
 */
export async function openPlace(
  config: CliConfig,
  machine: {
    readonly tools: CommandTools;
    readonly keeper: Keeper;
    readonly claimRoot: string;
    readonly cpuWorkers: number;
    readonly gpuWorkers: number;
  },
): Promise<OpenedPlace> {
  const { tools, keeper, claimRoot, cpuWorkers, gpuWorkers } = machine;
  const { tls, sasl, limits, logLevel } = config;
  const topics = topicsWithPrefix(config.topicPrefix ?? defaultTopicPrefix);
  const brokers = config.brokers ?? (await startBroker(tools, keeper));
  const place = { brokers, tls, sasl, topics, limits, claimRoot, logLevel };
  const connection = tools.connect(place);
  const lane = { gpu: gpuWorkers + spareLanePartitions, cpu: cpuWorkers + spareLanePartitions };
  const plan: TopicPlanOptions = {
    topics,
    limits,
    partitions: { intake: 2, lane, done: 1, outcomes: 2 },
    replication: 1,
  };
  if (config.brokers === null) await prepare(connection, plan);
  else {
    const names = topicPlan(plan).map(({ topic }) => topic);
    await requireTopics(connection, names, { place, tools });
  }
  return { place, connection };
}

async function prepare(connection: KafkaConnection, plan: TopicPlanOptions): Promise<void> {
  const admin = await connection.topicAdmin();
  try {
    await prepareTopics(admin, plan);
  } finally {
    await admin.close();
  }
}

async function startBroker(tools: CommandTools, keeper: Keeper): Promise<readonly string[]> {
  const { terminal, clock, random, environment } = tools;
  const report = (news: BrokerReport): void => {
    const line = describeBrokerReport(news);
    if (news.kind === 'fetch-progress' && terminal.isWatched) terminal.show(line);
    else terminal.note(line);
  };
  try {
    const config = localBrokerConfig(environment);
    const brokers = await startLocalBrokers({ count: 1, config, keeper, clock, random, report });
    return brokers.addresses;
  } catch (error) {
    if (!(error instanceof LocalBrokerError)) throw error;
    throw new CommandError('configuration', error.message, error);
  } finally {
    terminal.show(null);
  }
}
