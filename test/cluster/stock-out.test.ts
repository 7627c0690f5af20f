import { it, vi } from 'vitest';
import { kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { expectOneOutcomeEach } from '../support/installation/exactly-once.ts';
import { Installation } from '../support/installation/installation.ts';
import { dueChunk } from '../support/installation/paced-work.ts';
import { until } from '../support/kubernetes/until.ts';
import { installed } from './scene/installed.ts';
import { makeMachinePool, sizeOf } from './scene/machine-deployments.ts';
import { clusterAdmin, describeWithCluster } from './scene/scene.ts';
import { poolDecision, ticksOf } from './scene/ticks.ts';

vi.setConfig({ testTimeout: 300_000 });

const clouds = 'stock-out-clouds';
const chunks = 200;
const dueMs = 60_000;

describeWithCluster('a stock-out', () => {
  it('of the first pool is found by its launch time, the second is asked in the same tick, and spill stays open until its workers have loaded', async ({
    expect,
  }) => {
    const admin = clusterAdmin();
    await admin.create('/api/v1/namespaces', { metadata: { name: clouds } });
    const first = { namespace: clouds, name: 'cheap', pace: { stock: 0 } };
    const second = { namespace: clouds, name: 'dear', pace: { launchSeconds: 2, joinSeconds: 3 } };
    const pools = [await makeMachinePool(admin, first), await makeMachinePool(admin, second)];
    const topicPrefix = uniqueTopicPrefix();
    const release = await installed('stock-out', { topicPrefix, pools });
    const installation = await Installation.open({
      brokers: kafkaAddresses(),
      prefix: topicPrefix,
    });
    try {
      const submitted = await installation.submit(
        Array.from({ length: chunks }, () => dueChunk(2, dueMs)),
      );
      const turned = await until(
        'the first pool backs off',
        async () =>
          ticksOf(release.logs).find(
            (tick) => poolDecision(tick, 'cheap')?.reason === 'backing-off',
          ) ?? null,
        { withinMs: 60_000, everyMs: 250 },
      );
      expect(poolDecision(turned, 'cheap')?.figures['backOffLeftMs']).toBeGreaterThan(0);
      const ordered = ticksOf(release.logs).find((tick) =>
        tick.orders.some(({ pool, nodesDesired }) => pool === 'dear' && nodesDesired > 0),
      );
      expect(ordered?.leader, 'the tick in which the second pool was asked').toEqual(turned.leader);
      expect(turned.decision.spill.gate).toBe('open');
      await until('the second pool has its size', async () => (await sizeOf(admin, second)) > 0);
      await until(
        'nodes of the second pool have loaded',
        async () =>
          (poolDecision(ticksOf(release.logs).at(-1) ?? turned, 'dear')?.nodesLoaded ?? 0) > 0,
        { withinMs: 60_000, everyMs: 250 },
      );
      const between = ticksOf(release.logs).filter(
        (tick) =>
          tick.loggedAtMs >= turned.loggedAtMs &&
          (poolDecision(tick, 'dear')?.nodesLoaded ?? 0) === 0,
      );
      expect(new Set(between.map(({ decision }) => decision.spill.gate))).toEqual(
        new Set(['open']),
      );
      await expectOneOutcomeEach({ installation, expect }, submitted, 120_000);
    } finally {
      await installation.stop();
      admin.close();
    }
  });
});
