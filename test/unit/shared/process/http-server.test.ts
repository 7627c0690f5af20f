import { createServer } from 'node:net';
import { Counter, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { openHttpServer } from '../../../../services/shared/process/http-server.ts';
import type { HttpServer } from '../../../../services/shared/process/http-server.ts';

const opened: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

async function open(registry = new Registry(), port = 0): Promise<HttpServer> {
  const good = { isGood: true, state: 'running', reasons: [] };
  const bad = { isGood: false, state: 'running', reasons: ['model: loading'] };
  const server = await openHttpServer({
    address: '127.0.0.1',
    port,
    registry,
    health: () => good,
    readiness: () => bad,
  });
  opened.push(server);
  return server;
}

describe('the HTTP server of a process', () => {
  it('takes a free port when asked for 0, and says which', async () => {
    const [first, second] = [await open(), await open()];
    expect(first.port).toBeGreaterThan(0);
    expect(first.port).not.toBe(second.port);
  });

  it('answers probes with 200 or 503, the state and the reasons', async () => {
    const { port } = await open();
    const health = await fetch(`http://127.0.0.1:${port}/healthz?verbose`);
    expect([health.status, await health.json()]).toEqual([200, { state: 'running', reasons: [] }]);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    const reasons = ['model: loading'];
    expect([ready.status, await ready.json()]).toEqual([503, { state: 'running', reasons }]);
    expect(ready.headers.get('cache-control')).toBe('no-store');
  });

  it('serves the metrics of the registry that it was given, in the format of Prometheus', async () => {
    const registry = new Registry();
    new Counter({ name: 'chunks_total', help: 'Chunks.', registers: [registry] }).inc(3);
    const { port } = await open(registry);
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toContain('chunks_total 3');
  });

  it('shows a metric that cannot be collected as a failed scrape', async () => {
    const registry = new Registry();
    const collect = (): never => {
      throw new Error('no such device');
    };
    const counter = new Counter({
      name: 'broken_total',
      help: 'Broken.',
      registers: [registry],
      collect,
    });
    expect(counter).toBeDefined();
    const { port } = await open(registry);
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect([response.status, await response.text()]).toEqual([
      500,
      'Cannot collect the metrics: Error: no such device\n',
    ]);
  });

  it('refuses other paths and methods, and sends no body for HEAD', async () => {
    const { port } = await open();
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    const post = await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await fetch(`http://127.0.0.1:${port}/healthz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('says what to do when its port is taken', async () => {
    const { port } = await open();
    await expect(open(new Registry(), port)).rejects.toMatchObject({
      code: 'port-unavailable',
      message: expect.stringContaining('Set SPILLWAY_HTTP_PORT to a free port'),
    });
  });

  it('gives its port back when closed, also under a client that keeps its connection', async () => {
    const server = await open();
    await (await fetch(`http://127.0.0.1:${server.port}/healthz`)).text();
    await server.close();
    await server.close();
    const next = createServer();
    await new Promise<void>((resolve) => next.listen(server.port, '127.0.0.1', resolve));
    next.close();
  });
});
