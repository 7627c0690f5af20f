import { expect, it } from 'vitest';
import { missingBinaries } from '../support/cluster-binaries.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';
import { leastValues, template } from './helm.ts';
import type { Values } from './helm.ts';

const scale = { group: 'karpenter.sh', version: 'v1', plural: 'nodepools', name: 'gpu' };
const machines = {
  group: 'cluster.x-k8s.io',
  version: 'v1beta2',
  plural: 'machinedeployments',
  name: 'gpu',
};
const pool = { name: 'l4', nodesMax: 2, scale };
const pools = (...given: readonly Values[]): Values => ({ gpuWorkers: { pools: given } });

/** Values that stand beside those that suffice, and the words of the refusal. */
const wrong: readonly [what: string, values: Values, ...words: readonly string[]][] = [
  // Names that nobody knows.
  ['an unknown value', { replicaCount: 2 }, 'replicaCount'],
  ['an unknown part of one', { kafka: { broker: ['a:1'] } }, "'/kafka'", 'broker'],
  ['a setting of another program', { scaler: { settings: { laneHorizonSeconds: 2 } } }, 'laneHor'],
  ['a misspelt setting', { dispatcher: { settings: { laneHorizon: 2 } } }, 'laneHorizon'],
  ['an unknown key of a pool', pools({ ...pool, nodeMax: 3 }), '/pools/0', 'nodeMax'],
  ['an unknown key of scale', pools({ ...pool, scale: { ...scale, kind: 'x' } }), 'kind'],
  ['a setting that templates set', { cpuWorkers: { settings: { workerSlots: 3 } } }, 'workerSlots'],
  ['a password among settings', { scaler: { settings: { kafkaSaslPassword: 'x' } } }, 'kafkaSasl'],
  ['limits of nobody', { scaler: { resources: { limit: {} } } }, 'limit'],
  // Values of another type.
  ['words for a number', { dispatcher: { replicas: 'two' } }, '/dispatcher/replicas'],
  ['half a replica', { scaler: { replicas: 1.5 } }, '/scaler/replicas'],
  ['a number as text', { scaler: { settings: { tickSeconds: '5' } } }, 'tickSeconds'],
  ['words for true', { networkPolicy: { enabled: 'yes please' } }, '/networkPolicy/enabled'],
  ['one text for a list', { kafka: { brokers: 'a:9092' } }, '/kafka/brokers'],
  ['a list of pools by name', { gpuWorkers: { pools: { l4: {} } } }, '/gpuWorkers/pools'],
  // Values out of range.
  ['a broker without a port', { kafka: { brokers: ['kafka'] } }, '/kafka/brokers/0'],
  ['a setting too high', { dispatcher: { settings: { laneHorizonSeconds: 99 } } }, 'laneHorizonS'],
  ['a setting too low', { scaler: { settings: { tickSeconds: 0 } } }, 'tickSeconds'],
  ['a choice that is none', { scaler: { settings: { spill: 'maybe' } } }, '/scaler/settings/spill'],
  ['an unknown mode', { autoscaling: { mode: 'hpa' } }, '/autoscaling/mode'],
  [
    'a variant that is none',
    { cpuWorkers: { settings: { modelVariants: ['fp8'] } } },
    'Variants/0',
  ],
  ['a prefix with blanks', { topicPrefix: 'a b' }, '/topicPrefix'],
  ['more video than a record holds', { inlineMebibytes: 65 }, '/inlineMebibytes'],
  ['a digest that is none', { image: { digest: 'latest' } }, '/image/digest'],
  ['a pool whose name is too long', pools({ ...pool, name: 'a'.repeat(21) }), '/pools/0/name'],
  ['a pool without a name', pools({ nodesMax: 1 }), '/pools/0', 'name'],
  ['a scale without a version', pools({ ...pool, scale: { ...scale, version: 'x' } }), '/version'],
  [
    'both kinds of GPU',
    pools({ ...pool, gpu: { resource: 'a.b/c', deviceClass: 'd', driver: 'd' } }),
    '/gpu',
  ],
  ['a claim without its driver', pools({ ...pool, gpu: { deviceClass: 'd' } }), '/gpu', 'driver'],
  [
    'executors of no emulation',
    { cpuWorkers: { emulated: { executors: 2 } } },
    'emulated',
    'speed',
  ],
  // Values that contradict each other.
  ['no brokers', { kafka: { brokers: [] } }, 'kafka.brokers is empty'],
  ['fewer at most than at least', { cpuWorkers: { min: 3, max: 2 } }, 'cpuWorkers.min is 3'],
  [
    'a fixed number in mode writer',
    { cpuWorkers: { replicas: 2 } },
    'cpuWorkers.replicas',
    'writer',
  ],
  ['a fixed number of a pool', pools({ ...pool, replicas: 2 }), 'gpuWorkers.pools[0].replicas'],
  ['two pools of one name', pools(pool, pool), 'gpuWorkers.pools[1].name is l4'],
  ['fewer nodes at most', pools({ ...pool, nodesMin: 3 }), 'gpuWorkers.pools[0].nodesMin is 3'],
  [
    'a node pool in a namespace',
    pools({ ...pool, scale: { ...scale, namespace: 'a' } }),
    'scale.namespace is a',
  ],
  ['machines in none', pools({ ...pool, scale: machines }), 'scale.namespace is missing'],
  [
    'unknown nodes',
    pools({ ...pool, scale: { ...scale, group: 'a.b', namespace: 'c' } }),
    'nodeLabels is missing',
  ],
  ['a GPU that nobody sees', pools({ ...pool, gpu: {} }), 'gpuWorkers.pools[0].gpu says neither'],
  [
    'a context without kubeconfig',
    pools({ ...pool, scale: { ...scale, context: 'a' } }),
    'scaler.kubeconfigSecret',
  ],
  [
    'a launch after the boot',
    pools({ ...pool, bootSeconds: 60, launchSeconds: 61 }),
    'launchSeconds is 61',
  ],
  ['more workers than partitions', pools({ ...pool, nodesMax: 33 }), 'topics.partitions.gpu, 32'],
  ['more CPU workers than partitions', { cpuWorkers: { max: 33 } }, 'topics.partitions.cpu, 32'],
  [
    'KEDA’s address without KEDA',
    { autoscaling: { keda: { scalerAddress: 'a:1' } } },
    'keda.scalerAddress',
  ],
  [
    'TLS for KEDA without Secrets',
    { autoscaling: { mode: 'keda', keda: { tls: { enabled: true } } } },
    'serverSecret',
  ],
  [
    'TLS files without TLS',
    { kafka: { ...leastKafka(), tls: { caSecret: 'ca' } } },
    'kafka.tls.enabled',
  ],
  [
    'a login without a Secret',
    { kafka: { ...leastKafka(), sasl: { mechanism: 'plain' } } },
    'kafka.sasl.secret',
  ],
  [
    'too little grace',
    { dispatcher: { terminationGracePeriodSeconds: 26 } },
    'dispatcher.terminationGrace',
  ],
  [
    'a drain longer than grace',
    pools({ ...pool, settings: { drainSeconds: 52 } }),
    'gpuWorkers.terminationGrace',
    'pools[0].settings',
  ],
  ['a claim that is not named', { models: { source: 'claim' } }, 'models.claim is empty'],
  ['a claim that is not used', { models: { claim: 'models' } }, 'models.source is copy'],
  [
    'Strimzi without its Kafka',
    { strimzi: { topics: { enabled: true } } },
    'strimzi.cluster is empty',
  ],
  [
    'users in another namespace',
    { strimzi: { cluster: 'a', namespace: 'kafka', users: { enabled: true } } },
    'strimzi.namespace is kafka',
  ],
  [
    'two logins',
    {
      kafka: { ...leastKafka(), sasl: { mechanism: 'plain', secret: 'a' } },
      strimzi: { cluster: 'a', users: { enabled: true } },
    },
    'leave kafka.sasl',
  ],
];

function leastKafka(): Values {
  return { brokers: ['kafka:9092'] };
}

describeUnlessMissing('values that are wrong', missingBinaries(['helm']), () => {
  it.each(wrong)('%s: refused, with its key named', async (_, values, ...words) => {
    const end = await template({ ...leastValues, ...values });
    expect(end.exitCode).not.toBe(0);
    for (const word of words) expect(end.problems).toContain(word);
  });

  it('the same chart takes values that are right', async () => {
    const right = { ...leastValues, ...pools(pool), autoscaling: { mode: 'keda' } };
    expect(await template(right)).toMatchObject({ exitCode: 0, problems: '' });
  });

  it('as little grace as there may be is taken, by the programs’ own defaults', async () => {
    const dispatcher = { terminationGracePeriodSeconds: 27 };
    expect(await template({ ...leastValues, dispatcher })).toMatchObject({ exitCode: 0 });
  });
});
