import { it, vi } from 'vitest';
import { uniqueTopicPrefix } from '../support/broker.ts';
import { expectBurstServed } from './scene/burst-story.ts';
import { installed } from './scene/installed.ts';
import { makeMachinePool, sizeOf } from './scene/machine-deployments.ts';
import { clusterAdmin, describeWithCluster, run } from './scene/scene.ts';

vi.setConfig({ testTimeout: 300_000 });

const namespace = 'burst-machines';
const clouds = 'burst-clouds';

describeWithCluster('a burst on Cluster API', () => {
  it('brings GPU and CPU workers to the decided numbers through KEDA, spills while nodes boot, ends each chunk once, and returns to the floor; the chart says of itself that it works', async ({
    expect,
  }) => {
    const admin = clusterAdmin();
    await admin.create('/api/v1/namespaces', { metadata: { name: clouds } });
    const machines = {
      namespace: clouds,
      name: 'gpu',
      pace: { launchSeconds: 2, joinSeconds: 3, gpuSeconds: 2 },
    };
    const pool = await makeMachinePool(admin, machines);
    const topicPrefix = uniqueTopicPrefix();
    const release = await installed(namespace, { topicPrefix, pools: [pool] });
    const size = (): Promise<number> => sizeOf(admin, machines);
    await expectBurstServed({ release, topicPrefix, pool: { name: pool.name, size }, expect });
    await run('helm', ['test', 'spillway', '--namespace', namespace, '--timeout', '60s']);
    admin.close();
  });
});
