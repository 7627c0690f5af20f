import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { ProcessError } from './errors.ts';

export interface Probe {
  readonly isGood: boolean;
  /** Word for the present state, as in the table of `lifecycle.ts`. */
  readonly state: string;
  /** Why it is not good; empty when it is. */
  readonly reasons: readonly string[];
}

export interface HttpServerOptions {
  /** `null` listens on all addresses. */
  readonly address: string | null;
  /** 0 takes a free one. */
  readonly port: number;
  readonly registry: Registry;
  /** Not good means: restart this process. */
  readonly health: () => Probe;
  /** Not good means: send it no work yet. */
  readonly readiness: () => Probe;
}

export interface HttpServer {
  /** The port it listens on, never 0. */
  readonly port: number;
  /** Ends open connections; safe to call twice. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Serves `/metrics` for Prometheus and `/healthz` and `/readyz` for Kubernetes and people: 200 or
 * 503, with the state and the reasons as one line of JSON.
 *
 * @throws ProcessError `port-unavailable` if the port is taken or not allowed.
 */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    void respond(options, request, response);
  });
  const port = await listen(server, options);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, options: HttpServerOptions): Promise<number> {
  const { address, port } = options;
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const place = `${address ?? 'all addresses'}, port ${port}`;
      const problem =
        `Cannot serve health and metrics on ${place}: ${cause.message}. ` +
        'Set SPILLWAY_HTTP_PORT to a free port, or to 0 to take any.';
      reject(new ProcessError('port-unavailable', [problem], { cause }));
    });
    const where = address === null ? { port } : { port, host: address };
    server.listen(where, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

async function respond(
  options: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const answer = isRead ? await answerTo(options, request.url ?? '/') : plain(405, 'GET or HEAD');
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    ...(isRead ? {} : { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function answerTo(options: HttpServerOptions, url: string): Promise<Answer> {
  const [path] = url.split('?');
  if (path === '/healthz') return probed(options.health());
  if (path === '/readyz') return probed(options.readiness());
  if (path !== '/metrics') return plain(404, 'There are /metrics, /healthz and /readyz.');
  try {
    const body = await options.registry.metrics();
    return { status: 200, type: options.registry.contentType, body };
  } catch (error) {
    // A metric that cannot be collected must show as a failed scrape, not end the process.
    return plain(500, `Cannot collect the metrics: ${String(error)}`);
  }
}

function probed(probe: Probe): Answer {
  const { isGood, state, reasons } = probe;
  const body = `${JSON.stringify({ state, reasons })}\n`;
  return { status: isGood ? 200 : 503, type: 'application/json', body };
}

function plain(status: number, line: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` };
}
