import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findFreePorts } from '../../../../services/local/broker/free-ports.ts';
import { seededRandom } from '../../../../services/shared/clock/manual.ts';

const seed = 20_261;

it('finds different ports, and passes over one on which somebody listens', async () => {
  const first = await findFreePorts(6, seededRandom(seed));
  expect(new Set(first).size).toBe(6);
  for (const port of first) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_000);
  }

  const [taken = 0] = first;
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
  expect(await findFreePorts(6, seededRandom(seed))).not.toContain(taken);
});
