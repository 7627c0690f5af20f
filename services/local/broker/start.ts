import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Random } from '../../shared/clock/ports.ts';
import type { Keeper } from '../processes/keeper.ts';
import { projectFolder } from '../project-folder.ts';
import { BrokerProcess } from './broker-process.ts';
import { ensureKafkaFiles } from './cache.ts';
import type { LocalBrokerConfig } from './config.ts';
import { LocalBrokerError } from './errors.ts';
import { findFreePorts } from './free-ports.ts';
import { requireJava } from './java.ts';
import { awaitCluster } from './readiness.ts';
import type { BrokerReport } from './reports.ts';
import type { BrokerPlace } from './server-properties.ts';

export interface LocalBrokersPreparation {
  readonly config: LocalBrokerConfig;
  /** Ends the brokers and removes their data if this process dies without doing so. */
  readonly keeper: Keeper;
  readonly clock: Clock;
  readonly report: (report: BrokerReport) => void;
}

export interface LocalBrokersOptions extends LocalBrokersPreparation {
  readonly count: 1 | 3;
  readonly random: Random;
  /** Fixed places, `count` of them, for those who put a proxy before each; else free ports. */
  readonly places?: readonly BrokerPlace[];
}

/** One broker of the cluster, with the faults that a test wants. */
export interface LocalBroker {
  readonly id: number;
  /** `host:port` as clients are told. */
  readonly address: string;
  readonly logFile: string;
  /** `null` while it is killed. */
  readonly pid: number | null;
  /** SIGKILL: ends it at once; what it had written stays. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nobody. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Kills it if it runs and starts it on the same port and data. Resolves when it serves again. */
  restart(): Promise<void>;
}

export interface LocalBrokers {
  readonly addresses: readonly string[];
  readonly brokers: readonly LocalBroker[];
  /** Holds settings, logs and data; removed by `stop`. */
  readonly folder: string;
  /** Ends the brokers and removes their data. Idempotent. */
  stop(): Promise<void>;
}

/** Other programs may take a port between our look and the broker's start. */
const portAttemptsMax = 3;

/**
 * A broker is up in 3 s on an idle machine (measured, 2 cores); three at once under load took 15 s.
 */
const startTimeoutMs = 60_000;

/**
 * Makes sure that brokers can be started, which downloads Kafka where that was not done.
 *
 * @throws LocalBrokerError whose message is the line to show.
 */
export async function prepareLocalBrokers(options: LocalBrokersPreparation): Promise<void> {
  await requireJava(options.config);
  const pomFile = join(projectFolder(), 'services/local/broker/pom.xml');
  await ensureKafkaFiles({ ...options, pomFile });
}

/**
 * Starts real Apache Kafka brokers on this machine, fetching them first where that was not done.
 *
 * @throws LocalBrokerError whose message is the line to show; nothing is left running.
 */
export async function startLocalBrokers(options: LocalBrokersOptions): Promise<LocalBrokers> {
  await prepareLocalBrokers(options);
  for (let attempt = 1; ; attempt += 1) {
    const places = options.places ?? (await choosePlaces(options.count, options.random));
    try {
      return await startCluster(options, places);
    } catch (error) {
      const isTaken = error instanceof LocalBrokerError && error.code === 'port-taken';
      if (!isTaken || options.places !== undefined || attempt === portAttemptsMax) throw error;
      options.report({ kind: 'ports-taken', attempt });
    }
  }
}

async function choosePlaces(count: number, random: Random): Promise<readonly BrokerPlace[]> {
  const ports = await findFreePorts(count * 2, random);
  return Array.from({ length: count }, (_, index) => {
    const [port = 0, controllerPort = 0] = ports.slice(index * 2);
    return { id: index + 1, port, controllerPort, advertisedPort: port };
  });
}

async function startCluster(
  options: LocalBrokersOptions,
  places: readonly BrokerPlace[],
): Promise<LocalBrokers> {
  const { config, keeper, clock, random } = options;
  const startedAtMs = clock.monotonicMs();
  const folder = mkdtempSync(join(tmpdir(), 'spillway-broker-'));
  keeper.removeAtEnd(folder);
  const clusterId = Buffer.from(random.unique().slice(0, 16)).toString('base64url');
  const processes = places.map((place) => {
    const ownFolder = join(folder, `broker-${place.id}`);
    mkdirSync(ownFolder);
    return new BrokerProcess({
      config,
      keeper,
      place,
      cluster: places,
      clusterId,
      folder: ownFolder,
    });
  });
  const stop = async (): Promise<void> => {
    // Their data goes with them, so there is nothing that an orderly end would save.
    await Promise.all(processes.map((broker) => broker.kill()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(processes.map((broker) => broker.format()));
    for (const broker of processes) broker.start();
    await Promise.all(processes.map((broker) => awaitServing(broker, places.length, clock)));
  } catch (error) {
    await stop();
    throw error;
  }
  const addresses = processes.map((broker) => broker.address);
  options.report({
    kind: 'started',
    addresses,
    durationMs: clock.monotonicMs() - startedAtMs,
    logFiles: processes.map((broker) => broker.logFile),
  });
  const brokers = processes.map((broker, index) => asLocalBroker(broker, index + 1, clock));
  return { addresses, brokers, folder, stop };
}

/** @throws LocalBrokerError `start-failed` or `port-taken` that quotes the broker's last lines. */
async function awaitServing(
  broker: BrokerProcess,
  brokersMin: number,
  clock: Clock,
): Promise<void> {
  const giveUp = new AbortController();
  const cancelTimeout = clock.after(startTimeoutMs, () => giveUp.abort());
  let hasEnded = false;
  void broker.exited.then(() => {
    hasEnded = true;
    giveUp.abort();
  });
  const { signal } = giveUp;
  const { address, clusterId } = broker;
  const isServing = await awaitCluster({ address, clusterId, brokersMin, clock, signal });
  cancelTimeout();
  if (isServing) return;
  const what = hasEnded ? 'ended at its start' : `does not serve after ${startTimeoutMs / 1000} s`;
  throw new LocalBrokerError(
    broker.hasFoundPortTaken() ? 'port-taken' : 'start-failed',
    `the local Kafka broker at ${broker.address} ${what}; it said last: ${broker.lastLogLines()}`,
  );
}

function asLocalBroker(broker: BrokerProcess, id: number, clock: Clock): LocalBroker {
  return {
    id,
    address: broker.address,
    logFile: broker.logFile,
    get pid() {
      return broker.pid;
    },
    kill: () => broker.kill(),
    pause: () => broker.pause(),
    resume: () => broker.resume(),
    restart: async () => {
      await broker.kill();
      broker.start();
      // The others may be down at this moment, by intention: only this one is waited for.
      await awaitServing(broker, 1, clock);
    },
  };
}
