import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import kafkajs from 'kafkajs';
import type { SASLOptions } from 'kafkajs';
import type { Clock, Random } from '../../clock/ports.ts';
import type { SizeLimits } from '../../chunk/limits.ts';
import type {
  RoleSource,
  RoleSourceOptions,
  KafkaConnection,
  LagReader,
  LaneSource,
  LaneSourceOptions,
  RecordSink,
  TopicAdmin,
  TopicFollower,
} from '../ports.ts';
import { ClusterLink } from './cluster-link.ts';
import type { KafkaSetting } from './cluster-link.ts';
import { cureConnection } from './connection-cure.ts';
import { cureIdleTimer } from './idle-timer-cure.ts';
import { KafkajsRoleSource } from './role-source.ts';
import { kafkajsLogCreator } from './kafka-log.ts';
import type { KafkaLog } from './kafka-log.ts';
import { requireKnownKafkajs } from './kafkajs-version.ts';
import { KafkajsLagReader } from './lag-reader.ts';
import { KafkajsLaneSource } from './lane-source.ts';
import { KafkajsRecordSink } from './record-sink.ts';
import { Sockets } from './sockets.ts';
import { KafkajsTopicAdmin } from './topic-admin.ts';
import { KafkajsTopicFollower } from './topic-follower.ts';

export interface KafkaAddress {
  /** `host:port` of some brokers, which name the others. */
  readonly brokers: readonly string[];
  /** `null`: not encrypted. */
  readonly tls: {
    readonly authorityFile: string | null;
    readonly client: { readonly certificateFile: string; readonly keyFile: string } | null;
  } | null;
  /** `null`: no login. */
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: { reveal(): string };
  } | null;
}

export interface KafkaConnectOptions {
  readonly config: KafkaAddress;
  readonly clientId: string;
  readonly limits: SizeLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: {
    readonly [Level in Parameters<KafkaLog>[0]]: (
      event: string,
      fields: Readonly<Record<string, unknown>>,
    ) => void;
  };
}

/** Reads are cut short by their own waiting time; appends wait for replicas. */
const requestTimeoutMs = 10_000;

/**
 * The real adapter: Apache Kafka 2.3 and later, by kafkajs. Opens nothing until something is built.
 *
 * @throws KafkaPortError when kafkajs is not the version that this adapter knows.
 * @throws Error when a TLS file cannot be read.
 */
export function connectKafka(options: KafkaConnectOptions): KafkaConnection {
  requireKnownKafkajs();
  cureIdleTimer(options.clock);
  cureConnection();
  const setting = settingOf(options);
  const link = (timeoutMs = requestTimeoutMs): ClusterLink =>
    new ClusterLink(setting, { requestTimeoutMs: timeoutMs });
  return {
    recordSink: (): Promise<RecordSink> => Promise.resolve(new KafkajsRecordSink(link())),
    topicFollower: (): TopicFollower => new KafkajsTopicFollower(link()),
    roleSource: (source: RoleSourceOptions): RoleSource =>
      new KafkajsRoleSource(
        { group: link(source.sessionTimeoutMs / 2), reading: link(), settling: link() },
        source,
      ),
    laneSource: (source: LaneSourceOptions): LaneSource =>
      new KafkajsLaneSource({ group: link(source.sessionTimeoutMs / 2), reading: link() }, source),
    lagReader: (): Promise<LagReader> => Promise.resolve(new KafkajsLagReader(link())),
    topicAdmin: (): Promise<TopicAdmin> => openTopicAdmin(setting, link()),
  };
}

function settingOf(options: KafkaConnectOptions): KafkaSetting {
  const { config, clientId, limits, clock, random } = options;
  const log: KafkaLog = (level, event, fields) => options.log[level](event, fields);
  return {
    brokers: config.brokers,
    ssl: tlsOptions(config.tls),
    sasl: saslOptions(config.sasl),
    clientId,
    limits,
    clock,
    random,
    log,
  };
}

function tlsOptions(tls: KafkaAddress['tls']): ConnectionOptions | false {
  if (tls === null) return false;
  const { authorityFile, client } = tls;
  return {
    ...(authorityFile === null ? {} : { ca: readFileSync(authorityFile) }),
    ...(client === null
      ? {}
      : { cert: readFileSync(client.certificateFile), key: readFileSync(client.keyFile) }),
  };
}

function saslOptions(sasl: KafkaAddress['sasl']): SASLOptions | null {
  if (sasl === null) return null;
  const { mechanism, username } = sasl;
  return { mechanism, username, password: sasl.password.reveal() };
}

/** Topics are changed seldom and by the controller, for which kafkajs's own admin client serves. */
async function openTopicAdmin(setting: KafkaSetting, link: ClusterLink): Promise<TopicAdmin> {
  const sockets = new Sockets(setting.brokers, setting.ssl);
  const admin = new kafkajs.Kafka({
    brokers: [...sockets.seeds],
    socketFactory: sockets.factory,
    ssl: setting.ssl,
    ...(setting.sasl === null ? {} : { sasl: setting.sasl }),
    clientId: setting.clientId,
    requestTimeout: requestTimeoutMs,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: kafkajsLogCreator(setting.log),
  }).admin();
  await link.retrying('connecting to Kafka', () => admin.connect());
  return new KafkajsTopicAdmin(admin, link);
}
