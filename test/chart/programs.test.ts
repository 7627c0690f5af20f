import { beforeAll, expect, it } from 'vitest';
import { parseConfig as parseCli } from '../../services/cli/config.ts';
import { parseConfig as parseDispatcher } from '../../services/dispatcher/config.ts';
import { parseConfig as parseScaler } from '../../services/scaler/config.ts';
import { topicPlan } from '../../services/shared/chunk/topic-plan.ts';
import { topicsWithPrefix } from '../../services/shared/chunk/topics.ts';
import { sizeLimits, mebibyte } from '../../services/shared/chunk/limits.ts';
import { parseConfig as parseWorker } from '../../services/worker/config.ts';
import { missingBinaries } from '../support/cluster-binaries.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';
import { leastValues, ofKind, rendered, valuesFiles } from './helm.ts';
import type { Manifest, Values } from './helm.ts';
import { containersOf, environmentOf, podsOf } from './pods.ts';
import { defaultValue, settingsInValues, valueName } from './schema/setting-schemas.ts';
import type { Program } from './schema/setting-schemas.ts';

const parsers: Readonly<Record<string, (environment: Record<string, string>) => unknown>> = {
  dispatcher: parseDispatcher,
  scaler: parseScaler,
  worker: parseWorker,
  cli: parseCli,
};

/** The program that a container starts. */
const programOf = (command: readonly string[]): string | null =>
  /^dist\/services\/(\w+)\/main\.js$/.exec(command[1] ?? '')?.[1] ?? null;

/** Each setting at a value that is not its default, where there is one. */
function everySetting(program: Program): Values {
  const entries = settingsInValues(program).map(({ name, inFiles, defaultText }) => {
    const value =
      inFiles?.type === 'integer' || inFiles?.type === 'number'
        ? inFiles.maximum
        : inFiles?.type === 'string' && 'enum' in inFiles
          ? inFiles.enum.at(-1)
          : defaultValue(inFiles, defaultText ?? 'some');
    return [valueName(name), value];
  });
  return Object.fromEntries(entries);
}

describeUnlessMissing('the programs that the chart starts', missingBinaries(['helm']), () => {
  const all = new Map<string, readonly Manifest[]>();

  beforeAll(async () => {
    for (const values of valuesFiles) all.set(values, await rendered(values));
  });

  it.each(valuesFiles)('take the environment that %s gives them', (values) => {
    const seen = new Set<string>();
    for (const pod of podsOf(all.get(values) ?? [])) {
      for (const container of containersOf(pod)) {
        const program = programOf(container.command);
        if (program === null) continue;
        seen.add(program);
        expect(container.workingDir).toBe('/opt/spillway');
        const parse = parsers[program];
        expect(() => parse?.(environmentOf(container))).not.toThrow();
      }
    }
    expect([...seen]).toEqual(expect.arrayContaining(['dispatcher', 'scaler', 'worker']));
  });

  it('would not take an environment with a name that they do not know', () => {
    const [pod] = podsOf(all.get(valuesFiles[0] ?? '') ?? []);
    const [container] = pod === undefined ? [] : containersOf(pod);
    if (container === undefined) throw new Error('There is no container to spoil.');
    const parse = parsers[programOf(container.command) ?? ''];
    expect(() => parse?.({ ...environmentOf(container), SPILLWAY_NOBODY: '1' })).toThrow('NOBODY');
  });

  const places: readonly [Program, string, (settings: Values) => Values][] = [
    ['dispatcher', 'dispatcher', (settings) => ({ dispatcher: { settings } })],
    ['scaler', 'scaler', (settings) => ({ scaler: { settings } })],
    ['worker', 'worker', (settings) => ({ cpuWorkers: { settings } })],
  ];
  it.each(places)(
    'the %s gets every setting of the values under its name',
    async (program, container, at) => {
      const settings = everySetting(program);
      const grace = { terminationGracePeriodSeconds: 7200 };
      const [place = ''] = Object.keys(at({}));
      const values = { ...leastValues, [place]: { ...Object(at(settings)[place]), ...grace } };
      const found = podsOf(await rendered(values))
        .flatMap(containersOf)
        .find(({ name }) => name === container);
      const environment = found === undefined ? {} : environmentOf(found);
      for (const { name } of settingsInValues(program)) {
        const given = settings[valueName(name)];
        const shown = Array.isArray(given) ? given.join(',') : String(given);
        expect(environment[name]).toBe(shown);
      }
      expect(Object.keys(settings).length).toBeGreaterThan(5);
      expect(() => parsers[program]?.(environment)).not.toThrow();
    },
  );

  it('pools of the values reach the scaler whole', () => {
    const [values = ''] = valuesFiles.filter((path) => path.endsWith('karpenter.yaml'));
    const container = podsOf(all.get(values) ?? [])
      .flatMap(containersOf)
      .find(({ name }) => name === 'scaler');
    const { nodes } = parseScaler(container === undefined ? {} : environmentOf(container));
    expect(nodes.pools).toMatchObject([
      { pool: 'l4-spot', nodesMin: 0, nodesMax: 16, slotsPerNode: 2, workersPerNode: 1 },
      { pool: 'l40s', nodesMax: 8, slotsPerNode: 8, workersPerNode: 2, bootMsPrior: 420_000 },
    ]);
    expect(nodes.kubernetes.pools).toMatchObject([
      { nodeLabels: { 'karpenter.sh/nodepool': 'spillway-l4-spot' } },
      { gpu: { kind: 'resource', resource: 'nvidia.com/gpu.shared' } },
    ]);
  });

  it.each([1, 8, 64])(
    'Strimzi’s topics for %i MiB are those of topics ensure',
    async (inlineMebibytes) => {
      const partitions = { intake: 3, gpu: 70, cpu: 50, done: 5, outcomes: 6 };
      const values = {
        ...leastValues,
        topicPrefix: 'site-1.',
        inlineMebibytes,
        topics: { partitions, replication: inlineMebibytes === 8 ? 3 : 1 },
        strimzi: { cluster: 'kafka', topics: { enabled: true } },
      };
      const topics = ofKind(await rendered(values), 'KafkaTopic').map(({ spec }) => ({
        topic: spec.topicName,
        partitions: spec.partitions,
        replication: spec.replicas,
        config: spec.config,
      }));
      const plan = topicPlan({
        topics: topicsWithPrefix('site-1.'),
        limits: sizeLimits(inlineMebibytes * mebibyte),
        partitions: { ...partitions, lane: { gpu: 70, cpu: 50 } },
        replication: values.topics.replication,
      });
      const byName = (a: { topic: string }, b: { topic: string }): number =>
        a.topic < b.topic ? -1 : 1;
      expect(topics.toSorted(byName)).toEqual(plan.toSorted(byName));
    },
  );
});
