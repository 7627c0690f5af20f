import type { Clock } from '../../clock/ports.ts';
import { KubernetesError } from '../ports.ts';
import type { KubernetesErrorCode } from '../ports.ts';

/** What is asked of the server, in the words of its roles. */
export type Verb = 'get' | 'list' | 'watch' | 'update' | 'patch';

/** A fault of calls: which ones, and how they fail. */
export interface CallFault {
  /** Left out: all. */
  readonly verbs?: readonly Verb[];
  readonly code: KubernetesErrorCode;
  /** How many calls fail; left out: all until `recover`. */
  readonly times?: number;
  /** The write is done all the same, and only its answer is lost. */
  readonly isApplied?: boolean;
}

/** The way from one program to the server, with what a test does to it. */
export class Link {
  readonly #clock: Clock;
  readonly #requestTimeoutMs: number;
  readonly #listeners = new Set<() => void>();
  #faults: { readonly fault: CallFault; left: number }[] = [];
  #silent: 'nothing' | 'watches' | 'everything' = 'nothing';
  /** Everything that was asked, in order. */
  readonly requests: { readonly verb: Verb; readonly subject: string }[] = [];

  constructor(clock: Clock, requestTimeoutMs: number) {
    this.#clock = clock;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  /** Whether open watches bring no word. */
  get hasSilentWatches(): boolean {
    return this.#silent !== 'nothing';
  }

  fail(fault: CallFault): void {
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  /** Watches bring no word and do not break; with `everything`, calls run into their time-outs. */
  silence(what: 'watches' | 'everything'): void {
    this.#silent = what;
  }

  recover(): void {
    this.#silent = 'nothing';
    this.#faults = [];
    for (const listener of this.#listeners) listener();
  }

  onRecover(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves with whether the answer will be lost, as the code of its loss.
   * @throws KubernetesError of the fault, or `unreachable` after the time-out while silent.
   */
  async ask(
    verb: Verb,
    subject: string,
    signal?: AbortSignal,
  ): Promise<KubernetesErrorCode | null> {
    this.requests.push({ verb, subject });
    await Promise.resolve();
    if (this.#silent === 'everything') {
      await this.#clock.sleepMs(this.#requestTimeoutMs, signal);
      throw failure('unreachable', verb, subject);
    }
    const entry = this.#faults.find(
      (one) => one.left > 0 && (one.fault.verbs?.includes(verb) ?? true),
    );
    if (entry === undefined) return null;
    entry.left -= 1;
    if (entry.fault.isApplied === true) return entry.fault.code;
    throw failure(entry.fault.code, verb, subject);
  }
}

export function failure(code: KubernetesErrorCode, verb: Verb, subject: string): KubernetesError {
  return new KubernetesError(code, `Asking the twin to ${verb} ${subject} failed: ${code}.`);
}
