import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { uniqueTopicPrefix } from '../support/broker.ts';
import { ClusterClient } from '../support/kubernetes/cluster-client.ts';
import { installedValues } from './scene/installed-values.ts';
import { makeMachinePool } from './scene/machine-deployments.ts';
import { Release } from './scene/release.ts';
import { clusterAdmin, clusterForTests, describeWithCluster } from './scene/scene.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 180_000 });

const namespace = 'scaler-rights';
const clouds = 'rights-clouds';
const machines = `/apis/cluster.x-k8s.io/v1beta2/namespaces/${clouds}`;

interface Attempt {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

const scale = { spec: { replicas: 3 } };
const own = `/api/v1/namespaces/${namespace}`;
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;

/** What the program needs: that these pass shows that the refusals below are not an accident. */
const allowed: readonly Attempt[] = [
  { what: 'list nodes', method: 'GET', path: '/api/v1/nodes' },
  { what: 'list the pods of its namespace', method: 'GET', path: `${own}/pods` },
  { what: 'list machines', method: 'GET', path: `${machines}/machines` },
  {
    what: "read its pool's size",
    method: 'GET',
    path: `${machines}/machinedeployments/gpu/scale`,
  },
];

const forbidden: readonly Attempt[] = [
  { what: 'read Secrets', method: 'GET', path: `${own}/secrets` },
  { what: 'read one Secret', method: 'GET', path: `${own}/secrets/any` },
  { what: 'read ConfigMaps', method: 'GET', path: `${own}/configmaps` },
  { what: 'run a command in a pod', method: 'POST', path: `${own}/pods/any/exec?command=id` },
  { what: 'read a log', method: 'GET', path: `${own}/pods/any/log` },
  { what: 'make a pod', method: 'POST', path: `${own}/pods`, body: {} },
  { what: 'delete a pod', method: 'DELETE', path: `${own}/pods/any` },
  { what: 'evict a pod', method: 'POST', path: `${own}/pods/any/eviction`, body: {} },
  { what: 'list pods of other namespaces', method: 'GET', path: '/api/v1/pods' },
  { what: 'change a node', method: 'PATCH', path: '/api/v1/nodes/plain-1', body: {} },
  { what: 'delete a node', method: 'DELETE', path: '/api/v1/nodes/plain-1' },
  { what: 'make a node', method: 'POST', path: '/api/v1/nodes', body: {} },
  {
    what: 'scale the dispatcher',
    method: 'PATCH',
    path: `${deployments}/spillway-dispatcher/scale`,
    body: scale,
  },
  {
    what: "scale its own workers, which are KEDA's",
    method: 'PATCH',
    path: `${deployments}/spillway-cpu-worker/scale`,
    body: scale,
  },
  {
    what: 'change a Deployment',
    method: 'PATCH',
    path: `${deployments}/spillway-scaler`,
    body: {},
  },
  {
    what: 'size a pool that is not its own',
    method: 'PATCH',
    path: `${machines}/machinedeployments/other/scale`,
    body: scale,
  },
  {
    what: 'change the pool itself instead of its size',
    method: 'PATCH',
    path: `${machines}/machinedeployments/gpu`,
    body: {},
  },
  { what: 'make a machine', method: 'POST', path: `${machines}/machines`, body: {} },
  { what: 'delete a machine', method: 'DELETE', path: `${machines}/machines/any` },
  {
    what: 'give itself a role',
    method: 'POST',
    path: `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`,
    body: {},
  },
  {
    what: 'ask for a token of an account',
    method: 'POST',
    path: `${own}/serviceaccounts/spillway-scaler/token`,
    body: {},
  },
  {
    what: 'speak as somebody else',
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: {},
  },
  {
    what: 'change a ScaledObject',
    method: 'GET',
    path: `/apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects`,
  },
];

describeWithCluster("the scaler's rights", () => {
  let release: Release;
  let scaler: ClusterClient;

  beforeAll(async () => {
    const admin = clusterAdmin();
    await admin.create('/api/v1/namespaces', { metadata: { name: clouds } });
    const pool = await makeMachinePool(admin, { namespace: clouds, name: 'gpu' });
    await makeMachinePool(admin, { namespace: clouds, name: 'other' });
    release = await Release.install(
      namespace,
      installedValues({ topicPrefix: uniqueTopicPrefix(), pools: [pool] }),
    );
    const { status } = await admin.create<{ readonly status: { readonly token: string } }>(
      `${own}/serviceaccounts/spillway-scaler/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [] } },
    );
    const { url, authorityFile } = clusterForTests();
    scaler = ClusterClient.withToken(url, authorityFile, status.token);
    admin.close();
  });

  afterAll(async () => {
    scaler.close();
    await release.uninstall();
  });

  it.for(allowed)('let it $what', async ({ method, path }) => {
    expect((await scaler.ask(method, path)).status).toBe(200);
  });

  it.for(forbidden)('do not let it $what', async ({ method, path, body }) => {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await scaler.ask(method, path, {
      ...(body === undefined ? {} : { body }),
      contentType,
    });
    expect(answer.text).toContain('forbidden');
    expect(answer.status).toBe(403);
  });
});
