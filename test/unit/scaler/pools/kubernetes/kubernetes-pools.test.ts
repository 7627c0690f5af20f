import { describe, expect, it } from 'vitest';
import { ClusterWorld, capiPool, nodes, pods } from './cluster-world.ts';

async function bootedWorld(count: number): Promise<ClusterWorld> {
  const world = new ClusterWorld();
  await world.start(count);
  for (let index = 1; index <= count; index += 1) world.usableNode(`n${index}`);
  await world.state();
  return world;
}

describe('the size of a pool', () => {
  it('is written once, and not again where it is that already', async () => {
    const world = new ClusterWorld();
    await world.start(0);
    await world.state();
    await world.order(2);
    await world.order(2);
    expect(world.size()).toBe(2);
    const writes = world.connection.faults.requests().filter(({ verb }) => verb === 'update');
    expect(writes).toHaveLength(1);
  });

  it('is not written over what another scaler wrote since the look', async () => {
    const world = new ClusterWorld();
    await world.start(1);
    const other = world.open();
    other.start();
    await world.elapse(0);
    await world.state();
    await world.state(other);
    await world.order(3);
    await expect(world.order(0, other)).rejects.toMatchObject({ code: 'conflict' });
    await expect(world.order(0, other)).rejects.toMatchObject({ code: 'conflict' });
    expect(world.size()).toBe(3);
    expect((await world.state(other)).nodesDesired).toBe(3);
    await world.order(2, other);
    expect(world.size()).toBe(2);
  });

  it('is not written before the pool was seen', async () => {
    const world = new ClusterWorld();
    await world.start(1);
    await expect(world.order(3)).rejects.toMatchObject({ code: 'conflict' });
    await expect(
      world.pools.setDesired('tpu', { nodesDesired: 1, leader: { term: 1, sequence: 1 } }),
    ).rejects.toMatchObject({ code: 'unknown-pool' });
  });

  it.each([
    ['forbidden', 'unexpected', 'grant'],
    ['not-found', 'unknown-pool', 'SPILLWAY_POOLS'],
    ['unreachable', 'unreachable', 'nodepools.karpenter.sh gpu'],
    ['invalid', 'unexpected', 'pool gpu'],
  ] as const)('that is %s ends as %s', async (code, poolCode, words) => {
    const world = new ClusterWorld();
    await world.start(1);
    await world.state();
    world.connection.faults.fail({ verbs: ['update'], code, times: 1 });
    await expect(world.order(3)).rejects.toMatchObject({
      code: poolCode,
      message: expect.stringContaining(words),
    });
  });

  it('is unknown, and so is its pool, when the server does not answer', async () => {
    const world = new ClusterWorld();
    await world.start(1);
    world.connection.faults.fail({ verbs: ['get'], code: 'unreachable' });
    expect(await world.unknownCause()).toContain('pool gpu (nodepools.karpenter.sh gpu)');
    await expect(world.order(3)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is unknown once the watches have been silent for two minutes', async () => {
    const world = new ClusterWorld();
    await world.start(1);
    world.connection.faults.silence('watches');
    world.connection.faults.fail({ verbs: ['list', 'watch'], code: 'unreachable' });
    await world.elapse(60);
    expect((await world.state()).nodesDesired).toBe(1);
    await world.elapse(61);
    expect(await world.unknownCause()).toMatch(/no word of \w+ has come for 12\d s/);
  });
});

describe('a pool that shrinks', () => {
  it('lets only empty nodes go, until the workers have left', async () => {
    const world = await bootedWorld(3);
    world.worker('w1', 'n1');
    world.worker('w2', 'n2');
    await world.state();
    await world.order(0);
    expect(world.size()).toBe(2);
    // The order is noted; it is not asked for twice.
    expect((await world.state()).nodesDesired).toBe(0);
    world.cluster.remove({ ...nodes, name: 'n3' });
    await world.state();
    await world.order(0);
    expect(world.size()).toBe(2);
    world.cluster.remove({ ...pods, name: 'w2' });
    await world.state();
    await world.order(0);
    expect(world.size()).toBe(1);
  });

  it('goes down with its workers when they have not left for too long', async () => {
    const world = await bootedWorld(1);
    world.worker('w1', 'n1');
    await world.state();
    await world.order(0);
    await world.elapse(299);
    await world.state();
    await world.order(0);
    expect(world.size()).toBe(1);
    await world.elapse(1);
    await world.state();
    await world.order(0);
    expect(world.size()).toBe(0);
  });

  it('begins to wait anew after it was wanted again', async () => {
    const world = await bootedWorld(1);
    world.worker('w1', 'n1');
    await world.state();
    await world.order(0);
    await world.elapse(200);
    await world.state();
    await world.order(1);
    expect((await world.state()).nodesDesired).toBe(1);
    await world.elapse(200);
    await world.state();
    await world.order(0);
    expect(world.size()).toBe(1);
  });
});

describe('a pool of Cluster API', () => {
  const provisioned = (world: ClusterWorld, name: string) => ({
    spec: { providerID: `cloud://${name}` },
    status: {
      nodeRef: { name },
      conditions: [world.condition('InfrastructureReady', true)],
    },
  });

  it('knows its nodes by their machines, in both versions of the API', async () => {
    const world = new ClusterWorld(capiPool);
    await world.start(3);
    world.machine('m1', provisioned(world, 'n1'));
    world.machine('m2', {
      status: { infrastructureReady: true, nodeRef: { kind: 'Node', name: 'n2' } },
    });
    world.machine('m3', { status: { initialization: { infrastructureProvisioned: true } } });
    for (const name of ['n1', 'n2', 'other']) world.usableNode(name);
    const found = await world.nodesByName();
    expect(Object.entries(found).map(([name, { phase }]) => [name, phase])).toEqual([
      ['n1', 'allocatable'],
      ['n2', 'allocatable'],
      ['m3', 'launched'],
    ]);
  });

  it('takes the nodes that a MachinePool lists where it has no machines', async () => {
    const target = { ...capiPool.target, plural: 'machinepools' };
    const world = new ClusterWorld({ ...capiPool, target });
    await world.start(2);
    world.usableNode('n1');
    world.usableNode('other');
    world.cluster.patch(target, { status: { nodeRefs: [{ kind: 'Node', name: 'n1' }] } });
    const { nodes: found } = await world.state();
    expect(found.map(({ phase }) => phase)).toEqual(['allocatable', 'ordered']);
    expect(found[0]?.node).toBe('n1');
  });

  it('says why its machines fail', async () => {
    const world = new ClusterWorld(capiPool);
    await world.start(1);
    const v1beta1 = { failureReason: 'CreateError', failureMessage: 'Quota exceeded' };
    world.machine('m1', { status: { deprecated: { v1beta1 } } });
    expect((await world.state()).problem).toBe('m1: CreateError: Quota exceeded');
    const reason = { reason: 'InstanceProvisionFailed', severity: 'Error' };
    world.machine('m1', {
      status: { conditions: [world.condition('InfrastructureReady', false, reason)] },
    });
    expect((await world.state()).problem).toBe('m1: InstanceProvisionFailed');
    world.machine('m1', { status: { phase: 'Failed' } });
    expect((await world.state()).problem).toBe('m1: its machine has failed');
  });

  it('is told first which machines are to go, and no more of them than the size falls', async () => {
    const world = new ClusterWorld(capiPool);
    await world.start(3);
    for (const name of ['1', '2', '3']) {
      world.machine(`m${name}`, provisioned(world, `n${name}`));
      world.usableNode(`n${name}`);
    }
    world.worker('w1', 'n1');
    world.worker('w3', 'n3');
    await world.state();
    await world.order(1);
    const marked = (): readonly string[] =>
      world.cluster
        .list({
          group: 'cluster.x-k8s.io',
          version: 'v1beta2',
          plural: 'machines',
          namespace: 'fleet',
        })
        .filter(({ metadata }) => 'cluster.x-k8s.io/delete-machine' in (metadata.annotations ?? {}))
        .map(({ metadata }) => metadata.name);
    expect(marked()).toEqual(['m2']);
    expect(world.size()).toBe(2);
    // Wanted again before its controller took it: the mark comes off.
    await world.state();
    await world.order(3);
    expect(marked()).toEqual([]);
    expect(world.size()).toBe(3);
  });
});
