import { describe, expect, it } from 'vitest';
import { nodePoolSettings } from '../../../services/scaler/node-pool-settings.ts';
import type { NodePoolsConfig } from '../../../services/scaler/node-pool-settings.ts';
import { ProcessError } from '../../../services/shared/process/errors.ts';
import { parseEnvironment } from '../../../services/shared/process/environment.ts';

const local = {
  pool: 'gpu',
  nodesMin: 0,
  nodesMax: 4,
  pricePerHour: 3.2,
  slotsPerNode: 2,
  bootSeconds: 180,
  slotSpeed: 10,
};
const scale = { group: 'karpenter.sh', version: 'v1', plural: 'nodepools', name: 'l4' };
const machines = {
  group: 'cluster.x-k8s.io',
  version: 'v1beta2',
  plural: 'machinedeployments',
  namespace: 'fleet',
  name: 'l4',
};
const agent = 'http://127.0.0.1:41234';

function configOf(pools: readonly unknown[], own: Readonly<Record<string, string>> = {}) {
  const environment = { SPILLWAY_POOLS: JSON.stringify(pools), ...own };
  const { nodes } = parseEnvironment({ nodes: nodePoolSettings }, environment);
  return nodes satisfies NodePoolsConfig;
}

function problemsOf(pools: readonly unknown[], own: Readonly<Record<string, string>> = {}) {
  try {
    configOf(pools, own);
  } catch (error) {
    if (error instanceof ProcessError) return error.problems;
    throw error;
  }
  return [];
}

describe('the settings of node pools', () => {
  it('fill in what a pool of Karpenter does not say', () => {
    const { pools, agent: holder, kubernetes } = configOf([{ ...local, scale }]);
    expect(pools).toEqual([
      {
        pool: 'gpu',
        nodesMin: 0,
        nodesMax: 4,
        pricePerHour: 3.2,
        slotsPerNode: 2,
        workersPerNode: 1,
        bootMsPrior: 180_000,
        launchMsPrior: 120_000,
        slotSpeedPrior: 10,
      },
    ]);
    expect(holder).toBeNull();
    expect(kubernetes).toEqual({
      pools: [
        {
          pool: 'gpu',
          target: { ...scale, namespace: null },
          context: null,
          nodesContext: null,
          nodeLabels: { 'karpenter.sh/nodepool': 'l4' },
          gpu: { kind: 'resource', resource: 'nvidia.com/gpu' },
          toleratedTaints: ['nvidia.com/gpu'],
          drainMs: 300_000,
        },
      ],
      workerPods: {
        labelSelector: 'app.kubernetes.io/component=gpu-worker',
        namespace: null,
      },
    });
  });

  it('take all that a pool can say', () => {
    const given = {
      ...local,
      workersPerNode: 2,
      launchSeconds: 30,
      scale: { ...machines, context: 'management', nodesContext: null },
      nodeLabels: { 'example.org/pool': 'l4' },
      gpu: { driver: 'gpu.nvidia.com' },
      toleratedTaints: [],
      drainSeconds: 0,
    };
    const { pools, kubernetes } = configOf([given], { SPILLWAY_WORKER_PODS_NAMESPACE: 'spillway' });
    expect(pools[0]).toMatchObject({ workersPerNode: 2, launchMsPrior: 30_000 });
    expect(kubernetes.pools[0]).toEqual({
      pool: 'gpu',
      target: machines,
      context: 'management',
      nodesContext: null,
      nodeLabels: { 'example.org/pool': 'l4' },
      gpu: { kind: 'driver', driver: 'gpu.nvidia.com' },
      toleratedTaints: [],
      drainMs: 0,
    });
    expect(kubernetes.workerPods.namespace).toBe('spillway');
  });

  it('look for nodes where their object is, unless told otherwise', () => {
    const given = { ...local, scale: { ...machines, context: 'far' } };
    expect(configOf([given]).kubernetes.pools[0]?.nodesContext).toBe('far');
  });

  it('take no launch for longer than the whole boot', () => {
    expect(configOf([{ ...local, bootSeconds: 20, scale }]).pools[0]?.launchMsPrior).toBe(20_000);
    expect(problemsOf([{ ...local, launchSeconds: 181, scale }])).toEqual([
      'SPILLWAY_POOLS[0]: launchSeconds is 181, more than bootSeconds 180.',
    ]);
  });

  it('give pools without scale to the agent of this machine, which then must be named', () => {
    const both = [local, { ...local, pool: 'far', scale }];
    const config = configOf(both, { SPILLWAY_POOLS_AGENT: agent });
    expect(config.agent).toEqual({ address: agent, pools: ['gpu'] });
    expect(config.kubernetes.pools.map(({ pool }) => pool)).toEqual(['far']);
    expect(problemsOf(both)).toEqual([
      'SPILLWAY_POOLS lists gpu without scale; SPILLWAY_POOLS_AGENT, whose nodes they would be, is not set.',
    ]);
  });

  it.each([
    [{ scale: { ...scale, nmae: 'x' } }, 'SPILLWAY_POOLS[0].scale: Unrecognized key: "nmae"'],
    [{ scale, gpu: {} }, 'SPILLWAY_POOLS[0].gpu: '],
    [{ scale: { ...scale, name: 'A B' } }, 'SPILLWAY_POOLS[0].scale.name: '],
    [{ scale, nodeLabels: { 'a b': 'c' } }, 'SPILLWAY_POOLS[0].nodeLabels'],
    [{ scale: { ...machines, namespace: undefined } }, 'scale.namespace is missing; machinedep'],
    [{ scale: { ...scale, namespace: 'x' } }, 'nodepools.karpenter.sh stand in none'],
    [{ scale: { ...machines, name: 'x'.repeat(64) } }, 'scale.name has more than 63 characters'],
    [{ scale: { ...machines, plural: 'others' } }, 'nodeLabels is missing'],
    [{ gpu: { resource: 'amd.com/gpu' } }, 'gpu means nothing without scale'],
    [{ drainSeconds: 5 }, 'drainSeconds means nothing without scale'],
  ])('refuse %o', (wrong, words) => {
    const [problem, ...more] = problemsOf([{ ...local, ...wrong }], {
      SPILLWAY_POOLS_AGENT: agent,
    });
    expect(problem).toContain(words);
    expect(more).toEqual([]);
  });

  it('refuse two pools that one object would size', () => {
    const far = { ...local, pool: 'far', scale: { ...scale, context: 'far' } };
    const newer = { ...local, pool: 'newer', scale: { ...scale, version: 'v2' } };
    expect(problemsOf([{ ...local, scale }, far, newer])).toEqual([
      'SPILLWAY_POOLS[2]: its scale is that of gpu; each object stands once.',
    ]);
  });
});
