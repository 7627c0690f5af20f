import { readFileSync } from 'node:fs';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Certificate } from './certificates.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/ports.ts';

/** Of any object, what all have. */
export interface ClusterObject extends Pick<KubernetesObject, 'metadata'> {
  readonly apiVersion?: string;
  readonly kind?: string;
}

export interface ClusterList<Item> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Item[];
}

/** The API server's refusal, with the HTTP status that tells which. */
export class ClusterRefusal extends Error {
  override readonly name = 'ClusterRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface ClusterAnswer {
  readonly status: number;
  readonly text: string;
}

const requestMsMax = 30_000;

/** Talks to an API server as one user, in paths and JSON. */
export class ClusterClient {
  readonly url: string;
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(url: string, agent: Agent, headers: Readonly<Record<string, string>>) {
    this.url = url;
    this.#agent = agent;
    this.#headers = headers;
  }

  static withCertificate(url: string, authorityFile: string, user: Certificate): ClusterClient {
    const agent = new Agent({
      keepAlive: true,
      ca: readFileSync(authorityFile),
      cert: readFileSync(user.certificateFile),
      key: readFileSync(user.keyFile),
    });
    return new ClusterClient(url, agent, {});
  }

  static withToken(url: string, authorityFile: string, token: string): ClusterClient {
    const agent = new Agent({ keepAlive: true, ca: readFileSync(authorityFile) });
    return new ClusterClient(url, agent, { authorization: `Bearer ${token}` });
  }

  async isReady(): Promise<boolean> {
    const { status } = await this.ask('GET', '/readyz');
    return status === 200;
  }

  /** @throws ClusterRefusal, as all verbs below. */
  async get<Found>(path: string): Promise<Found> {
    return this.#json<Found>('GET', path);
  }

  /** `null`: there is none. */
  async find<Found>(path: string): Promise<Found | null> {
    try {
      return await this.get<Found>(path);
    } catch (error) {
      if (error instanceof ClusterRefusal && error.status === 404) return null;
      throw error;
    }
  }

  async create<Created>(path: string, body: unknown): Promise<Created> {
    return this.#json<Created>('POST', path, { body });
  }

  async replace<Replaced>(path: string, body: unknown): Promise<Replaced> {
    return this.#json<Replaced>('PUT', path, { body });
  }

  /** JSON merge patch: lists are replaced as a whole, `null` removes. */
  async merge<Merged>(path: string, body: unknown): Promise<Merged> {
    return this.#json<Merged>('PATCH', path, { body, contentType: 'application/merge-patch+json' });
  }

  /** Server-side apply of one object, as `kubectl apply --server-side --force-conflicts`. */
  async apply<Applied>(path: string, body: unknown): Promise<Applied> {
    return this.#json<Applied>('PATCH', `${path}?fieldManager=test&force=true`, {
      body,
      contentType: 'application/apply-patch+yaml',
    });
  }

  /** That it is gone already is no error. */
  async remove(path: string, body?: unknown): Promise<void> {
    try {
      await this.#json('DELETE', path, body === undefined ? {} : { body });
    } catch (error) {
      if (!(error instanceof ClusterRefusal) || error.status !== 404) throw error;
    }
  }

  /** Any answer as it is, refusals included. */
  async ask(
    method: string,
    path: string,
    given: { readonly body?: unknown; readonly contentType?: string } = {},
  ): Promise<ClusterAnswer> {
    const payload = given.body === undefined ? null : JSON.stringify(given.body);
    const { promise, resolve, reject } = withResolvers<ClusterAnswer>();
    const request = httpsRequest(`${this.url}${path}`, this.#options(method), (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') });
      });
    });
    request.setTimeout(requestMsMax, () => {
      request.destroy(new Error(`${method} ${path} has no answer after ${requestMsMax} ms`));
    });
    request.on('error', reject);
    if (payload !== null) {
      request.setHeader('content-type', given.contentType ?? 'application/json');
      // Node sends the body of a DELETE without a word on its length, which is no valid request.
      request.setHeader('content-length', Buffer.byteLength(payload));
    }
    request.end(payload ?? undefined);
    return promise;
  }

  /** The body of a watch, as it comes; the caller destroys it. */
  stream(path: string): Promise<IncomingMessage> {
    const { promise, resolve, reject } = withResolvers<IncomingMessage>();
    const request = httpsRequest(`${this.url}${path}`, this.#options('GET'), resolve);
    request.on('error', reject);
    request.end();
    return promise;
  }

  /** Ends all connections, watches as well. */
  close(): void {
    this.#agent.destroy();
  }

  #options(method: string): RequestOptions {
    return {
      method,
      agent: this.#agent,
      headers: { accept: 'application/json', ...this.#headers },
    };
  }

  async #json<Parsed>(
    method: string,
    path: string,
    given: { readonly body?: unknown; readonly contentType?: string } = {},
  ): Promise<Parsed> {
    const { status, text } = await this.ask(method, path, given);
    if (status >= 400) throw new ClusterRefusal(status, `${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as Parsed;
  }
}

interface Resolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

function withResolvers<Value>(): Resolvers<Value> {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
