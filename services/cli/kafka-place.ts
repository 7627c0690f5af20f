import type { SizeLimits } from '../shared/chunk/limits.ts';
import { defaultTopicPrefix, topicsWithPrefix } from '../shared/chunk/topics.ts';
import type { Topics } from '../shared/chunk/topics.ts';
import type { LogLevel } from '../shared/process/ports.ts';
import type { Sasl, Tls } from '../shared/process/settings.ts';
import { CommandError } from './command-error.ts';
import type { CliConfig } from './config.ts';
import { findRunningSystem } from './running-system.ts';

/** Which installation a command talks to. */
export interface KafkaPlace {
  readonly brokers: readonly string[];
  readonly tls: Tls | null;
  readonly sasl: Sasl | null;
  readonly topics: Topics;
  readonly limits: SizeLimits;
  /** Folder of claim checks; `null` where none is known. */
  readonly claimRoot: string | null;
  readonly logLevel: LogLevel;
}

/**
 * `KAFKA_BROKERS` decides; without it, the system that runs on this machine.
 *
 * @throws CommandError `configuration` when there is neither.
 */
export async function findKafka(config: CliConfig): Promise<KafkaPlace> {
  const { tls, sasl, limits, logLevel } = config;
  const common = { tls, sasl, limits, logLevel };
  if (config.brokers !== null) {
    const topics = topicsWithPrefix(config.topicPrefix ?? defaultTopicPrefix);
    return { ...common, brokers: config.brokers, topics, claimRoot: config.claimRoot };
  }
  const system = await findRunningSystem(config.stateFile);
  if (system === null) {
    throw new CommandError(
      'configuration',
      'no Kafka is known: start a system on this machine with `spillway up`, ' +
        'or set KAFKA_BROKERS=host:port',
    );
  }
  return {
    ...common,
    brokers: system.brokers,
    topics: topicsWithPrefix(config.topicPrefix ?? system.topicPrefix),
    claimRoot: config.claimRoot ?? system.claimRoot,
  };
}
