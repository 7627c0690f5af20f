import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { startCluster } from './cluster.ts';

/**
 * `npm run cluster:up`: the suite's cluster for a look by hand, until Ctrl-C. Its first line says how
 * to reach it with kubectl.
 */
const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spillway-cluster-'));
const keeper = new Keeper();
const asked = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});
const cluster = await startCluster({ folder, keeper, report: (line) => console.log(line) });
await asked;
await cluster.stop();
await keeper.close();
