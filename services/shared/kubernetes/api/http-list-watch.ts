import type { IncomingMessage } from 'node:http';
import type { KubernetesObject, ReflectOptions } from '../ports.ts';
import { KubernetesError } from '../ports.ts';
import type { ListPage, ListWatch, WatchOptions } from '../reflector/list-watch.ts';
import { answerError, transportError } from './answer-error.ts';
import { describeRequest } from './api-request.ts';
import type { ApiRequest } from './api-request.ts';
import type { Calls } from './calls.ts';
import { field, textField } from './json-field.ts';
import { kubernetesObject } from './kubernetes-object.ts';
import { collectionPath } from './resource-path.ts';
import { answerOf } from './server-connection.ts';
import type { ServerConnection } from './server-connection.ts';
import { parseWatchLine, WatchLines } from './watch-lines.ts';

const refusalCharactersMax = 64 * 1024;

/** Lists and watches of one reflection over HTTP. */
export class HttpListWatch implements ListWatch {
  readonly subject: string;
  readonly #connection: ServerConnection;
  readonly #calls: Calls;
  readonly #options: ReflectOptions;
  readonly #timeoutMs: number;

  constructor(
    way: {
      readonly connection: ServerConnection;
      readonly calls: Calls;
      readonly timeoutMs: number;
    },
    options: ReflectOptions,
  ) {
    this.#connection = way.connection;
    this.#calls = way.calls;
    this.#timeoutMs = way.timeoutMs;
    this.#options = options;
    const { plural, group } = options.type;
    this.subject = `${group === '' ? plural : `${plural}.${group}`} of ${way.connection.server}`;
  }

  async list(page: {
    readonly limit: number;
    readonly continueToken: string | null;
    readonly signal: AbortSignal;
  }): Promise<ListPage | 'expired'> {
    const request = this.#request('list', {
      limit: String(page.limit),
      ...(page.continueToken === null ? {} : { continue: page.continueToken }),
    });
    const answer = await this.#calls.call(request, page.signal);
    return answer === 'expired' ? answer : listPage(answer.body, this.subject);
  }

  async watch(options: WatchOptions): Promise<'ended' | 'expired'> {
    const request = this.#request('watch', {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: String(options.timeoutSeconds),
    });
    const limits = { timeoutMs: this.#timeoutMs, signal: options.signal };
    const answer = await this.#connection.open(request, limits);
    if (answer.statusCode === 200) {
      options.onOpen();
      return this.#follow(request, answer, options);
    }
    const text = await beginning(answer);
    if (answer.statusCode === 410) return 'expired';
    throw answerError(request, this.#connection.server, answerOf(answer, text));
  }

  #request(verb: 'list' | 'watch', query: Readonly<Record<string, string>>): ApiRequest {
    const { type, labelSelector } = this.#options;
    const parameters = new URLSearchParams({
      ...query,
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
    const path = `${collectionPath(type)}?${parameters.toString()}`;
    return { verb, type, resource: type.plural, name: null, path };
  }

  #follow(
    request: ApiRequest,
    answer: IncomingMessage,
    options: WatchOptions,
  ): Promise<'ended' | 'expired'> {
    const { server } = this.#connection;
    const lines = new WatchLines();
    return new Promise((resolve, reject) => {
      const breakOff = (text: string, cause?: unknown): void =>
        reject(transportError(request, server, { text, cause }));
      const take = (line: string): void => {
        const event = parseWatchLine(line);
        if (event.type !== 'ERROR') return options.onEvent(event);
        const status = Number(field(event.status, 'code') ?? 0);
        const text = JSON.stringify(event.status);
        if (status === 410) resolve('expired');
        else reject(answerError(request, server, { status, retryAfter: undefined, text }));
        answer.destroy();
      };
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        try {
          for (const line of lines.push(text)) take(line);
        } catch (cause) {
          reject(nonsense(request, server, cause));
          answer.destroy();
        }
      });
      answer.on('error', (cause) => breakOff(`the watch broke: ${cause.message}`, cause));
      answer.on('end', () => {
        if (lines.isCutOff()) breakOff('the watch ended in the middle of an event');
        else resolve('ended');
      });
      answer.on('close', () => breakOff('the watch was closed'));
    });
  }
}

function listPage(body: unknown, subject: string): ListPage {
  const metadata = field(body, 'metadata');
  const resourceVersion = textField(metadata, 'resourceVersion');
  const found = field(body, 'items');
  const continueToken = textField(metadata, 'continue') ?? '';
  if (resourceVersion === null || !Array.isArray(found)) throw noList(subject);
  const items = found.map((item): KubernetesObject => {
    const object = kubernetesObject(item);
    if (object === null) throw noList(subject);
    return object;
  });
  return { items, resourceVersion, continueToken: continueToken === '' ? null : continueToken };
}

const noList = (subject: string): KubernetesError =>
  new KubernetesError('unexpected', `Asked for ${subject}, and the answer is no list of objects.`);

function nonsense(request: ApiRequest, server: string, cause: unknown): KubernetesError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new KubernetesError(
    'unexpected',
    `Asked ${server} to ${describeRequest(request)}: ${text}. Reading everything anew.`,
    { cause },
  );
}

/** Of a refusal, which is short. */
async function beginning(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  try {
    for await (const piece of answer) {
      text += String(piece);
      if (text.length > refusalCharactersMax) break;
    }
  } catch {
    // Its status says enough.
  }
  return text;
}
