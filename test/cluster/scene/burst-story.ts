import type { ExpectStatic } from 'vitest';
import { expectOneOutcomeEach } from '../../support/installation/exactly-once.ts';
import { Installation } from '../../support/installation/installation.ts';
import { dueChunk } from '../../support/installation/paced-work.ts';
import { kafkaAddresses } from '../../support/broker.ts';
import { until } from '../../support/kubernetes/until.ts';
import type { Release } from './release.ts';
import { ticksOf, workersWanted } from './ticks.ts';
import type { PodTick } from './ticks.ts';
import { cpuWorkers } from './installed-values.ts';

/** A pool of a release, and how its size is looked up where it stands. */
export interface SizedPool {
  readonly name: string;
  size(): Promise<number>;
}

/** What of the story is looked at while it goes on. */
export interface BurstOptions {
  readonly release: Release;
  readonly topicPrefix: string;
  readonly pool: SizedPool;
  readonly expect: ExpectStatic;
}

/** Three times what the CPU workers can do in the time that the chunks have. */
const chunkSeconds = 2;
const chunks = 240;
const dueMs = 40_000;

const followsMsMax = 60_000;
const outcomesMsMax = 120_000;
const floorMsMax = 150_000;

const gateOf = ({ decision }: PodTick): string => decision.spill.gate;

/** Every step of a burst, from the first chunk to the last worker's end. */
export async function expectBurstServed(options: BurstOptions): Promise<void> {
  const { release, topicPrefix, pool, expect } = options;
  const installation = await Installation.open({ brokers: kafkaAddresses(), prefix: topicPrefix });
  try {
    const video = Array.from({ length: chunks }, () => dueChunk(chunkSeconds, dueMs));
    const submitted = await installation.submit(video);
    const last = (): PodTick | undefined => ticksOf(release.logs).at(-1);
    const until60 = (what: string, look: () => Promise<boolean>): Promise<boolean> =>
      until(what, look, { withinMs: followsMsMax, everyMs: 250 });

    await until60('nodes are wanted, spill is open, and the size of the pool follows', async () => {
      const tick = last();
      const wanted =
        tick?.decision.pools.find((each) => each.pool === pool.name)?.nodesDesired ?? 0;
      return (
        wanted > 0 &&
        tick !== undefined &&
        gateOf(tick) === 'open' &&
        (await pool.size()) === wanted
      );
    });
    await until60('GPU and CPU workers are as many as decided', async () => {
      const tick = last();
      if (tick === undefined) return false;
      const [gpu, cpu] = await Promise.all([
        release.replicas(`gpu-worker-${pool.name}`),
        release.replicas('cpu-worker'),
      ]);
      const gpuWanted = workersWanted(tick, pool.name) ?? 0;
      return gpuWanted > 0 && gpu.wanted === gpuWanted && cpu.wanted === workersWanted(tick, null);
    });
    await until60(
      'GPU workers report loaded models',
      async () =>
        (last()?.decision.pools.find((each) => each.pool === pool.name)?.nodesLoaded ?? 0) > 0,
    );
    await until60('spill closes', async () => {
      const tick = last();
      return tick !== undefined && gateOf(tick) === 'shut';
    });
    const before = ticksOf(release.logs);
    const opened = before.findIndex((tick) => gateOf(tick) === 'open');
    const closed = before.findIndex((tick, index) => index > opened && gateOf(tick) === 'shut');
    const atClosing = before[closed]?.decision.pools.find((each) => each.pool === pool.name);
    expect(atClosing?.nodesLoaded, 'nodes with loaded models when spill closed').toBeGreaterThan(0);

    await expectOneOutcomeEach({ installation, expect }, submitted, outcomesMsMax);
    expect(installation.outcomes.all.every(({ kind }) => kind === 'result')).toBe(true);
    await until(
      'nodes and workers are back at their floor',
      async () => {
        const [gpu, cpu, size] = await Promise.all([
          release.replicas(`gpu-worker-${pool.name}`),
          release.replicas('cpu-worker'),
          pool.size(),
        ]);
        return size === 0 && gpu.wanted === 0 && cpu.wanted === cpuWorkers.min;
      },
      { withinMs: floorMsMax, everyMs: 500 },
    );
  } finally {
    await installation.stop();
  }
}
