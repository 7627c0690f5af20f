import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../clock/ports.ts';
import { KubernetesError } from '../ports.ts';
import { abortable } from './abortable.ts';
import { transportError } from './answer-error.ts';
import type { Answer } from './answer-error.ts';
import { contentTypeOf, methodOf } from './api-request.ts';
import type { ApiRequest } from './api-request.ts';

/** Below what servers, and what stands before them, allow an idle connection. */
const idleMsMax = 30_000;

/** Ten times a list of 500 large objects. */
const answerBytesMax = 128 * 1024 * 1024;

interface Limits {
  /** For the whole answer, or until it begins. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Requests to one server with the credentials of one context. The client library finds servers and
 * credentials; the requests are our own, since the library opens a connection for each, gives none a
 * time-out, and does not tell how a watch ended.
 */
export class ServerConnection {
  /** `https://10.0.0.1:6443`. */
  readonly server: string;
  readonly #config: KubeConfig;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #kept: { readonly secrets: string; readonly agent: HttpAgent } | null = null;

  constructor(options: {
    readonly server: string;
    readonly config: KubeConfig;
    readonly clock: Clock;
  }) {
    this.server = options.server;
    this.#config = options.config;
    this.#clock = options.clock;
  }

  /**
   * The whole answer, whatever its status.
   * @throws KubernetesError `unreachable` if there is none in time, `forbidden` without credentials.
   */
  async ask(request: ApiRequest, limits: Limits): Promise<Answer> {
    const attempt = this.#attempt(request, limits);
    try {
      return await attempt.run(async (signal) => {
        const answer = await this.#send(request, signal);
        return answerOf(answer, await wholeText(answer));
      });
    } finally {
      attempt.detach();
    }
  }

  /**
   * The answer as soon as it begins; `signal` cuts it off later.
   * @throws KubernetesError as `ask`.
   */
  async open(request: ApiRequest, limits: Limits): Promise<IncomingMessage> {
    const attempt = this.#attempt(request, limits);
    try {
      const answer = await attempt.run((signal) => this.#send(request, signal));
      answer.once('close', attempt.detach);
      return answer;
    } catch (error) {
      attempt.detach();
      throw error;
    }
  }

  /** Ends all connections. */
  close(): void {
    this.#closing.abort();
    this.#kept?.agent.destroy();
  }

  #attempt(request: ApiRequest, { timeoutMs, signal }: Limits) {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const signals = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    for (const each of signals) {
      each.addEventListener('abort', abort, { once: true });
      if (each.aborted) abort();
    }
    const run = async <T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> => {
      let isLate = false;
      const cancel = this.#clock.after(timeoutMs, () => {
        isLate = true;
        abort();
      });
      try {
        return await action(controller.signal);
      } catch (cause) {
        if (cause instanceof KubernetesError) throw cause;
        const text = isLate ? `no answer within ${Math.round(timeoutMs)} ms` : messageOf(cause);
        throw transportError(request, this.server, { text, cause });
      } finally {
        cancel();
      }
    };
    const detach = (): void => {
      for (const each of signals) each.removeEventListener('abort', abort);
    };
    return { run, detach };
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const options = await this.#authorized(request, signal);
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    const send = this.server.startsWith('https:') ? httpsRequest : httpRequest;
    try {
      return await answerTo((onAnswer) => {
        const sent = send(`${this.server}${request.path}`, { ...options, signal }, onAnswer);
        return sent.end(body ?? undefined);
      });
    } catch (error) {
      // The server closed an idle connection just as it was used again. Whoever lists and watches has
      // a back-off of its own, and a write must not be done twice.
      if (!(error instanceof StaleConnection) || request.verb !== 'get') throw error;
      return this.#send(request, signal);
    }
  }

  async #authorized(request: ApiRequest, signal: AbortSignal): Promise<RequestOptions> {
    const options: RequestOptions = {
      method: methodOf(request),
      headers: {
        accept: 'application/json',
        'user-agent': 'spillway',
        ...(request.body === undefined ? {} : { 'content-type': contentTypeOf(request) }),
      },
    };
    try {
      await abortable(this.#config.applyToHTTPSOptions(options), signal);
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw new KubernetesError(
        'forbidden',
        `There are no credentials for ${this.server}: ${messageOf(cause)}. Check the kubeconfig or ` +
          'the service account of this program.',
        { cause },
      );
    }
    return { ...options, agent: this.#agentFor(options) };
  }

  /** One for all requests until a certificate is renewed; the library would make one for each. */
  #agentFor(options: RequestOptions): HttpAgent {
    const { ca, cert, key, passphrase, servername, rejectUnauthorized, agent: given } = options;
    const identity = {
      ca,
      cert,
      key,
      passphrase,
      servername,
      // Left out and `undefined` are not the same to those who check certificates.
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    };
    const secrets = JSON.stringify(identity);
    if (this.#kept?.secrets === secrets) return this.#kept.agent;
    const isProxied = this.#config.getCurrentCluster()?.proxyUrl !== undefined;
    const keep = { keepAlive: true, timeout: idleMsMax } as const;
    const isSecure = this.server.startsWith('https:');
    const own = isSecure ? new HttpsAgent({ ...identity, ...keep }) : new HttpAgent(keep);
    const agent = isProxied && given instanceof HttpAgent ? given : own;
    // Connections of the old one end by themselves: watches when they are due, others by idleness.
    this.#kept = { secrets, agent };
    return agent;
  }
}

/** A connection that was kept for reuse turned out to be closed. */
class StaleConnection extends Error {
  override readonly name = 'StaleConnection';
}

function answerTo(
  send: (onAnswer: (answer: IncomingMessage) => void) => ClientRequest,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = send(resolve);
    sent.on('error', (cause: NodeJS.ErrnoException) => {
      const isStale = sent.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
      reject(isStale ? new StaleConnection(cause.message, { cause }) : cause);
    });
  });
}

async function wholeText(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer) {
    if (!Buffer.isBuffer(piece)) throw new TypeError('the answer is no bytes');
    bytes += piece.length;
    if (bytes > answerBytesMax) throw new Error(`the answer is above ${answerBytesMax} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

export const answerOf = (answer: IncomingMessage, text: string): Answer => ({
  status: answer.statusCode ?? 0,
  retryAfter: answer.headers['retry-after'],
  text,
});

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
