import { it, vi } from 'vitest';
import { uniqueTopicPrefix } from '../support/broker.ts';
import type { ClusterList } from '../support/kubernetes/cluster-client.ts';
import { expectBurstServed } from './scene/burst-story.ts';
import { installed } from './scene/installed.ts';
import { makeMachinePool, sizeOf } from './scene/machine-deployments.ts';
import { clusterAdmin, describeWithCluster } from './scene/scene.ts';

vi.setConfig({ testTimeout: 300_000 });

const namespace = 'burst-writer';
const clouds = 'writer-clouds';

describeWithCluster('a burst without KEDA', () => {
  it('is served by workers that the leading scaler itself starts and stops', async ({ expect }) => {
    const admin = clusterAdmin();
    await admin.create('/api/v1/namespaces', { metadata: { name: clouds } });
    const machines = { namespace: clouds, name: 'gpu' };
    const pool = await makeMachinePool(admin, machines);
    const topicPrefix = uniqueTopicPrefix();
    const release = await installed(namespace, { topicPrefix, mode: 'writer', pools: [pool] });
    const autoscalers = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
    const { items } = await admin.get<ClusterList<unknown>>(autoscalers);
    expect(items, 'somebody else who would scale').toEqual([]);
    const size = (): Promise<number> => sizeOf(admin, machines);
    await expectBurstServed({ release, topicPrefix, pool: { name: pool.name, size }, expect });
    admin.close();
  });
});
