import { beforeAll, describe, expect, it } from 'vitest';
import { missingBinaries } from '../support/cluster-binaries.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';
import { leastValues, namespace, ofKind, rendered, valuesFiles } from './helm.ts';
import type { Manifest } from './helm.ts';
import { containersOf, podsOf } from './pods.ts';
import type { Pod } from './pods.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const pool = {
  name: 'l4',
  nodesMax: 2,
  workersPerNode: 2,
  scale: { group: 'karpenter.sh', version: 'v1', plural: 'nodepools', name: 'gpu' },
};
const withPool = { ...leastValues, gpuWorkers: { pools: [pool] } };

const rulesOf = (manifests: readonly Manifest[]): readonly Rule[] =>
  [...ofKind(manifests, 'Role'), ...ofKind(manifests, 'ClusterRole')].flatMap(({ rules }) => rules);

const deployment = (manifests: readonly Manifest[], name: string): Manifest => {
  const found = ofKind(manifests, 'Deployment').find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`There is no Deployment ${name}.`);
  return found;
};

const selects = (selector: Readonly<Record<string, string>>, { labels }: Pod): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

describeUnlessMissing('what the chart renders', missingBinaries(['helm']), () => {
  const all = new Map<string, readonly Manifest[]>();
  beforeAll(async () => {
    for (const values of valuesFiles) all.set(values, await rendered(values));
  });

  describe.each(valuesFiles)('of %s', (values) => {
    const manifests = (): readonly Manifest[] => all.get(values) ?? [];

    it('is named once each, and no longer than names may be', () => {
      const names = manifests().map(({ kind, metadata }) =>
        [kind, metadata.namespace ?? namespace, metadata.name].join(' '),
      );
      expect(new Set(names).size).toBe(names.length);
      for (const { metadata } of manifests()) expect(metadata.name.length).toBeLessThanOrEqual(63);
    });

    it('runs without rights on the machine', () => {
      for (const pod of podsOf(manifests())) {
        expect(pod.spec.enableServiceLinks).toBe(false);
        expect(pod.spec.securityContext).toMatchObject({
          runAsNonRoot: true,
          runAsUser: 65_532,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        for (const container of containersOf(pod)) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources['requests']).toHaveProperty('memory');
          expect(container.resources['limits']).toHaveProperty('memory');
        }
      }
    });

    it('gives a token to the scaler alone', () => {
      for (const { labels, spec } of podsOf(manifests())) {
        const isScaler = labels['app.kubernetes.io/component'] === 'scaler';
        if (!isScaler) expect(spec.automountServiceAccountToken).toBe(false);
        if (!isScaler) expect(spec.serviceAccountName).toBeUndefined();
      }
    });

    it('mounts only volumes that are there, and all of them', () => {
      for (const pod of podsOf(manifests())) {
        const volumes = (pod.spec.volumes ?? []).map(({ name }) => name);
        const mounts = containersOf(pod).flatMap(({ volumeMounts = [] }) =>
          volumeMounts.map(({ name }) => name),
        );
        expect(new Set(mounts)).toEqual(new Set(volumes));
      }
    });

    it('probes what the programs serve, on the port that they have', () => {
      const programs = podsOf(ofKind(manifests(), 'Deployment')).flatMap(
        ({ spec }) => spec.containers,
      );
      expect(programs.length).toBeGreaterThan(2);
      for (const { startupProbe, readinessProbe, livenessProbe, ports, env = [] } of programs) {
        expect(startupProbe?.httpGet).toEqual({ path: '/readyz', port: 'metrics' });
        expect(readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'metrics' });
        expect(livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'metrics' });
        expect(ports).toContainEqual({ name: 'metrics', containerPort: 9090 });
        expect(env).toContainEqual({ name: 'SPILLWAY_HTTP_PORT', value: '9090' });
      }
    });

    it('finds its own pods, and no others, by every selector', () => {
      const pods = podsOf(manifests());
      const owners = manifests().filter(({ kind }) => /^(Deployment|DaemonSet)$/.test(kind));
      for (const owner of owners) {
        const { matchLabels } = owner['spec'].selector;
        const found = pods.filter((pod) => selects(matchLabels, pod));
        expect(found.map((pod) => pod.owner.metadata.name)).toEqual([owner.metadata.name]);
      }
      const budgets = ofKind(manifests(), 'PodDisruptionBudget');
      for (const { metadata, spec } of [...budgets, ...ofKind(manifests(), 'PodMonitor')]) {
        const found = pods.filter((pod) => selects(spec.selector.matchLabels, pod));
        const isForAllPools = metadata.name.endsWith('-gpu-worker');
        if (isForAllPools) continue;
        expect(found.map((pod) => pod.owner.metadata.name)).toEqual([metadata.name]);
      }
    });

    it('leaves the number of workers to whoever decides it', () => {
      const scaled = ofKind(manifests(), 'ScaledObject').map(
        ({ spec }) => spec.scaleTargetRef.name,
      );
      for (const { metadata, spec } of ofKind(manifests(), 'Deployment')) {
        if (scaled.includes(metadata.name)) expect(spec).not.toHaveProperty('replicas');
      }
      for (const name of scaled) deployment(manifests(), name);
    });

    it('asks for no right on everything, no Secret and no pod of others', () => {
      for (const { apiGroups, resources, verbs } of rulesOf(manifests())) {
        expect([...apiGroups, ...resources, ...verbs]).not.toContain('*');
        expect(resources).not.toContain('secrets');
        const allowed = ['get', 'list', 'watch', 'update', 'patch'];
        expect(allowed).toEqual(expect.arrayContaining([...verbs]));
      }
    });

    it('may write only what is named', () => {
      for (const { resources, resourceNames = [], verbs } of rulesOf(manifests())) {
        if (verbs.includes('update')) {
          expect(resources.every((resource) => resource.endsWith('/scale'))).toBe(true);
          expect(resourceNames.length).toBeGreaterThan(0);
        }
        if (verbs.includes('patch')) expect(resources).toEqual(['machines']);
      }
    });

    it('gives KEDA the names that are there', () => {
      const names = new Set(
        ofKind(manifests(), 'TriggerAuthentication').map((one) => one.metadata.name),
      );
      const asked = ofKind(manifests(), 'ScaledObject').flatMap(({ spec }) =>
        spec.triggers.flatMap(({ authenticationRef }: Manifest) => authenticationRef?.name ?? []),
      );
      expect(new Set(asked)).toEqual(names);
    });
  });

  it('Karpenter: the scaler may do this and nothing else', async () => {
    expect(rulesOf(await rendered({ ...withPool, autoscaling: { mode: 'keda' } }))).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] },
      { apiGroups: ['karpenter.sh'], resources: ['nodepools'], verbs: ['list', 'watch'] },
      {
        apiGroups: ['karpenter.sh'],
        resources: ['nodepools/scale'],
        resourceNames: ['gpu'],
        verbs: ['get', 'update'],
      },
      { apiGroups: ['karpenter.sh'], resources: ['nodeclaims'], verbs: ['list', 'watch'] },
    ]);
  });

  it('without pools and without workers to start, it asks the API server nothing', async () => {
    const manifests = await rendered({ ...leastValues, autoscaling: { mode: 'none' } });
    expect(rulesOf(manifests)).toEqual([]);
    const [scaler] = podsOf([deployment(manifests, 'spillway-scaler')]);
    expect(scaler?.spec.automountServiceAccountToken).toBe(false);
  });

  it('the writer may set its own workers’ number only', async () => {
    const rules = rulesOf(await rendered(withPool));
    expect(rules).toContainEqual({
      apiGroups: ['apps'],
      resources: ['deployments/scale'],
      resourceNames: ['spillway-gpu-worker-l4', 'spillway-cpu-worker'],
      verbs: ['get', 'update'],
    });
  });

  it('with mode none all numbers are the values’', async () => {
    const manifests = await rendered({ ...withPool, autoscaling: { mode: 'none' } });
    expect(deployment(manifests, 'spillway-gpu-worker-l4')['spec'].replicas).toBe(4);
    expect(deployment(manifests, 'spillway-cpu-worker')['spec'].replicas).toBe(1);
    expect(ofKind(manifests, 'ScaledObject')).toEqual([]);
  });

  it('a start may take as long as the models may load', async () => {
    const cpuWorkers = { settings: { modelLoadSeconds: 600 } };
    const manifests = await rendered({ ...leastValues, cpuWorkers });
    const [pod] = podsOf([deployment(manifests, 'spillway-cpu-worker')]);
    const probe = pod?.spec.containers[0]?.startupProbe;
    expect((probe?.periodSeconds ?? 0) * (probe?.failureThreshold ?? 0)).toBeGreaterThan(600);
  });

  it('no tolerance is asked of clusters that do not know it', async () => {
    const manifests = await rendered({ ...withPool, autoscaling: { mode: 'keda' } });
    const [scaled] = ofKind(manifests, 'ScaledObject');
    const { scaleUp } = scaled?.['spec'].advanced.horizontalPodAutoscalerConfig.behavior ?? {};
    expect(scaleUp).toHaveProperty('tolerance', '0');
    expect(scaled?.metadata.namespace ?? namespace).toBe(namespace);
  });
});
