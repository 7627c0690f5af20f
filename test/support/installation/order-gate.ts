import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parsePoolOrder } from '../../../services/shared/chunk/node-pools.ts';
import type { PoolOrder } from '../../../services/shared/chunk/node-pools.ts';

/** One order that passed, and what the agent said to it. */
export interface PassedOrder extends PoolOrder {
  readonly status: number;
}

/**
 * The way of one scaler to the agent of local nodes: notes what passes, and holds a request on its
 * way, as a slow network does.
 */
export interface OrderGate {
  readonly url: string;
  readonly passed: readonly PassedOrder[];
  /** Holds the next request of this kind; resolves when it is there, with what lets it go on. */
  hold(method: 'GET' | 'PUT'): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

interface Holding {
  readonly method: string;
  readonly held: (release: () => Promise<void>) => void;
}

export async function openOrderGate(agentUrl: string): Promise<OrderGate> {
  const passed: PassedOrder[] = [];
  let holding: Holding | null = null;
  const forward = async (request: IncomingMessage, body: string): Promise<Response> => {
    const init = request.method === 'PUT' ? { method: 'PUT', body } : {};
    const response = await fetch(new URL(request.url ?? '/', agentUrl), init);
    const order = parsePoolOrder(body);
    if (order.ok) passed.push({ ...order.value, status: response.status });
    return response;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(Buffer.from(piece));
    const body = Buffer.concat(pieces).toString('utf8');
    const pass = async (): Promise<void> => {
      const answered = await forward(request, body);
      // Whoever asked may be gone by now.
      response.writeHead(answered.status).end(await answered.text());
    };
    const held = holding;
    if (held === null || held.method !== request.method) return pass();
    holding = null;
    held.held(pass);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' ? bound?.port : null;
  return {
    url: `http://127.0.0.1:${port}`,
    passed,
    hold: (method) =>
      new Promise((resolve) => {
        holding = { method, held: resolve };
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
