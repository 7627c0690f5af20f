import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../processes/command.ts';
import type { Keeper } from '../processes/keeper.ts';
import type { LocalBrokerConfig } from './config.ts';
import { LocalBrokerError } from './errors.ts';
import { serverProperties, type BrokerPlace } from './server-properties.ts';

export interface BrokerProcessOptions {
  readonly config: LocalBrokerConfig;
  readonly keeper: Keeper;
  readonly place: BrokerPlace;
  readonly cluster: readonly BrokerPlace[];
  /** 22 characters, base64url of 16 bytes; the same for all brokers of a cluster. */
  readonly clusterId: string;
  /** The broker's own folder: settings, log and data. */
  readonly folder: string;
}

/** Enough for tests and a demonstration; three of these fit into 2 GB. */
const jvmArguments: readonly string[] = [
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Djava.awt.headless=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
];

const logLinesQuoted = 12;

/** One broker's Java process on one port and one data folder, through kills and restarts. */
export class BrokerProcess {
  readonly address: string;
  readonly clusterId: string;
  readonly logFile: string;
  readonly #options: BrokerProcessOptions;
  readonly #propertiesFile: string;
  #child: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();

  constructor(options: BrokerProcessOptions) {
    this.#options = options;
    this.address = `127.0.0.1:${options.place.advertisedPort}`;
    this.clusterId = options.clusterId;
    this.logFile = join(options.folder, 'broker.log');
    this.#propertiesFile = join(options.folder, 'server.properties');
  }

  /** `null` while no process runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves when the present process, if there is one, has ended. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** Writes the settings and prepares the empty data folder; once, before the first start. */
  async format(): Promise<void> {
    const { folder, place, cluster, config, keeper } = this.#options;
    const dataFolder = join(folder, 'data');
    mkdirSync(dataFolder, { recursive: true });
    writeFileSync(this.#propertiesFile, serverProperties(place, cluster, dataFolder));
    const end = await runCommand({
      command: config.javaCommand,
      commandArguments: [
        ...this.#javaArguments('kafka.tools.StorageTool'),
        'format',
        `--cluster-id=${this.clusterId}`,
        `--config=${this.#propertiesFile}`,
      ],
      environment: config.environment,
      keeper,
    });
    if (end.outcome !== 'done') {
      throw new LocalBrokerError(
        'format-failed',
        `Kafka could not prepare its data folder ${dataFolder}: ${end.lines.slice(-3).join(' | ')}`,
      );
    }
  }

  /** Starts the process; whether it serves is the caller's question. Does nothing while it runs. */
  start(): void {
    if (this.#child !== null) return;
    const { config, keeper, folder } = this.#options;
    const log = openSync(this.logFile, 'a');
    const child = spawn(
      config.javaCommand,
      [...this.#javaArguments('kafka.Kafka'), this.#propertiesFile],
      { cwd: folder, detached: true, env: { ...config.environment }, stdio: ['ignore', log, log] },
    );
    closeSync(log);
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) keeper.killAtEnd(pid);
    this.#exited = new Promise((resolve) => {
      const end = (): void => {
        if (pid !== undefined) keeper.spare(pid);
        this.#child = null;
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
  }

  /** Ends the process at once, as a power cut would, and resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** Stops the process without ending it: its connections stay open and nobody answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** What the broker said last, on one line, for the message of a failed start. */
  lastLogLines(): string {
    if (!existsSync(this.logFile)) return 'it wrote no log';
    const lines = readFileSync(this.logFile, 'utf8').split('\n');
    // A stack trace's frames say less than the lines between which they stand.
    const telling = lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
    return telling.slice(-logLinesQuoted).join(' | ');
  }

  hasFoundPortTaken(): boolean {
    return this.lastLogLines().includes('Address already in use');
  }

  #javaArguments(mainClass: string): readonly string[] {
    // A star on a class path stands for the folder's jars; Java expands it, no shell does.
    return [...jvmArguments, '-cp', join(this.#options.config.cacheFolder, '*'), mainClass];
  }
}
