import { spawn } from 'node:child_process';
import type { Keeper } from './keeper.ts';
import { LineSplitter } from './log-lines.ts';

export interface CommandOptions {
  readonly command: string;
  readonly commandArguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Each line of standard output and standard error, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Ends the command and what it started if this process dies; else it runs on to its own end. */
  readonly keeper?: Keeper;
}

export interface CommandEnd {
  /** `missing`: there is no such command on the path. */
  readonly outcome: 'done' | 'failed' | 'missing';
  readonly exitCode: number | null;
  readonly lines: readonly string[];
}

/** The last lines are what a reader of a failure needs; a download writes hundreds before them. */
const linesKeptMax = 500;

/** Runs a command to its end. A command that fails or is missing is a value, not an error. */
export function runCommand(options: CommandOptions): Promise<CommandEnd> {
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
    if (lines.length > linesKeptMax) lines.shift();
    options.onLine?.(line);
  };
  return new Promise((resolve, reject) => {
    const child = spawn(options.command, [...options.commandArguments], {
      // A process group of its own is what the keeper can end as a whole.
      detached: options.keeper !== undefined,
      env: { ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = new LineSplitter(keep);
      stream.setEncoding('utf8');
      stream.on('data', (piece: string) => splitter.push(piece));
      stream.on('end', () => splitter.end());
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES') {
        resolve({ outcome: 'missing', exitCode: null, lines });
      } else {
        reject(error);
      }
    });
    const { pid } = child;
    if (pid !== undefined) options.keeper?.killAtEnd(pid);
    child.on('close', (exitCode) => {
      if (pid !== undefined) options.keeper?.spare(pid);
      resolve({ outcome: exitCode === 0 ? 'done' : 'failed', exitCode, lines });
    });
  });
}
