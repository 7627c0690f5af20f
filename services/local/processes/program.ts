import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '../../shared/clock/ports.ts';
import type { Keeper } from './keeper.ts';
import { LineSplitter, parseLogLine, type LogLine } from './log-lines.ts';

export interface ProgramOptions {
  /** What people call it: `dispatcher`, `cpu-worker-2`. */
  readonly name: string;
  /** The built file that plain Node runs, for example `dist/services/dispatcher/main.js`. */
  readonly entryFile: string;
  readonly programArguments?: readonly string[];
  /** All that the program gets to see; nothing is inherited. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends the program and what it started if this process dies. */
  readonly keeper: Keeper;
  readonly clock: Clock;
  readonly onLog?: (line: LogLine) => void;
}

/** How a program ended: an exit code, or the signal that ended it, or that it never ran. */
export type ProgramExit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly reason: string };

/** Lines kept for those who ask later, and for the message when an awaited one never comes. */
const linesKeptMax = 1000;
const linesQuoted = 10;

/** One run of one of our programs, with the faults that a test wants. */
export class Program {
  readonly name: string;
  /** Resolves when the program has ended, after its last line was passed on; never rejects. */
  readonly exited: Promise<ProgramExit>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #lines: LogLine[] = [];
  readonly #watchers = new Set<(line: LogLine) => void>();
  #exit: ProgramExit | null = null;

  constructor(options: ProgramOptions) {
    this.name = options.name;
    this.#clock = options.clock;
    const { keeper } = options;
    const programArguments = options.programArguments ?? [];
    // A process group of its own, so that what it forked can be ended with it, and so that Ctrl-C
    // in a terminal reaches only us, who know the order in which things must end.
    const child = spawn(process.execPath, [options.entryFile, ...programArguments], {
      detached: true,
      env: { ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    if (child.pid !== undefined) keeper.killAtEnd(child.pid);
    this.#follow(child.stdout, 'stdout', options.onLog);
    this.#follow(child.stderr, 'stderr', options.onLog);
    this.exited = new Promise((resolve) => {
      const settle = (exit: ProgramExit): void => {
        this.#exit = exit;
        resolve(exit);
      };
      child.once('error', (error) => settle({ kind: 'not-started', reason: error.message }));
      // At its end, and not when its output is closed: a forked child may hold that open for ever.
      child.once('exit', () => {
        if (child.pid === undefined) return;
        signalGroup(child.pid, 'SIGKILL');
        keeper.spare(child.pid);
      });
      child.once('close', (code, signal) => {
        if (child.pid === undefined) return;
        settle(
          signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signalled', signal },
        );
      });
    });
  }

  /** `null` when it could not be started. Stays the same after the end. */
  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get hasEnded(): boolean {
    return this.#exit !== null;
  }

  /**
   * Sends a signal to the program alone. What it forked is killed once the program has ended, as
   * the end of a container would.
   */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGSTOP to the program and all that it forked: a machine that hangs. */
  pause(): void {
    if (this.#child.pid !== undefined && !this.hasEnded) signalGroup(this.#child.pid, 'SIGSTOP');
  }

  /** SIGCONT to the same. */
  resume(): void {
    if (this.#child.pid !== undefined && !this.hasEnded) signalGroup(this.#child.pid, 'SIGCONT');
  }

  /** SIGTERM, then SIGKILL after `graceMs`. Resolves when the program has ended. Idempotent. */
  async stop(graceMs: number): Promise<ProgramExit> {
    this.kill('SIGTERM');
    // One that was paused would otherwise hear of it only after the grace.
    this.resume();
    const cancel = this.#clock.after(graceMs, () => this.kill('SIGKILL'));
    const exit = await this.exited;
    cancel();
    return exit;
  }

  /**
   * The first line that satisfies `predicate`, among the last 1000 written already or later.
   *
   * @throws Error with the program's last lines when it ends first or `withinMs` pass.
   */
  async waitForLog(predicate: (line: LogLine) => boolean, withinMs: number): Promise<LogLine> {
    const written = this.#lines.find(predicate);
    if (written !== undefined) return written;
    let watcher: ((line: LogLine) => void) | null = null;
    let cancelTimeout = (): void => undefined;
    const found = new Promise<LogLine>((resolve) => {
      watcher = (line) => {
        if (predicate(line)) resolve(line);
      };
      this.#watchers.add(watcher);
    });
    const tooLate = new Promise<string>((resolve) => {
      cancelTimeout = this.#clock.after(withinMs, () => resolve(`within ${withinMs} ms`));
    });
    const ended = this.exited.then((exit) => `before it ended (${describeExit(exit)})`);
    const outcome = await Promise.race([found, tooLate, ended]);
    cancelTimeout();
    if (watcher !== null) this.#watchers.delete(watcher);
    if (typeof outcome !== 'string') return outcome;
    throw new Error(
      `${this.name} did not write the line awaited ${outcome}; its last lines: ${this.lastLines()}`,
    );
  }

  /** The last lines on one line, for messages. */
  lastLines(): string {
    const texts = this.#lines.slice(-linesQuoted).map((line) => line.text);
    return texts.length === 0 ? 'none' : texts.join(' | ');
  }

  #follow(
    stream: NodeJS.ReadableStream | null,
    name: LogLine['stream'],
    onLog: ((line: LogLine) => void) | undefined,
  ): void {
    const splitter = new LineSplitter((text) => {
      const line = parseLogLine(name, text);
      this.#lines.push(line);
      if (this.#lines.length > linesKeptMax) this.#lines.shift();
      onLog?.(line);
      for (const watcher of this.#watchers) watcher(line);
    });
    stream?.setEncoding('utf8');
    stream?.on('data', (piece: string) => splitter.push(piece));
    stream?.on('end', () => splitter.end());
  }
}

export function describeExit(exit: ProgramExit): string {
  switch (exit.kind) {
    case 'exited':
      return `exit code ${exit.code}`;
    case 'signalled':
      return `signal ${exit.signal}`;
    case 'not-started':
      return `not started: ${exit.reason}`;
  }
}

/** Signals a whole process group; that nobody is left in it is no error. */
function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return;
    throw error;
  }
}
