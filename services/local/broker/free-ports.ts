import { createServer } from 'node:net';
import type { Random } from '../../shared/clock/ports.ts';

/**
 * Below the range from which Linux and macOS take the ports of outgoing connections (32768 and
 * 49152), so that a broker that is down for a while finds its port free when it comes back.
 */
const portMin = 20_000;
const portMax = 32_000;
const triesMax = 200;

/** `count` different ports of this machine's loopback that nobody listens on at this moment. */
export async function findFreePorts(count: number, random: Random): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries === triesMax) {
      throw new Error(`no ${count} free ports between ${portMin} and ${portMax} on 127.0.0.1`);
    }
    const port = portMin + Math.floor(random.next() * (portMax - portMin));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}
