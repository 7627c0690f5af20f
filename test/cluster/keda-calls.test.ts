import { it, vi } from 'vitest';
import { systemClock } from '../../services/shared/clock/system.ts';
import { kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { Installation } from '../support/installation/installation.ts';
import { dueChunk } from '../support/installation/paced-work.ts';
import { kedaClient, refOf } from '../support/keda/keda-client.ts';
import type { Asked, Told } from '../support/keda/keda-client.ts';
import { until } from '../support/kubernetes/until.ts';
import { installed } from './scene/installed.ts';
import { makeMachinePool } from './scene/machine-deployments.ts';
import type { Release } from './scene/release.ts';
import { clusterAdmin, describeWithCluster } from './scene/scene.ts';
import { ticksOf, workersWanted } from './scene/ticks.ts';

vi.setConfig({ testTimeout: 300_000 });

const clouds = 'keda-clouds';
const kedaPort = 9091;
const calls = 1000;
const p99MsMax = 20;
/** Several times what KEDA needs to turn to its fallback: three looks, two seconds apart. */
const downMs = 25_000;

interface Metrics {
  readonly metricValues?: readonly {
    readonly metricValue: number;
    readonly metricValueFloat: number;
  }[];
}

describeWithCluster("KEDA's questions", () => {
  it('are answered from the snapshot, alike by leader and stand-by; without scalers nothing drops to zero, and with them the numbers return', async ({
    expect,
  }) => {
    const admin = clusterAdmin();
    await admin.create('/api/v1/namespaces', { metadata: { name: clouds } });
    const pool = await makeMachinePool(admin, { namespace: clouds, name: 'gpu' });
    const topicPrefix = uniqueTopicPrefix();
    const release = await installed('keda-calls', { topicPrefix, pools: [pool] });
    const installation = await Installation.open({
      brokers: kafkaAddresses(),
      prefix: topicPrefix,
    });
    const asked: Asked = { name: 'cpu', metadata: { kind: 'cpu', topicPrefix } };
    try {
      const values = new Set<number | null>();
      for (const { name, ip } of await release.pods('scaler')) {
        await until(`${name} has read a directive`, () => valueOf(`${ip}:${kedaPort}`, asked));
        const { p50Ms, p99Ms, lastValue } = await answersOf(`${ip}:${kedaPort}`, asked);
        console.log(`${calls} calls to ${name}: p50 ${p50Ms} ms, p99 ${p99Ms} ms`);
        expect(p99Ms).toBeLessThanOrEqual(p99MsMax);
        values.add(lastValue);
      }
      expect([...values], 'what leader and stand-by answered').toHaveLength(1);
      expect([...values]).not.toContain(null);

      await installation.submit(Array.from({ length: 200 }, () => dueChunk(2, 60_000)));
      await until(
        'GPU workers run',
        async () => (await release.replicas('gpu-worker-gpu')).ready > 0,
        {
          withinMs: 90_000,
          everyMs: 500,
        },
      );

      await release.scaleDeployment('scaler', 0);
      const least = await leastReplicas(release, downMs);
      expect(least, 'fewest GPU and CPU workers while no scaler answered').toEqual({
        gpu: expect.toSatisfy((count: number) => count > 0),
        cpu: expect.toSatisfy((count: number) => count > 0),
      });
      const downSinceMs = systemClock.nowMs();
      await release.scaleDeployment('scaler', 2);
      await until(
        'the numbers are those of a decision again',
        async () => {
          const tick = ticksOf(release.logs).at(-1);
          if (tick === undefined || tick.loggedAtMs < downSinceMs) return false;
          const [gpu, cpu] = await Promise.all([
            release.replicas('gpu-worker-gpu'),
            release.replicas('cpu-worker'),
          ]);
          return (
            gpu.wanted === workersWanted(tick, 'gpu') && cpu.wanted === workersWanted(tick, null)
          );
        },
        { withinMs: 60_000, everyMs: 500 },
      );
    } finally {
      await installation.stop();
      admin.close();
    }
  });
});

const metricsOf = (asked: Asked): object => ({
  scaledObjectRef: refOf(asked),
  metricName: 'workers',
});

/** Replicas that an answer tells; `null`: it is a refusal. */
function wantedIn(answer: Told): number | null {
  const [value] = (answer as Metrics).metricValues ?? [];
  return value === undefined ? null : Math.max(value.metricValueFloat, value.metricValue);
}

async function valueOf(address: string, asked: Asked): Promise<number | null> {
  const client = kedaClient(address);
  try {
    return wantedIn(await client.call('GetMetrics', metricsOf(asked)));
  } finally {
    client.close();
  }
}

async function answersOf(
  address: string,
  asked: Asked,
): Promise<{ readonly p50Ms: number; readonly p99Ms: number; readonly lastValue: number | null }> {
  const client = kedaClient(address);
  const tookMs: number[] = [];
  let lastValue: number | null = null;
  for (let call = 0; call < calls; call += 1) {
    const fromMs = systemClock.monotonicMs();
    const answer = await client.call('GetMetrics', metricsOf(asked));
    tookMs.push(systemClock.monotonicMs() - fromMs);
    lastValue = wantedIn(answer);
  }
  client.close();
  const sorted = tookMs.toSorted((left, right) => left - right);
  const at = (fraction: number): number => sorted[Math.floor(fraction * sorted.length)] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99), lastValue };
}

/** The smallest numbers that the Deployments had while it looked. */
async function leastReplicas(
  release: Release,
  lookMs: number,
): Promise<{ readonly gpu: number; readonly cpu: number }> {
  const untilMs = systemClock.monotonicMs() + lookMs;
  let [gpu, cpu] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  while (systemClock.monotonicMs() < untilMs) {
    gpu = Math.min(gpu, (await release.replicas('gpu-worker-gpu')).wanted);
    cpu = Math.min(cpu, (await release.replicas('cpu-worker')).wanted);
    await systemClock.sleepMs(250);
  }
  return { gpu, cpu };
}
