import type { Clock } from '../../clock/ports.ts';
import { KubernetesError } from '../ports.ts';
import { answerError } from './answer-error.ts';
import { describeRequest } from './api-request.ts';
import type { ApiRequest } from './api-request.ts';
import type { ServerConnection } from './server-connection.ts';

/** The server has not even begun with it. */
export class RefusedForNow extends KubernetesError {}

/** A call that ends within seconds, whatever the server does. */
export class Calls {
  readonly #connection: ServerConnection;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #restUntilMs = 0;

  constructor(options: {
    readonly connection: ServerConnection;
    readonly clock: Clock;
    /** For the answer and all waits before it. */
    readonly timeoutMs: number;
  }) {
    this.#connection = options.connection;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
  }

  /**
   * The body of a success, as JSON; `expired` for 410. A wait that the server asks for (429, and 503
   * where nothing was written) is kept, if it fits into the time; else the error says how long it is,
   * and no call is made before it is over.
   *
   * @throws KubernetesError
   */
  async call(
    request: ApiRequest,
    signal?: AbortSignal,
  ): Promise<{ readonly body: unknown } | 'expired'> {
    const dueAtMs = this.#clock.monotonicMs() + this.#timeoutMs;
    for (;;) {
      await this.#rest(request, dueAtMs, signal);
      const timeoutMs = dueAtMs - this.#clock.monotonicMs();
      const limits = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
      // One try after the other, each after the wait that the server asked for.
      const answer = await this.#connection.ask(request, limits);
      if (answer.status >= 200 && answer.status < 300) {
        return { body: this.#parsed(request, answer.text) };
      }
      if (answer.status === 410) return 'expired';
      const error = answerError(request, this.#connection.server, answer);
      const mayRepeat =
        answer.status === 429 || (answer.status === 503 && request.body === undefined);
      const { retryAfterMs } = error;
      if (mayRepeat && retryAfterMs !== null) {
        this.#restUntilMs = this.#clock.monotonicMs() + retryAfterMs;
        if (this.#restUntilMs < dueAtMs) continue;
      }
      if (answer.status !== 429) throw error;
      throw new RefusedForNow('unreachable', error.message, { retryAfterMs });
    }
  }

  async #rest(request: ApiRequest, dueAtMs: number, signal?: AbortSignal): Promise<void> {
    const waitMs = this.#restUntilMs - this.#clock.monotonicMs();
    if (waitMs <= 0) return;
    if (this.#restUntilMs >= dueAtMs) {
      throw new RefusedForNow(
        'unreachable',
        `Did not ask ${this.#connection.server} to ${describeRequest(request)}: it has asked to be ` +
          `left alone for ${Math.ceil(waitMs)} ms more.`,
        { retryAfterMs: waitMs },
      );
    }
    await this.#clock.sleepMs(waitMs, signal);
  }

  #parsed(request: ApiRequest, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new KubernetesError(
        'unexpected',
        `Asked ${this.#connection.server} to ${describeRequest(request)}: the answer is no JSON. Is ` +
          'this an API server?',
        { cause },
      );
    }
  }
}
