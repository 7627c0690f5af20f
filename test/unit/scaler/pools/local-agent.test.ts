import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { localAgentPools } from '../../../../services/scaler/pools/local-agent.ts';
import { NodePoolsError } from '../../../../services/scaler/pools/ports.ts';
import type { NodePools } from '../../../../services/scaler/pools/ports.ts';
import { encodePools } from '../../../../services/shared/chunk/node-pools.ts';
import type { PoolState } from '../../../../services/shared/chunk/node-pools.ts';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const clock = new ManualClock(0);
let close = (): Promise<void> => Promise.resolve();
afterEach(() => close());

async function poolsBehind(answer: Answer): Promise<NodePools> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const bound = server.address();
  const port = typeof bound === 'object' ? bound?.port : null;
  return localAgentPools({ address: `http://127.0.0.1:${port}`, pools: ['gpu'], clock });
}

const answering =
  (status: number, body = ''): Answer =>
  (_, response) =>
    void response.writeHead(status).end(body);

const order = { nodesDesired: 2, leader: { term: 3, sequence: 4 } };

async function failureOf(doing: Promise<unknown>): Promise<NodePoolsError> {
  const error: unknown = await doing.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof NodePoolsError) return error;
  throw new Error(`expected a NodePoolsError, found ${String(error)}`);
}

async function unknownCauseOf(pools: NodePools): Promise<string> {
  const state = (await pools.list()).get('gpu');
  if (state?.kind === 'unknown') return state.cause;
  throw new Error(`expected an unknown pool, found ${JSON.stringify(state)}`);
}

describe('node pools behind a local agent', () => {
  it('are listed as the agent gives them', async () => {
    const state: PoolState = {
      pool: 'gpu',
      nodesDesired: 1,
      nodes: [{ node: 'gpu-1', phase: 'ordered', reached: [{ phase: 'ordered', agoMs: 12.5 }] }],
      problem: null,
      pause: null,
    };
    const pools = await poolsBehind(answering(200, encodePools([state])));
    expect(await pools.list()).toEqual(new Map([['gpu', { kind: 'known', value: state }]]));
  });

  it('are unknown by name when the agent holds others', async () => {
    const state: PoolState = {
      pool: 'tpu',
      nodesDesired: 0,
      nodes: [],
      problem: null,
      pause: null,
    };
    const pools = await poolsBehind(answering(200, encodePools([state])));
    expect(await unknownCauseOf(pools)).toMatch(/no such pool at .*, only tpu$/);
  });

  it('are told their size with the stamp of the leader', async () => {
    const asked: unknown[] = [];
    const pools = await poolsBehind((request, response) => {
      let text = '';
      request.on('data', (piece) => (text += String(piece)));
      request.on('end', () => {
        asked.push(request.method, request.url, JSON.parse(text));
        response.writeHead(204).end();
      });
    });
    await pools.setDesired('gpu', order);
    expect(asked).toEqual(['PUT', '/pools/gpu', order]);
  });

  it.each([
    [409, 'refused', 'another scaler leads'],
    [404, 'unknown-pool', 'SPILLWAY_POOLS'],
    [400, 'unexpected', 'status 400'],
    [500, 'unexpected', 'status 500'],
  ])('tell by status %i that an order is %s', async (status, code, words) => {
    const pools = await poolsBehind(answering(status, 'another scaler leads\n'));
    const failure = await failureOf(pools.setDesired('gpu', order));
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(words);
  });

  it.each([
    ['no list of pools', answering(200, '{"pools":[{}]}'), 'cannot be read'],
    ['no JSON', answering(200, '<html>'), 'cannot be read'],
    ['an error', answering(503, 'busy'), 'status 503'],
  ])('are not guessed from %s', async (_, answer, words) => {
    const pools = await poolsBehind(answer);
    expect(await unknownCauseOf(pools)).toContain(words);
  });

  it('are unreachable when nobody listens', async () => {
    const pools = await poolsBehind(answering(200));
    await close();
    expect(await unknownCauseOf(pools)).toContain('ECONNREFUSED');
    const failure = await failureOf(pools.setDesired('gpu', order));
    expect(failure.code).toBe('unreachable');
    expect(failure.message).toContain('ECONNREFUSED');
  });

  it('are unreachable when the agent hangs', async () => {
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const pools = await poolsBehind(() => asked());
    const failing = failureOf(pools.setDesired('gpu', order));
    await isAsked;
    await clock.elapseMs(2000);
    const failure = await failing;
    expect(failure.code).toBe('unreachable');
    expect(failure.message).toContain('no answer within 2000 ms');
    expect(clock.waitingCount()).toBe(0);
  });
});
