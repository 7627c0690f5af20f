import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  ensureKafkaFiles,
  type KafkaFilesOptions,
} from '../../../../services/local/broker/cache.ts';
import { localBrokerConfig } from '../../../../services/local/broker/config.ts';
import type { BrokerReport } from '../../../../services/local/broker/reports.ts';
import { Keeper } from '../../../../services/local/processes/keeper.ts';
import { systemClock } from '../../../../services/shared/clock/system.ts';
import { temporaryFolder } from '../../../support/program-file.ts';

/** A stand-in for Maven that counts its runs and writes what a download would leave. */
const workingMaven = `
echo run >> "$RUNS"
for argument in "$@"; do
  case $argument in -DoutputDirectory=*) folder=\${argument#*=} ;; esac
done
echo '[INFO] Downloaded from central: https://repository.example/kafka.jar (7.4 MB at 30 MB/s)'
echo kafka > "$folder/kafka_2.13-4.1.1.jar"
sleep 0.2
echo scala > "$folder/scala-library-2.13.16.jar"
`;

const failingMaven = `
for argument in "$@"; do
  case $argument in -DoutputDirectory=*) folder=\${argument#*=} ;; esac
done
echo half > "$folder/kafka_2.13-4.1.1.jar"
echo '[ERROR] Could not transfer artifact: Unknown host -> [Help 1]'
exit 1
`;

interface Scene {
  readonly folder: string;
  readonly options: KafkaFilesOptions;
  readonly reports: BrokerReport[];
  readonly countRuns: () => number;
}

function scene(maven: string): Scene {
  const folder = temporaryFolder();
  const mavenCommand = join(folder, 'mvn');
  writeFileSync(mavenCommand, `#!/bin/sh\n${maven}`);
  chmodSync(mavenCommand, 0o755);
  const pomFile = join(folder, 'pom.xml');
  writeFileSync(pomFile, '<project/>');
  const runsFile = join(folder, 'runs');
  const keeper = new Keeper();
  onTestFinished(() => keeper.close());
  const environment = {
    ...process.env,
    RUNS: runsFile,
    SPILLWAY_CACHE_FOLDER: join(folder, 'cache'),
  };
  const reports: BrokerReport[] = [];
  const options = {
    config: { ...localBrokerConfig(environment), mavenCommand },
    pomFile,
    keeper,
    clock: systemClock,
    report: (report: BrokerReport) => void reports.push(report),
  };
  const countRuns = (): number =>
    existsSync(runsFile) ? readFileSync(runsFile, 'utf8').trim().split('\n').length : 0;
  return { folder, options, reports, countRuns };
}

/** What lies beside the cache folder, which must be nothing after any end. */
function leftovers({ options }: Scene): readonly string[] {
  const { cacheFolder } = options.config;
  return readdirSync(join(cacheFolder, '..')).filter((name) => !cacheFolder.endsWith(`/${name}`));
}

it('fetches once, says so, and is silent when everything is there', async () => {
  const here = scene(workingMaven);
  await ensureKafkaFiles(here.options);
  expect(here.reports.map((report) => report.kind)).toEqual(['fetch-started', 'fetch-finished']);
  expect(leftovers(here)).toEqual([]);

  await ensureKafkaFiles(here.options);
  expect(here.countRuns()).toBe(1);
  expect(here.reports).toHaveLength(2);
});

it('fetches again what was deleted or belongs to another pom', async () => {
  const here = scene(workingMaven);
  await ensureKafkaFiles(here.options);
  rmSync(join(here.options.config.cacheFolder, 'scala-library-2.13.16.jar'));
  await ensureKafkaFiles(here.options);
  expect(here.countRuns()).toBe(2);

  writeFileSync(here.options.pomFile, '<project>other</project>');
  await ensureKafkaFiles(here.options);
  expect(here.countRuns()).toBe(3);
  expect(leftovers(here)).toEqual([]);
});

it('lets only one of several at once fetch, and gives all of them the result', async () => {
  const here = scene(workingMaven);
  await Promise.all([1, 2, 3].map(() => ensureKafkaFiles(here.options)));
  expect(here.countRuns()).toBe(1);
  expect(here.reports.filter((report) => report.kind === 'fetch-waiting')).toHaveLength(2);
  expect(leftovers(here)).toEqual([]);
});

it('takes over the lock of a process that died while it was fetching', async () => {
  const here = scene(workingMaven);
  const { cacheFolder } = here.options.config;
  mkdirSync(join(cacheFolder, '..'), { recursive: true });
  // Above the largest process id that Linux gives out.
  writeFileSync(`${cacheFolder}.lock`, '4194305\n');
  await ensureKafkaFiles(here.options);
  expect(here.countRuns()).toBe(1);
  expect(leftovers(here)).toEqual([]);
});

it('takes over a lock too old to be true, whoever has the number of its process by now', async () => {
  const here = scene(workingMaven);
  const { cacheFolder } = here.options.config;
  mkdirSync(join(cacheFolder, '..'), { recursive: true });
  writeFileSync(`${cacheFolder}.lock`, `${process.pid}\n`);
  utimesSync(`${cacheFolder}.lock`, 1_600_000_000, 1_600_000_000);
  await ensureKafkaFiles(here.options);
  expect(here.countRuns()).toBe(1);
});

it('leaves nothing that passes for complete when Maven fails, and says what Maven said', async () => {
  const here = scene(failingMaven);
  await expect(ensureKafkaFiles(here.options)).rejects.toMatchObject({
    code: 'fetch-failed',
    message: expect.stringMatching(/Could not transfer artifact: Unknown host: check the network/),
  });
  expect(existsSync(here.options.config.cacheFolder)).toBe(false);
  expect(leftovers(here)).toEqual([]);
});

it('refuses a success of Maven that brought no Kafka', async () => {
  const here = scene('exit 0');
  await expect(ensureKafkaFiles(here.options)).rejects.toMatchObject({ code: 'fetch-failed' });
  expect(existsSync(here.options.config.cacheFolder)).toBe(false);
});

it('says what to install where there is no Maven', async () => {
  const here = scene(workingMaven);
  const config = { ...here.options.config, mavenCommand: join(here.folder, 'absent') };
  await expect(ensureKafkaFiles({ ...here.options, config })).rejects.toMatchObject({
    code: 'maven-missing',
    message: expect.stringMatching(/install Maven 3.8 or later, or set KAFKA_BROKERS/),
  });
  expect(leftovers(here)).toEqual([]);
});
