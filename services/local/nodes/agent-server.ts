import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { LeaderStamp } from '../../shared/chunk/directive.ts';
import { encodePools, parsePoolOrder } from '../../shared/chunk/node-pools.ts';
import type { PoolOrder, PoolState } from '../../shared/chunk/node-pools.ts';

export type OrderAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unknown-pool'; readonly pools: readonly string[] }
  /** A later leader, or a later word of the same one, was heard before. */
  | { readonly kind: 'superseded'; readonly heard: LeaderStamp };

export interface AgentVerbs {
  pools(): readonly PoolState[];
  order(pool: string, order: PoolOrder): OrderAnswer;
}

export interface AgentServer {
  readonly port: number;
  /** Ends open connections. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  /** JSON with status 200, else one line for a person; empty with 204. */
  readonly body: string;
}

/** An order takes some 80 bytes. */
const orderBytesMax = 4096;

/**
 * The agent over HTTP, for scalers on this machine: `GET /pools` gives all pools (`encodePools`),
 * `PUT /pools/NAME` sets the desired size of one (`encodePoolOrder`) and answers 204; 400 for what is
 * no order, 404 for a pool that there is not, 409 for a leader that is none any more.
 */
export async function openAgentServer(verbs: AgentVerbs): Promise<AgentServer> {
  const server = createServer((request, response) => {
    void answerTo(request, verbs).then(({ status, body }) => {
      const isJson = status === 200;
      response.writeHead(status, {
        'cache-control': 'no-store',
        ...(body === '' ? {} : { 'content-length': Buffer.byteLength(body) }),
        ...(body === '' ? {} : { 'content-type': isJson ? 'application/json' : plainText }),
      });
      response.end(body);
    });
  });
  return {
    port: await listen(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const plainText = 'text/plain; charset=utf-8';

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
    });
  });
}

async function answerTo(request: IncomingMessage, verbs: AgentVerbs): Promise<Answer> {
  const { method, url } = request;
  if (url === '/pools' && method === 'GET') {
    return { status: 200, body: encodePools(verbs.pools()) };
  }
  const pool = /^\/pools\/([A-Za-z0-9._-]+)$/.exec(url ?? '')?.[1];
  if (pool === undefined || method !== 'PUT') {
    return { status: 404, body: 'There are GET /pools and PUT /pools/NAME.\n' };
  }
  const text = await bodyOf(request);
  if (text === null) return { status: 400, body: 'The order was cut off or is too long.\n' };
  const order = parsePoolOrder(text);
  if (!order.ok) return { status: 400, body: `This is no order: ${order.problem}.\n` };
  return describeAnswer(verbs.order(pool, order.value), pool, order.value.leader);
}

function describeAnswer(answer: OrderAnswer, pool: string, leader: LeaderStamp): Answer {
  switch (answer.kind) {
    case 'accepted':
      return { status: 204, body: '' };
    case 'unknown-pool':
      return {
        status: 404,
        body: `There is no pool ${pool}; there are ${answer.pools.join(', ')}.\n`,
      };
    case 'superseded': {
      const { heard } = answer;
      const body =
        `The order of term ${leader.term}, sequence ${leader.sequence} comes after one of ` +
        `term ${heard.term}, sequence ${heard.sequence}, which holds: another scaler leads.\n`;
      return { status: 409, body };
    }
  }
}

/** `null`: too long, or the connection ended before the body did. */
function bodyOf(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      text += piece;
      if (text.length > orderBytesMax) resolve(null);
    });
    request.on('end', () => resolve(text));
    request.on('error', () => resolve(null));
    request.on('close', () => resolve(null));
  });
}
