import { systemClock } from '../../services/shared/clock/system.ts';
import { dispatching, Installation, running } from '../support/installation/installation.ts';
import type { Figure } from './figure.ts';
import { withKafka } from './local-kafka.ts';
import { childrenOf, cpuMsOf } from './process-time.ts';

const bar = 0.02;
const settleMs = 10_000;
const measuredMs = 60_000;

/**
 * What it costs to wait: CPU time of each process over a minute in which nothing arrives, as a share
 * of one core. The figure is the busiest process.
 */
export function benchIdle(): Promise<Figure> {
  return withKafka(async (brokers) => {
    const installation = await Installation.open({ brokers, prefix: 'bench-idle.' });
    try {
      const active = installation.startDispatcher('dispatcher');
      const worker = installation.startWorker('worker');
      await Promise.all([dispatching(active), running(worker)]);
      const standBy = installation.startDispatcher('stand-by');
      const pids = new Map([
        ['dispatcher', active.pid ?? 0],
        ['stand-by dispatcher', standBy.pid ?? 0],
        ['worker', worker.pid ?? 0],
        ...childrenOf(worker.pid ?? 0).map((pid, index) => [`executor ${index + 1}`, pid] as const),
      ]);
      console.log(`nothing arrives; measuring for ${measuredMs / 1000} s`);
      await systemClock.sleepMs(settleMs);
      const shares = await measure(pids);
      for (const [name, share] of shares) {
        console.log(`${name.padEnd(20)} ${(share * 100).toFixed(2)} % of a core`);
      }
      const figure = Math.max(...shares.values());
      return {
        bench: 'idle',
        figure: Number(figure.toFixed(4)),
        bar,
        holds: figure < bar,
        processes: Object.fromEntries(shares),
      };
    } finally {
      await installation.stop();
    }
  });
}

async function measure(pids: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
  const beganAtMs = systemClock.monotonicMs();
  const before = new Map([...pids].map(([name, pid]) => [name, cpuMsOf(pid)]));
  await systemClock.sleepMs(measuredMs);
  const wallMs = systemClock.monotonicMs() - beganAtMs;
  return new Map(
    [...pids].map(([name, pid]) => [
      name,
      Number(((cpuMsOf(pid) - (before.get(name) ?? 0)) / wallMs).toFixed(5)),
    ]),
  );
}
