import { it, vi } from 'vitest';
import { uniqueTopicPrefix } from '../support/broker.ts';
import { expectBurstServed } from './scene/burst-story.ts';
import { installed } from './scene/installed.ts';
import { makeStaticNodePool } from './scene/static-node-pool.ts';
import { clusterAdmin, describeWithCluster } from './scene/scene.ts';

vi.setConfig({ testTimeout: 300_000 });

describeWithCluster('a burst on Karpenter', () => {
  it('is served by nodes of a static NodePool, which follows the decision up and down', async ({
    expect,
  }) => {
    const admin = clusterAdmin();
    const { pool, size } = await makeStaticNodePool(admin, 'gpu-static');
    const topicPrefix = uniqueTopicPrefix();
    const release = await installed('burst-karpenter', { topicPrefix, pools: [pool] });
    await expectBurstServed({ release, topicPrefix, pool: { name: pool.name, size }, expect });
    admin.close();
  });
});
