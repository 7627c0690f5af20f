import { fork, type ChildProcess } from 'node:child_process';
import type { FailureReason } from '../../shared/chunk/reasons.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import { isRetriable } from './chunk-error.ts';
import { lastWordsOf } from './last-words.ts';
import { residentBytes } from './memory.ts';
import {
  ExecutorError,
  type ExecutorChunk,
  type ExecutorOutcome,
  type ModelDescription,
} from './ports.ts';
import { readFromChild, type ChildSettings, type FromChild, type ToChild } from './protocol.ts';

export interface SlotOptions {
  /** Path of the built child program, `dist/services/worker/executor/main.js`. */
  readonly childPath: string;
  readonly settings: ChildSettings;
  /** All that the child's environment holds. */
  readonly environment: Readonly<Record<string, string>>;
  /** Wall-clock time that one chunk may take before its child is killed. */
  readonly executionMsMax: number;
  /** Time until a child must be ready; a GPU may build engines for minutes the first time. */
  readonly loadMsMax: number;
  /** Resident memory of a child above which it is killed. */
  readonly memoryBytesMax: number;
}

export interface LoadedSlot {
  readonly models: readonly ModelDescription[];
  readonly notices: readonly string[];
}

/** Why a child ended, in the words of a failure for the chunks that it had. */
export interface Ending {
  readonly reason: FailureReason;
  readonly message: string;
}

/** Chunks that the child has and has not answered, in the order in which it will. */
interface Hand {
  readonly unanswered: ExecutorChunk[];
  readonly onOutcome: (outcome: ExecutorOutcome) => void;
  readonly onEmpty: () => void;
}

/** Looked at only while a chunk is in hand; a decoder allocates some 200 MB a second at most. */
const memoryLookMs = 200;
/** A killed process that waits for a driver may not end; it is given up, not waited for. */
const killPatienceMs = 5000;
const stderrCharactersKept = 2000;

/**
 * One executor child from its start to its end:
 *
 *     starting → idle ⇄ busy → ended
 *
 * `starting` leads to `ended` when loading fails, is late or the child dies; `idle` when it dies or
 * is closed; `busy` also when a chunk takes too long or too much memory, or the provider failed. An
 * ended slot is thrown away: the pool starts another, so no state of a bad chunk outlives it.
 */
export class ExecutorSlot {
  readonly #options: SlotOptions;
  readonly #clock: Clock;
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ending>;
  #reportEnd: (ending: Ending) => void = () => undefined;
  #onLoading: (message: FromChild) => void = () => undefined;
  #ending: Ending | null = null;
  #isEnded = false;
  #hand: Hand | null = null;
  #cancelDeadline: () => void = () => undefined;
  #stderr = '';

  constructor(options: SlotOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#ended = new Promise((resolve) => {
      this.#reportEnd = resolve;
    });
    this.#child = fork(options.childPath, [], {
      serialization: 'advanced',
      // The child watches its standard input for our end; its last words are kept for the failure.
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
      env: { ...options.environment },
      cwd: '/',
      execArgv: [],
    });
    this.#child.on('message', (message) => this.#hear(readFromChild(message)));
    this.#child.on('exit', (code, signal) => this.#finish(describeExit(code, signal)));
    this.#child.on('error', (error) => this.#finish(`could not be started: ${error.message}`));
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrCharactersKept);
    });
  }

  get processId(): number | null {
    return this.#child.pid ?? null;
  }

  /** Resolves when the child has ended, for whatever reason. */
  get ended(): Promise<Ending> {
    return this.#ended;
  }

  /** @throws ExecutorError; the child is then ended. */
  async load(): Promise<LoadedSlot> {
    const limitMs = this.#options.loadMsMax;
    const cancel = this.#clock.after(limitMs, () =>
      this.#kill({ reason: 'executor-timed-out', message: `was not ready within ${limitMs} ms` }),
    );
    this.#send({ type: 'load', settings: this.#options.settings });
    const answer = await Promise.race([
      new Promise<FromChild>((resolve) => {
        this.#onLoading = resolve;
      }),
      this.#ended,
    ]);
    cancel();
    if ('reason' in answer) {
      const code = answer.reason === 'executor-timed-out' ? 'load-timed-out' : 'executor-lost';
      throw new ExecutorError(code, `an executor could not load its models: ${answer.message}`);
    }
    if (answer.type === 'loaded') return answer;
    await this.close();
    const message = answer.type === 'load-failed' ? answer.message : 'answered out of turn';
    throw new ExecutorError('load-failed', message);
  }

  /** Computes chunks; resolves when each has its outcome. Only for a loaded slot without work. */
  execute(
    chunks: readonly ExecutorChunk[],
    onOutcome: (outcome: ExecutorOutcome) => void,
  ): Promise<void> {
    return new Promise((resolve) => {
      this.#hand = { unanswered: [...chunks], onOutcome, onEmpty: resolve };
      if (this.#isEnded) {
        this.#finish('had ended before');
        return;
      }
      this.#startDeadline();
      this.#watchMemory();
      this.#send({ type: 'execute', chunks });
    });
  }

  /** Ends the child at once; what it has in hand fails as retriable. Idempotent. */
  async close(): Promise<void> {
    this.#kill({ reason: 'executor-failed', message: 'the worker is stopping' });
    await this.#ended;
  }

  #hear(message: FromChild | null): void {
    if (message === null) {
      this.#kill({ reason: 'executor-crashed', message: 'the executor sent an invalid answer' });
    } else if (message.type === 'outcome') {
      this.#answer(message.outcome);
    } else {
      this.#onLoading(message);
    }
  }

  #answer(outcome: ExecutorOutcome): void {
    const hand = this.#hand;
    if (hand === null || this.#ending !== null) return;
    if (hand.unanswered[0]?.key !== outcome.key) {
      this.#kill({ reason: 'executor-crashed', message: 'the executor answered out of turn' });
      return;
    }
    hand.unanswered.shift();
    this.#startDeadline();
    if (outcome.kind === 'failure' && outcome.reason === 'provider-failed') {
      // A device error stays with the process that had it. The hand is empty when that has ended.
      this.#kill({ reason: 'provider-failed', message: outcome.message });
      hand.onOutcome(outcome);
      return;
    }
    if (hand.unanswered.length === 0) this.#hand = null;
    hand.onOutcome(outcome);
    if (hand.unanswered.length === 0) hand.onEmpty();
  }

  #startDeadline(): void {
    this.#cancelDeadline();
    if (this.#hand === null || this.#hand.unanswered.length === 0) return;
    const limitMs = this.#options.executionMsMax;
    const message = `the chunk took longer than ${limitMs} ms and its executor was killed`;
    this.#cancelDeadline = this.#clock.after(limitMs, () =>
      this.#kill({ reason: 'executor-timed-out', message }),
    );
  }

  #watchMemory(): void {
    const hand = this.#hand;
    this.#clock.after(memoryLookMs, () => {
      if (hand !== null && this.#hand === hand) void this.#lookAtMemory();
    });
  }

  async #lookAtMemory(): Promise<void> {
    const limit = this.#options.memoryBytesMax;
    const bytes = this.processId === null ? null : await residentBytes(this.processId);
    if (this.#hand === null) return;
    if (bytes !== null && bytes > limit) {
      const message = `the executor used ${megabytes(bytes)} MB, allowed are ${megabytes(limit)} MB`;
      this.#kill({ reason: 'out-of-memory', message });
      return;
    }
    this.#watchMemory();
  }

  #send(message: ToChild): void {
    // A closed channel is not an error of its own: the child's end is reported by its exit.
    this.#child.send(message, () => undefined);
  }

  #kill(ending: Ending): void {
    if (this.#isEnded || this.#ending !== null) return;
    this.#ending = ending;
    this.#cancelDeadline();
    this.#child.kill('SIGKILL');
    this.#clock.after(killPatienceMs, () => this.#finish('could not be killed'));
  }

  #finish(manner: string): void {
    this.#cancelDeadline();
    this.#isEnded = true;
    const words = lastWordsOf(this.#stderr);
    const lastWords = words === '' ? '' : `; its last words: ${words}`;
    this.#ending ??= {
      reason: 'executor-crashed',
      message: `the executor ${manner}${lastWords}`,
    };
    const { reason, message } = this.#ending;
    this.#reportEnd(this.#ending);
    const hand = this.#hand;
    this.#hand = null;
    if (hand === null) return;
    for (const { key } of hand.unanswered) {
      hand.onOutcome({ kind: 'failure', key, reason, message, retriable: isRetriable(reason) });
    }
    hand.onEmpty();
  }
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') {
    return 'was killed by SIGKILL from outside, perhaps by the system for lack of memory';
  }
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
