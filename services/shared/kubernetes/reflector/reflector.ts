import type { Clock, Random } from '../../clock/ports.ts';
import { KubernetesError } from '../ports.ts';
import type { KubernetesObject, Reflection } from '../ports.ts';
import type { ListPage, ListWatch, WatchEvent } from './list-watch.ts';
import { applyEvent, copyOfList } from './object-copy.ts';
import type { ObjectCopy } from './object-copy.ts';
import { nextPause, watchSeconds } from './pace.ts';
import type { ReflectorSettings, RoundEnd } from './pace.ts';

export interface ReflectorOptions {
  readonly listWatch: ListWatch;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: ReflectorSettings;
}

/**
 * Keeps a copy by rounds. A round lists where it must (at first, after 410, after silence, after
 * nonsense, every ten minutes) and then watches until the watch ends; between rounds it pauses as
 * `nextPause` says, so that there is at most one reconnect in each step of the back-off. The copy
 * changes only by a whole list or by events that follow it.
 */
export class Reflector implements Reflection {
  readonly #options: ReflectorOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #copy: ObjectCopy | null = null;
  #mustList = true;
  #listedAtMs = 0;
  #provenAtMs: number | null = null;
  #openedAtMs: number | null = null;
  #problem: string | null;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#problem = `${options.listWatch.subject}: not read yet.`;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  objects(): readonly KubernetesObject[] {
    return this.#copy === null ? [] : [...this.#copy.objects.values()];
  }

  staleMs(): number {
    if (this.#provenAtMs === null) return Number.POSITIVE_INFINITY;
    return this.#options.clock.monotonicMs() - this.#provenAtMs;
  }

  problem(): string | null {
    return this.#problem;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random, settings } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const end = await this.#round();
      const pause = nextPause(end, { failures, settings, random });
      failures = pause.failures;
      if (pause.pauseMs > 0) await clock.sleepMs(pause.pauseMs, signal);
    }
  }

  async #round(): Promise<RoundEnd> {
    this.#openedAtMs = null;
    try {
      if (this.#copy === null || this.#isListDue()) await this.#list();
      // A list that expired half-way leaves the old copy, which is then not to be watched.
      const how = this.#copy === null || this.#mustList ? 'expired' : await this.#watch(this.#copy);
      if (how === 'ended') this.#prove();
      if (how === 'silent') this.#mustList = true;
      if (how === 'expired') this.#expire();
      return this.#roundEnd(how, null);
    } catch (cause) {
      const error = asKubernetesError(cause, this.#options.listWatch.subject);
      this.#problem = error.message;
      // A break leaves the copy whole up to its version; nonsense may have hidden an event.
      if (error.code !== 'unreachable') this.#mustList = true;
      return this.#roundEnd('broken', error.retryAfterMs);
    }
  }

  #roundEnd(how: RoundEnd['how'], retryAfterMs: number | null): RoundEnd {
    const wordsForMs =
      this.#openedAtMs === null || this.#provenAtMs === null
        ? null
        : this.#provenAtMs - this.#openedAtMs;
    return { how, wordsForMs, retryAfterMs };
  }

  #isListDue(): boolean {
    const { clock, settings } = this.#options;
    return this.#mustList || clock.monotonicMs() - this.#listedAtMs >= settings.relistMs;
  }

  #expire(): void {
    this.#mustList = true;
    this.#problem =
      `The server has forgotten what changed in ${this.#options.listWatch.subject}; ` +
      'reading everything anew.';
  }

  /** Leaves the copy if so much changed meanwhile that the server forgot how the list began. */
  async #list(): Promise<void> {
    const { listWatch, clock, settings } = this.#options;
    const askedAtMs = clock.monotonicMs();
    const items: KubernetesObject[] = [];
    let continueToken: string | null = null;
    for (;;) {
      const page: ListPage | 'expired' = await listWatch.list({
        limit: settings.pageObjects,
        continueToken,
        signal: this.#stopping.signal,
      });
      if (page === 'expired') return this.#expire();
      items.push(...page.items);
      continueToken = page.continueToken;
      if (continueToken !== null) continue;
      this.#copy = copyOfList(items, page.resourceVersion);
      this.#listedAtMs = askedAtMs;
      this.#mustList = false;
      this.#prove();
      return;
    }
  }

  async #watch(copy: ObjectCopy): Promise<'ended' | 'silent' | 'expired'> {
    const { listWatch, clock, random, settings } = this.#options;
    const watchdog = new Watchdog(clock, settings.silenceMsMax, this.#stopping.signal);
    try {
      return await listWatch.watch({
        resourceVersion: copy.resourceVersion,
        timeoutSeconds: watchSeconds(clock.monotonicMs() - this.#listedAtMs, { settings, random }),
        signal: watchdog.signal,
        onOpen: () => {
          this.#openedAtMs = clock.monotonicMs();
          this.#problem = null;
        },
        onEvent: (event: WatchEvent) => {
          if (watchdog.signal.aborted) return;
          watchdog.feed();
          applyEvent(copy, event);
          this.#prove();
        },
      });
    } catch (cause) {
      if (watchdog.isSilent) return 'silent';
      throw cause;
    } finally {
      watchdog.stop();
    }
  }

  #prove(): void {
    this.#provenAtMs = this.#options.clock.monotonicMs();
    this.#problem = null;
  }
}

/** Aborts what brings no word for too long, or when all stops. */
class Watchdog {
  readonly #clock: Clock;
  readonly #silenceMsMax: number;
  readonly #stopping: AbortSignal;
  readonly #controller = new AbortController();
  readonly #onStop = (): void => this.#controller.abort();
  #cancel: () => void = () => undefined;
  isSilent = false;

  constructor(clock: Clock, silenceMsMax: number, stopping: AbortSignal) {
    this.#clock = clock;
    this.#silenceMsMax = silenceMsMax;
    this.#stopping = stopping;
    stopping.addEventListener('abort', this.#onStop, { once: true });
    if (stopping.aborted) this.#onStop();
    this.feed();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  feed(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(this.#silenceMsMax, () => {
      this.isSilent = true;
      this.#controller.abort();
    });
  }

  stop(): void {
    this.#cancel();
    this.#stopping.removeEventListener('abort', this.#onStop);
  }
}

function asKubernetesError(cause: unknown, subject: string): KubernetesError {
  if (cause instanceof KubernetesError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  return new KubernetesError('unexpected', `Reading ${subject} failed: ${text}`, { cause });
}
