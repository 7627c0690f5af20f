import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Keeper } from '../../../services/local/processes/keeper.ts';
import { systemClock } from '../../../services/shared/clock/system.ts';

export interface ComponentOptions {
  readonly name: string;
  readonly command: string;
  readonly commandArguments: readonly string[];
  /** All that it gets to see; nothing is inherited. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly workFolder: string;
  /** Standard output and standard error go here. */
  readonly logFile: string;
  /** Ends it if this process dies. */
  readonly keeper: Keeper;
}

const logLinesQuoted = 12;

/** One program of a control plane, with its log in a file. */
export class Component {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  constructor(options: ComponentOptions) {
    this.name = options.name;
    this.logFile = options.logFile;
    const log = openSync(options.logFile, 'a');
    const child = spawn(options.command, [...options.commandArguments], {
      cwd: options.workFolder,
      detached: true,
      env: { ...options.environment },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) options.keeper.killAtEnd(pid);
    this.exited = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        if (pid !== undefined) options.keeper.spare(pid);
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM, then SIGKILL after `graceMs`. Resolves when it has ended. Idempotent. */
  async stop(graceMs: number): Promise<void> {
    this.kill('SIGTERM');
    this.kill('SIGCONT');
    const cancel = systemClock.after(graceMs, () => this.kill('SIGKILL'));
    await this.exited;
    cancel();
  }

  /** The last lines that it wrote, for messages. */
  lastLines(): string {
    const lines = readFileSync(this.logFile, 'utf8').split('\n');
    return lines
      .filter((line) => line.trim() !== '')
      .slice(-logLinesQuoted)
      .join('\n');
  }
}
