import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../../services/local/processes/command.ts';
import type { Keeper } from '../../../services/local/processes/keeper.ts';
import { moduleFolder } from './cache-folder.ts';
import type { BinaryGroup, PinnedBinary } from './pins.ts';

export interface BuildOptions {
  readonly group: BinaryGroup;
  readonly binary: PinnedBinary;
  /** Where the binary goes to. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends the compiler if this process dies. */
  readonly keeper: Keeper;
  /** Each package that was compiled or fetched: there are hundreds. */
  readonly onPackage: () => void;
}

/**
 * Builds one binary under another name and renames it when it is whole: a file of its name is always
 * good, whoever was killed meanwhile. What Go compiled until then is in its own cache.
 *
 * @throws Error with the compiler's last lines.
 */
export async function buildBinary(options: BuildOptions): Promise<void> {
  const { group, binary, folder, environment, keeper } = options;
  const workFolder = join(folder, `.work-${process.pid}-${group.name}`);
  const part = join(folder, `.${binary.name}.part-${process.pid}`);
  keeper.removeAtEnd(workFolder);
  keeper.removeAtEnd(part);
  copyModule(group.name, workFolder);
  const stamps = Object.entries(group.stamps).map(([name, value]) => `-X ${name}=${value}`);
  const end = await runCommand({
    command: 'go',
    commandArguments: [
      'build',
      '-C',
      workFolder,
      '-v',
      '-trimpath',
      '-buildvcs=false',
      // The wrapper names only what it wants; what that wants in turn is Go's to write down.
      '-mod=mod',
      '-ldflags',
      ['-s', '-w', ...stamps].join(' '),
      '-o',
      part,
      binary.package,
    ],
    environment: { ...environment, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '' },
    keeper,
    onLine: options.onPackage,
  });
  if (end.outcome !== 'done' || !existsSync(part)) {
    throw new Error(
      `'go build ${binary.package}' in ${moduleFolder(group.name)} failed ` +
        `(exit code ${end.exitCode ?? 'none'}): ${end.lines.slice(-5).join(' | ')}: ` +
        'check the network or GOPROXY, and the free memory (3 GB for KEDA), and run it again',
    );
  }
  chmodSync(part, 0o755);
  renameSync(part, join(folder, binary.name));
  rmSync(workFolder, { recursive: true, force: true });
}

/** Go writes into its module's folder, which is not the project's. */
function copyModule(group: string, target: string): void {
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(moduleFolder(group))) {
    copyFileSync(join(moduleFolder(group), file), join(target, file));
  }
}
