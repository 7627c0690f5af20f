import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../shared/clock/ports.ts';
import { runCommand } from '../processes/command.ts';
import type { Keeper } from '../processes/keeper.ts';
import type { LocalBrokerConfig } from './config.ts';
import { LocalBrokerError } from './errors.ts';
import { releaseFetchLock, takeFetchLock } from './fetch-lock.ts';
import { countMavenLine, mavenFailure, noMavenProgress } from './maven-output.ts';
import type { BrokerReport } from './reports.ts';

export interface KafkaFilesOptions {
  readonly config: LocalBrokerConfig;
  /** The pom that names the artifacts. */
  readonly pomFile: string;
  readonly keeper: Keeper;
  readonly clock: Clock;
  readonly report: (report: BrokerReport) => void;
}

/** Its presence says that the folder is complete; it is written before the folder gets its name. */
const markerName = 'complete.json';

/** Files that Maven 3.8.7 fetches into an empty repository for our pom, its plugin included. */
const filesMax = 355;

/** Between two reports of progress; a person reads no faster. */
const progressIntervalMs = 1000;

/**
 * Makes sure that Apache Kafka's jars lie in the cache folder; takes a few milliseconds if they do.
 *
 * They are fetched into a temporary folder that is renamed when it is complete, so a reader sees
 * all of them or none, whoever is killed and however many do this at once.
 *
 * @throws LocalBrokerError `maven-missing` or `fetch-failed`, with what to do.
 */
export async function ensureKafkaFiles(options: KafkaFilesOptions): Promise<void> {
  const { config, clock } = options;
  const pomDigest = createHash('sha256').update(readFileSync(options.pomFile)).digest('hex');
  const isDone = (): boolean => isComplete(config.cacheFolder, pomDigest);
  if (isDone()) return;

  mkdirSync(dirname(config.cacheFolder), { recursive: true });
  const lockFile = `${config.cacheFolder}.lock`;
  const onWait = (pid: number): void => options.report({ kind: 'fetch-waiting', pid });
  if (!(await takeFetchLock({ lockFile, clock, onWait, isDone }))) return;
  try {
    await fetchInto(options, pomDigest);
  } finally {
    releaseFetchLock(lockFile);
  }
}

async function fetchInto(options: KafkaFilesOptions, pomDigest: string): Promise<void> {
  const { config, clock, report } = options;
  const startedAtMs = clock.monotonicMs();
  const temporaryFolder = mkdtempSync(`${config.cacheFolder}.part-`);
  options.keeper.removeAtEnd(temporaryFolder);
  report({ kind: 'fetch-started', folder: config.cacheFolder });
  try {
    await runMaven(options, temporaryFolder);
    const jars = readdirSync(temporaryFolder).filter((name) => name.endsWith('.jar'));
    if (!jars.some((name) => name.startsWith('kafka_'))) {
      throw new LocalBrokerError(
        'fetch-failed',
        `Maven reported success and left no Kafka jar in ${temporaryFolder}: run by hand ` +
          `'mvn -f ${options.pomFile} dependency:copy-dependencies' to see why`,
      );
    }
    const sizes = jars.map((name) => [name, statSync(join(temporaryFolder, name)).size]);
    const marker = { pomDigest, jarBytes: Object.fromEntries(sizes) };
    writeFileSync(join(temporaryFolder, markerName), `${JSON.stringify(marker, null, 2)}\n`);
    putInPlace(temporaryFolder, config.cacheFolder, pomDigest);
    report({
      kind: 'fetch-finished',
      jars: jars.length,
      durationMs: clock.monotonicMs() - startedAtMs,
    });
  } finally {
    rmSync(temporaryFolder, { recursive: true, force: true });
  }
}

async function runMaven(options: KafkaFilesOptions, outputFolder: string): Promise<void> {
  const { config, clock, keeper, report } = options;
  let progress = noMavenProgress;
  let reportedAtMs = clock.monotonicMs();
  const end = await runCommand({
    command: config.mavenCommand,
    commandArguments: [
      '--batch-mode',
      '--strict-checksums',
      `--file=${options.pomFile}`,
      'org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${outputFolder}`,
    ],
    environment: config.environment,
    keeper,
    onLine: (line) => {
      progress = countMavenLine(progress, line);
      if (progress.files === 0 || clock.monotonicMs() - reportedAtMs < progressIntervalMs) return;
      reportedAtMs = clock.monotonicMs();
      report({ kind: 'fetch-progress', ...progress, filesMax: Math.max(filesMax, progress.files) });
    },
  });
  if (end.outcome === 'done') return;
  if (end.outcome === 'missing') {
    throw new LocalBrokerError(
      'maven-missing',
      `fetching the local Kafka broker needs Maven and '${config.mavenCommand}' does not run: ` +
        'install Maven 3.8 or later, or set KAFKA_BROKERS to a broker of your own',
    );
  }
  throw new LocalBrokerError(
    'fetch-failed',
    `Maven could not fetch the local Kafka broker: ${mavenFailure(end.lines)}: check the network ` +
      "or the mirror in Maven's settings.xml, or set KAFKA_BROKERS to a broker of your own",
  );
}

/** Gives the finished folder its name, unless another process was faster. */
function putInPlace(temporaryFolder: string, cacheFolder: string, pomDigest: string): void {
  if (isComplete(cacheFolder, pomDigest)) return;
  if (existsSync(cacheFolder)) {
    // A folder of another pom or with files missing steps aside in one move, like its successor.
    const aside = `${temporaryFolder}.old`;
    renameSync(cacheFolder, aside);
    rmSync(aside, { recursive: true, force: true });
  }
  renameSync(temporaryFolder, cacheFolder);
}

/** Whether the folder holds every jar of this very pom, with the sizes they had when fetched. */
function isComplete(folder: string, pomDigest: string): boolean {
  try {
    const marker: unknown = JSON.parse(readFileSync(join(folder, markerName), 'utf8'));
    if (!isMarker(marker) || marker.pomDigest !== pomDigest) return false;
    return Object.entries(marker.jarBytes).every(
      ([name, bytes]) => statSync(join(folder, name)).size === bytes,
    );
  } catch {
    // Missing, unreadable or half deleted: all mean that it must be fetched.
    return false;
  }
}

interface Marker {
  readonly pomDigest: string;
  readonly jarBytes: Readonly<Record<string, unknown>>;
}

function isMarker(value: unknown): value is Marker {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pomDigest' in value &&
    'jarBytes' in value &&
    typeof value.jarBytes === 'object' &&
    value.jarBytes !== null
  );
}
