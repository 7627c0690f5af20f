import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Keeper } from '../../services/local/processes/keeper.ts';
import {
  LineSplitter,
  parseLogLine,
  type LogLine,
} from '../../services/local/processes/log-lines.ts';
import type { StagedImage } from './staged-image.ts';

const script = join(import.meta.dirname, 'images', 'run-contained.sh');
const unshareArguments = ['--mount', '--pid', '--fork', '--kill-child', '/bin/sh', script];

/** What a container gets of its base and its engine; the machine's own variables stay outside. */
const baseEnvironment = { PATH: '/base:/usr/local/bin:/usr/bin:/bin', HOME: '/' };

export interface ContainedOptions {
  readonly image: StagedImage;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Folders of the machine to show read-only in the container: source to target. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Where the container gets an empty folder that everybody may write to, as a volume would be. */
  readonly volumes?: readonly string[];
  readonly keeper: Keeper;
}

/** One run of a command in a staged image, as a container would run it. */
export interface ContainedProgram {
  readonly lines: readonly LogLine[];
  /** Resolves with the exit code, or the signal that ended it, after its last line was read. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Everything that was written, for messages. */
  text(): string;
  /** The first line that satisfies `predicate`, written already or later. @throws Error at its end */
  line(predicate: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends a signal to the command itself, which is process 1 of its container. */
  kill(signal: NodeJS.Signals): void;
  /** Process id of the command, as the machine knows it. */
  pid(): number;
}

/** Why containers cannot be imitated here and what to do about it; `null` when they can. */
export function whyNotContained(): string | null {
  if (process.platform !== 'linux') return 'it needs mount namespaces, which only Linux has';
  const tried = spawnSync('unshare', ['--mount', '--pid', '--fork', 'setpriv', '--version']);
  if (tried.status === 0) return null;
  return (
    'it needs unshare and setpriv (util-linux) and the right to mount; ' +
    `run it as root: ${tried.error?.message ?? tried.stderr.toString().trim()}`
  );
}

/**
 * Starts a command as process 1 of a process and mount namespace of its own, with the image as a
 * read-only root, as user 65532 without capabilities. The network is the machine's.
 */
export function startContained(options: ContainedOptions): ContainedProgram {
  const { image, command, keeper } = options;
  const root = mkdtempSync(join(tmpdir(), 'spillway-root-'));
  const mounts = [
    ...Object.entries(options.mounts ?? {}).map(([from, to]) => `${from}=${to}`),
    ...(options.volumes ?? []).map((target) => `=${target}`),
  ];
  // Set it to the Node of the images to see that the programs run on that as well.
  const node = process.env['SPILLWAY_TEST_IMAGE_NODE'] ?? process.execPath;
  const child = spawn(
    'unshare',
    [...unshareArguments, root, image.folder, node, image.workdir, ...mounts, '--', ...command],
    {
      env: { ...baseEnvironment, ...image.environment, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const { pid } = child;
  keeper.removeAtEnd(root);
  if (pid !== undefined) keeper.killAtEnd(pid);
  const lines: LogLine[] = [];
  const watchers = new Set<() => void>();
  const onLine = (line: LogLine): void => {
    lines.push(line);
    for (const watcher of watchers) watcher();
  };
  follow(child.stdout, 'stdout', onLine);
  follow(child.stderr, 'stderr', onLine);
  const text = (): string => lines.map((line) => line.text).join('\n');
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (pid !== undefined) keeper.spare(pid);
      rmSync(root, { recursive: true, force: true });
      resolve(code ?? signal ?? 0);
    });
  });
  const isInside = (): number => processInside(child);
  return {
    lines,
    ended,
    text,
    line: async (predicate) => {
      const found = new Promise<LogLine>((resolve) => {
        const look = (): void => {
          const line = lines.find(predicate);
          if (line !== undefined) resolve(line);
        };
        watchers.add(look);
        look();
      });
      const end = ended.then((code) => {
        throw new Error(`${command.join(' ')} ended with ${code}:\n${text()}`);
      });
      return Promise.race([found, end]);
    },
    kill: (signal) => process.kill(isInside(), signal),
    pid: isInside,
  };
}

function follow(
  stream: NodeJS.ReadableStream,
  name: LogLine['stream'],
  onLine: (line: LogLine) => void,
): void {
  const splitter = new LineSplitter((text) => onLine(parseLogLine(name, text)));
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => splitter.push(piece));
  stream.on('end', () => splitter.end());
}

/** The one child of `unshare`, which becomes the command. */
function processInside(unshare: ChildProcess): number {
  const file = `/proc/${unshare.pid}/task/${unshare.pid}/children`;
  const inside = existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : 0;
  if (inside === 0) throw new Error('the contained command has not begun, or has ended');
  return inside;
}
