import { describe, expect, it } from 'vitest';
import { ClusterWorld, gpuPool, nodeClaims, nodePool, nodes } from './cluster-world.ts';

const ages = (
  node: { readonly reached: readonly { phase: string; agoMs: number }[] } | undefined,
) => Object.fromEntries(node?.reached.map(({ phase, agoMs }) => [phase, agoMs / 1000]) ?? []);

async function bootedWorld(): Promise<ClusterWorld> {
  const world = new ClusterWorld();
  await world.start(1);
  world.usableNode('n1');
  await world.state();
  return world;
}

describe('a node pool of Karpenter', () => {
  it('is unknown until everything was read once', async () => {
    const world = new ClusterWorld();
    world.cluster.put(nodePool, { metadata: { name: 'gpu' }, spec: { replicas: 1 } });
    expect(await world.unknownCause()).toContain('no word of nodepools has come yet');
    world.pools.start();
    await world.elapse(0);
    expect((await world.state()).nodesDesired).toBe(1);
  });

  it('shows one node from its order to its GPU, each phase with its age', async () => {
    const world = new ClusterWorld();
    await world.start(0);
    await world.state();
    await world.order(1);
    await world.elapse(5);
    const [ordered] = (await world.state()).nodes;
    expect(ordered).toMatchObject({ phase: 'ordered', reached: [{ agoMs: 5000 }] });

    world.claim('c1');
    await world.elapse(5);
    expect(ages((await world.nodesByName())['c1'])).toEqual({ ordered: 10 });

    const launched = world.condition('Launched', true);
    world.claim('c1', { status: { providerID: 'cloud://n1', conditions: [launched] } });
    await world.elapse(20);
    expect(ages((await world.nodesByName())['c1'])).toEqual({ ordered: 30, launched: 20 });

    world.node('n1', { taints: ['karpenter.sh/unregistered'] });
    await world.elapse(5);
    const registered = await world.nodesByName();
    expect(Object.keys(registered)).toEqual(['n1']);
    expect(ages(registered['n1'])).toEqual({ ordered: 35, launched: 25, registered: 5 });

    world.node('n1', { isReady: true, taints: ['nvidia.com/gpu'] });
    await world.elapse(5);
    expect((await world.nodesByName())['n1']?.phase).toBe('ready');

    world.usableNode('n1');
    await world.state();
    await world.elapse(5);
    const usable = (await world.nodesByName())['n1'];
    expect(usable?.phase).toBe('allocatable');
    expect(ages(usable)).toEqual({
      ordered: 45,
      launched: 35,
      registered: 15,
      ready: 10,
      allocatable: 5,
    });
  });

  it('keeps a node from counting while it has a taint that is not tolerated', async () => {
    const world = new ClusterWorld();
    await world.start(1);
    world.node('n1', { isReady: true, gpus: 1, taints: ['startup.example/driver'] });
    expect((await world.nodesByName())['n1']?.phase).toBe('ready');
    world.node('n1', { isReady: true, gpus: 1, taints: ['soft.example/wish:PreferNoSchedule'] });
    expect((await world.nodesByName())['n1']?.phase).toBe('allocatable');
    world.usableNode('n1');
    expect((await world.nodesByName())['n1']?.phase).toBe('allocatable');
  });

  it('takes ages of what was there before from the server, and is not fooled by its clock', async () => {
    const world = new ClusterWorld();
    const claim = (name: string) => world.claim(name);
    claim('old');
    await world.elapse(60);
    // The server is an hour ahead of this machine.
    world.clock.stepWallMs(3_600_000);
    claim('new');
    world.clock.stepWallMs(-3_600_000);
    await world.start(2);
    const found = await world.nodesByName();
    expect(ages(found['new'])).toEqual({ ordered: 0 });
    expect(ages(found['old'])).toEqual({ ordered: 3660 });
  });

  it('counts what comes while it watches from its own sight, whatever the server’s clock', async () => {
    const world = new ClusterWorld();
    await world.start(1);
    await world.state();
    await world.elapse(5);
    world.clock.stepWallMs(-3_600_000);
    world.claim('c1');
    world.clock.stepWallMs(3_600_000);
    await world.elapse(5);
    const [node] = (await world.state()).nodes;
    expect(ages(node)).toEqual({ ordered: 10 });
  });

  it('keeps the age of an order while claims for it come and go in vain, and says so', async () => {
    const world = new ClusterWorld();
    await world.start(0);
    await world.state();
    await world.order(1);
    for (const name of ['c1', 'c2', 'c3']) {
      world.claim(name);
      await world.elapse(5);
      await world.state();
      world.cluster.remove({ ...nodeClaims, name });
      await world.elapse(5);
      await world.state();
    }
    const state = await world.state();
    expect(state.nodes).toHaveLength(1);
    expect(ages(state.nodes[0])).toEqual({ ordered: 30 });
    expect(state.problem).toBe(
      'c3 was given up before it was launched: there is no machine to be had',
    );
    const launched = { conditions: [world.condition('Launched', true)] };
    world.claim('c4', { status: launched });
    const after = await world.state();
    expect(after.problem).toBeNull();
    expect(after.nodes.map(({ node, phase }) => [node, phase])).toEqual([['c4', 'launched']]);
    expect(ages(after.nodes[0])).toEqual({ ordered: 30, launched: 0 });
  });

  it('tells a failed launch in its controller’s words', async () => {
    const world = new ClusterWorld();
    await world.start(1);
    const failed = {
      reason: 'InsufficientCapacityError',
      message: 'no g6.xlarge',
      status: 'Unknown',
    };
    world.claim('c1', { status: { conditions: [world.condition('Launched', false, failed)] } });
    expect((await world.state()).problem).toBe('c1: InsufficientCapacityError: no g6.xlarge');
    const waits = {
      reason: 'AwaitingReconciliation',
      message: 'object is awaiting reconciliation',
    };
    world.claim('c1', { status: { conditions: [world.condition('Launched', false, waits)] } });
    expect((await world.state()).problem).toBeNull();
  });

  it.each([
    ['is cordoned', { isReady: true, gpus: 1, unschedulable: true }],
    ['is disrupted', { isReady: true, gpus: 1, taints: ['karpenter.sh/disrupted'] }],
    [
      'is taken back',
      { isReady: true, gpus: 1, taints: ['aws-node-termination-handler/spot-itn'] },
    ],
    ['is not ready any more', { isReady: false, gpus: 1 }],
  ])('lets a node leave at once when it %s', async (_, change) => {
    const world = await bootedWorld();
    await world.elapse(5);
    world.node('n1', change);
    const [node] = (await world.state()).nodes;
    expect(node).toMatchObject({ node: 'n1', phase: 'leaving' });
    await world.elapse(5);
    expect(ages((await world.nodesByName())['n1'])['leaving']).toBe(5);
  });

  it('lets a node leave when its claim is deleted or its Node object is gone', async () => {
    const world = new ClusterWorld();
    await world.start(2);
    for (const name of ['1', '2']) {
      world.claim(`c${name}`, { status: { nodeName: `n${name}`, conditions: [] } });
      world.usableNode(`n${name}`);
    }
    await world.state();
    const deletionTimestamp = world.now();
    world.cluster.patch({ ...nodeClaims, name: 'c1' }, { metadata: { deletionTimestamp } });
    world.cluster.remove({ ...nodes, name: 'n2' });
    const state = await world.state();
    // One is being deleted, which its pool makes up for with another.
    expect(state.nodes.map(({ node, phase }) => [node, phase])).toEqual([
      ['n1', 'leaving'],
      ['n2', 'leaving'],
      [expect.stringContaining('ordered'), 'ordered'],
    ]);
  });

  it.each([
    [{ 'autoscaling.keda.sh/paused': 'true' }, { scaleIn: true, scaleOut: true, nodes: null }],
    [{ 'autoscaling.keda.sh/paused': 'false' }, null],
    [{ 'autoscaling.keda.sh/paused-replicas': '3' }, { scaleIn: true, scaleOut: true, nodes: 3 }],
    [
      { 'autoscaling.keda.sh/paused-replicas': 'x' },
      { scaleIn: true, scaleOut: true, nodes: null },
    ],
    [
      { 'autoscaling.keda.sh/paused-scale-in': 'true' },
      { scaleIn: true, scaleOut: false, nodes: null },
    ],
    [
      { 'autoscaling.keda.sh/paused-scale-out': '' },
      { scaleIn: false, scaleOut: true, nodes: null },
    ],
    [{}, null],
  ])('is paused by the annotations %o', async (annotations, pause) => {
    const world = new ClusterWorld();
    await world.start(1);
    world.cluster.patch(nodePool, { metadata: { annotations } });
    expect((await world.state()).pause).toEqual(pause);
  });
});

describe('a pool whose GPUs are given out by claims', () => {
  it('counts a node once its driver has published a slice of devices for it', async () => {
    const world = new ClusterWorld({
      ...gpuPool,
      gpu: { kind: 'driver', driver: 'gpu.nvidia.com' },
    });
    await world.start(1);
    world.node('n1', { isReady: true });
    expect((await world.nodesByName())['n1']?.phase).toBe('ready');
    const slices = {
      group: 'resource.k8s.io',
      version: 'v1',
      plural: 'resourceslices',
      namespace: null,
    };
    const spec = { driver: 'gpu.nvidia.com', nodeName: 'n1', devices: [{ name: 'gpu-0' }] };
    world.put(slices, 's1', { spec });
    expect((await world.nodesByName())['n1']?.phase).toBe('allocatable');
  });
});
