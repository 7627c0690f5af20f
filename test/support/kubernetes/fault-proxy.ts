import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import type { Server } from 'node:https';
import { Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../services/shared/clock/system.ts';
import type { Certificate, CertificateAuthority } from './certificates.ts';

/** What the proxy does with a request instead of passing it on. */
export type Fault =
  /** Answers with a Status; `isApplied`: after the server has done what it was asked. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly reason?: string;
      readonly retryAfterSeconds?: number;
      readonly isApplied?: boolean;
    }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Breaks the connection (RST) before the answer, or after the first bytes of one that is passed on. */
  | { readonly kind: 'reset'; readonly when: 'at once' | 'after the first bytes' }
  /** For watches: begins the answer and falls silent. */
  | { readonly kind: 'half-open' }
  /** For watches: begins the answer, sends this text and ends it in order. */
  | { readonly kind: 'end'; readonly text: string }
  /** Passes the answer on in pieces of this many bytes. */
  | { readonly kind: 'crumble'; readonly bytes: number };

export interface ProxiedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly isWatch: boolean;
  /** Monotonic. */
  readonly atMs: number;
}

export interface FaultRule {
  readonly when: (request: ProxiedRequest) => boolean;
  /** How many requests it meets; left out: all until `clear`. */
  readonly times?: number;
  readonly fault: Fault;
}

/** Between clients and one API server, with a certificate of the same authority. */
export interface FaultProxy {
  readonly url: string;
  /** All requests since the last `clear`, faulty ones included. */
  readonly requests: readonly ProxiedRequest[];
  /** Connections since the last `clear`. */
  readonly connections: number;
  inject(rule: FaultRule): void;
  /** Ends all rules and forgets what was counted; connections that hang are cut. */
  clear(): void;
  /** To all open watches: a broken connection, or silence from here on. */
  disturbWatches(how: 'reset' | 'silence'): void;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Of the API server. */
  readonly target: string;
  readonly authority: CertificateAuthority;
  /** Who asks on behalf of all clients that bring no token. */
  readonly user: Certificate;
}

interface OpenWatch {
  readonly upstream: IncomingMessage;
  readonly response: ServerResponse;
}

export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const own = options.authority.issue({
    name: 'fault-proxy',
    commonName: 'fault-proxy',
    alternativeNames: ['IP:127.0.0.1'],
  });
  const proxy = new Proxy(options, own);
  await proxy.listen();
  return proxy;
}

class Proxy implements FaultProxy {
  requests: ProxiedRequest[] = [];
  connections = 0;
  readonly #options: FaultProxyOptions;
  readonly #server: Server;
  readonly #agents: Readonly<Record<'own' | 'token', Agent>>;
  /** The TCP connections by their clients' ports. */
  readonly #sockets = new Map<number, Socket>();
  readonly #watches = new Set<OpenWatch>();
  readonly #hanging = new Set<ServerResponse>();
  #rules: { readonly rule: FaultRule; left: number }[] = [];

  constructor(options: FaultProxyOptions, own: Certificate) {
    this.#options = options;
    const ca = readFileSync(options.authority.certificateFile);
    const { certificateFile, keyFile } = options.user;
    this.#agents = {
      token: new Agent({ keepAlive: true, ca }),
      own: new Agent({
        keepAlive: true,
        ca,
        cert: readFileSync(certificateFile),
        key: readFileSync(keyFile),
      }),
    };
    this.#server = createServer(
      { cert: readFileSync(own.certificateFile), key: readFileSync(own.keyFile) },
      (request, response) => this.#take(request, response),
    );
    this.#server.on('connection', (socket) => {
      if (!(socket instanceof Socket)) return;
      const port = socket.remotePort ?? 0;
      this.connections += 1;
      this.#sockets.set(port, socket);
      socket.on('close', () => this.#sockets.delete(port));
      socket.on('error', () => undefined);
    });
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  inject(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#rules = [];
    this.requests = [];
    this.connections = 0;
    for (const response of this.#hanging) response.destroy();
    this.#hanging.clear();
  }

  disturbWatches(how: 'reset' | 'silence'): void {
    for (const { upstream, response } of this.#watches) {
      upstream.unpipe(response);
      upstream.destroy();
      if (how === 'silence') this.#hanging.add(response);
      else this.#reset(response);
    }
    this.#watches.clear();
  }

  /** A TLS socket ends politely whatever it is told; the one below it can break. */
  #reset(response: ServerResponse): void {
    this.#sockets.get(response.socket?.remotePort ?? 0)?.resetAndDestroy();
    response.destroy();
  }

  async close(): Promise<void> {
    for (const agent of Object.values(this.#agents)) agent.destroy();
    for (const socket of this.#sockets.values()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.#options.target);
    const seen: ProxiedRequest = {
      method: request.method ?? '',
      path: url.pathname,
      isWatch: url.searchParams.get('watch') === 'true',
      atMs: systemClock.monotonicMs(),
    };
    this.requests.push(seen);
    response.on('close', () => this.#hanging.delete(response));
    const entry = this.#rules.find(({ rule, left }) => left > 0 && rule.when(seen));
    if (entry === undefined) return this.#pass(request, response, { isWatch: seen.isWatch });
    entry.left -= 1;
    this.#fail(entry.rule.fault, request, response);
  }

  #fail(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
    switch (fault.kind) {
      case 'hang':
        this.#hanging.add(response);
        return;
      case 'half-open':
        begin(response).flushHeaders();
        this.#hanging.add(response);
        return;
      case 'end':
        begin(response).end(fault.text);
        return;
      case 'reset':
        if (fault.when === 'at once') this.#reset(response);
        else this.#pass(request, response, { onBytes: () => this.#reset(response) });
        return;
      case 'crumble':
        this.#pass(request, response, {
          onBytes: (bytes) => {
            for (let from = 0; from < bytes.length; from += fault.bytes) {
              response.write(bytes.subarray(from, from + fault.bytes));
            }
          },
        });
        return;
      case 'answer':
        if (fault.isApplied === true) this.#apply(request, () => answer(response, fault));
        else answer(response, fault);
        return;
    }
  }

  #pass(
    request: IncomingMessage,
    response: ServerResponse,
    how: { readonly isWatch?: boolean; readonly onBytes?: (bytes: Buffer) => void },
  ): void {
    const forwarded = this.#forward(request, (upstream) => {
      response.writeHead(upstream.statusCode ?? 502, upstream.headers).flushHeaders();
      upstream.on('error', () => response.destroy());
      response.on('close', () => upstream.destroy());
      const { onBytes } = how;
      if (onBytes !== undefined) {
        upstream.on('data', onBytes).on('end', () => response.end());
        return;
      }
      upstream.pipe(response);
      if (how.isWatch !== true) return;
      const watch = { upstream, response };
      this.#watches.add(watch);
      response.on('close', () => this.#watches.delete(watch));
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
  }

  /** Lets the server do it, and calls back when it has. */
  #apply(request: IncomingMessage, onDone: () => void): void {
    this.#forward(request, (upstream) => upstream.resume().on('end', onDone));
  }

  #forward(request: IncomingMessage, onAnswer: (upstream: IncomingMessage) => void) {
    const hasToken = request.headers.authorization !== undefined;
    const forwarded = httpsRequest(
      `${this.#options.target}${request.url ?? '/'}`,
      {
        method: request.method,
        headers: { ...request.headers, host: new URL(this.#options.target).host },
        agent: hasToken ? this.#agents.token : this.#agents.own,
      },
      onAnswer,
    );
    forwarded.on('error', () => undefined);
    request.pipe(forwarded);
    return forwarded;
  }
}

function begin(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'application/json' });
}

function answer(response: ServerResponse, fault: Fault & { readonly kind: 'answer' }): void {
  const { status, reason = 'Injected', retryAfterSeconds } = fault;
  const wait = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(status, { 'content-type': 'application/json', ...wait });
  response.end(
    JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason,
      message: `the fault proxy answers ${status}`,
      code: status,
    }),
  );
}
