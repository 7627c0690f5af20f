import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../../services/local/processes/command.ts';
import { Keeper } from '../../../services/local/processes/keeper.ts';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { buildBinary } from './build-binary.ts';
import { binariesFolder } from './cache-folder.ts';
import { findGo } from './go-command.ts';
import {
  missingModuleFiles,
  modulesWithFiles,
  moduleCacheFolder,
  moduleFiles,
} from './module-files.ts';
import { binaryGroups } from './pins.ts';

/**
 * `npm run cluster:build [-- GROUP…]`: builds what is not there yet of the pinned programs, all groups
 * if none is named. May be stopped at any time and run again. Exits 2 without Go, 1 if a build fails.
 */
const progressIntervalMs = 10_000;

/** A program's start is where the environment is read; `go` wants most of it. */
const environment = process.env;
const keeper = new Keeper();
process.exitCode = await build(process.argv.slice(2));
await keeper.close();

async function build(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !binaryGroups.some((group) => group.name === name));
  if (unknown.length > 0) {
    const known = binaryGroups.map(({ name }) => name).join(', ');
    console.error(`there is no group ${unknown.join(', ')}; there are ${known}`);
    return 2;
  }
  const go = await findGo(environment);
  if (go.kind === 'unusable') {
    console.error(go.problem);
    return 2;
  }
  const folder = binariesFolder(environment);
  mkdirSync(folder, { recursive: true });
  const groups = binaryGroups.filter(({ name }) => names.length === 0 || names.includes(name));
  const wanted = groups
    .flatMap((group) => group.binaries.map((binary) => ({ group, binary })))
    .filter(({ binary }) => !existsSync(join(folder, binary.name)));
  const startedAtMs = systemClock.monotonicMs();
  for (const [index, { group, binary }] of wanted.entries()) {
    const left = wanted.slice(index).reduce((sum, each) => sum + each.binary.secondsExpected, 0);
    console.log(
      `building ${binary.name} ${group.version} (${index + 1} of ${wanted.length}, ` +
        `at most about ${minutes(left)} left for all)`,
    );
    const progress = tellProgress(binary.name);
    try {
      await buildBinary({ group, binary, folder, environment, keeper, onPackage: progress.count });
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      return 1;
    } finally {
      progress.end();
    }
    console.log(`built ${binary.name} in ${progress.seconds()} s`);
  }
  await fetchModuleFiles();
  const spentS = (systemClock.monotonicMs() - startedAtMs) / 1000;
  console.log(
    `${folder}: ${wanted.length} programs built in ${Math.round(spentS)} s, the others were there`,
  );
  return 0;
}

interface Progress {
  readonly count: () => void;
  readonly seconds: () => number;
  readonly end: () => void;
}

/** A line every few seconds, since one program takes up to ten minutes. */
function tellProgress(name: string): Progress {
  const startedAtMs = systemClock.monotonicMs();
  const seconds = (): number => Math.round((systemClock.monotonicMs() - startedAtMs) / 1000);
  let packages = 0;
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = systemClock.after(progressIntervalMs, () => {
      console.log(`  ${name}: ${packages} packages, ${seconds()} s`);
      next();
    });
  };
  next();
  return { count: () => (packages += 1), seconds, end: () => cancel() };
}

/** Go may have cleaned its module cache since the build: resources' definitions are read from it. */
async function fetchModuleFiles(): Promise<void> {
  const files = moduleFiles(moduleCacheFolder(environment));
  if (missingModuleFiles(files).length === 0) return;
  for (const module of modulesWithFiles) {
    console.log(`fetching ${module}`);
    await runCommand({
      command: 'go',
      commandArguments: ['mod', 'download', module],
      environment: { ...environment, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' },
      keeper,
    });
  }
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
