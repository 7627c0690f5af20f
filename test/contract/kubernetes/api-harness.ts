import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keeper } from '../../../services/local/processes/keeper.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import { kubernetesClusters } from '../../../services/shared/kubernetes/api/clusters.ts';
import { kubernetesObject } from '../../../services/shared/kubernetes/api/kubernetes-object.ts';
import {
  collectionPath,
  objectPath,
} from '../../../services/shared/kubernetes/api/resource-path.ts';
import type {
  KubernetesClusters,
  ResourceType,
} from '../../../services/shared/kubernetes/ports.ts';
import type { ReflectorSettings } from '../../../services/shared/kubernetes/reflector/pace.ts';
import { startApiServer } from '../../support/kubernetes/api-server.ts';
import type { ApiServer } from '../../support/kubernetes/api-server.ts';
import type { ClusterList, ClusterObject } from '../../support/kubernetes/cluster-client.ts';
import { startFaultProxy } from '../../support/kubernetes/fault-proxy.ts';
import type { FaultProxy } from '../../support/kubernetes/fault-proxy.ts';
import { until } from '../../support/kubernetes/until.ts';
import { clusterPoolType, poolType } from './harness.ts';
import type { KubernetesHarness } from './harness.ts';

export interface ApiHarness extends KubernetesHarness {
  readonly server: ApiServer;
  /** Every program of the harness asks through it. */
  readonly proxy: FaultProxy;
  /** A program with settings of its own. */
  clusters(options?: {
    readonly reflector?: Partial<ReflectorSettings>;
    readonly timeoutMs?: number;
    readonly kubeconfigFile?: string;
  }): KubernetesClusters;
  /** The first context is the current one. */
  writeKubeconfig(name: string, contexts: readonly KubeconfigContext[]): string;
}

export interface KubeconfigContext {
  readonly name: string;
  readonly server: string;
  /** Left out: the administrator's certificate. */
  readonly token?: string;
}

/** A real API server with its store, a proxy for faults before it, and kinds for the contract. */
export async function openApiHarness(): Promise<ApiHarness> {
  const keeper = new Keeper();
  const folder = mkdtempSync(join(tmpdir(), 'spillway-contract-'));
  keeper.removeAtEnd(folder);
  try {
    return await openIn(folder, keeper);
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

async function openIn(folder: string, keeper: Keeper): Promise<ApiHarness> {
  const server = await startApiServer({ folder, keeper });
  const { admin, authority } = server;
  const user = authority.issue({
    name: 'program',
    commonName: 'program',
    organization: 'system:masters',
  });
  const proxy = await startFaultProxy({ target: server.url, authority, user });
  await installKinds(server);
  const embedded = (file: string): string => readFileSync(file).toString('base64');
  const writeKubeconfig: ApiHarness['writeKubeconfig'] = (name, contexts) => {
    const file = join(folder, `${name}.kubeconfig`);
    const cluster = { 'certificate-authority-data': embedded(authority.certificateFile) };
    const certificate = {
      'client-certificate-data': embedded(user.certificateFile),
      'client-key-data': embedded(user.keyFile),
    };
    const config = {
      'current-context': contexts[0]?.name,
      clusters: contexts.map((one) => ({
        name: one.name,
        cluster: { ...cluster, server: one.server },
      })),
      users: contexts.map(({ name: own, token }) => ({
        name: own,
        user: token === undefined ? certificate : { token },
      })),
      contexts: contexts.map(({ name: own }) => ({
        name: own,
        context: { cluster: own, user: own },
      })),
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  };
  const proxied = writeKubeconfig('proxied', [{ name: 'proxied', server: proxy.url }]);
  const opened: KubernetesClusters[] = [];
  const clusters: ApiHarness['clusters'] = (options = {}) => {
    const made = kubernetesClusters({
      clock: systemClock,
      random: systemRandom,
      kubeconfigFile: proxied,
      ...options,
    });
    opened.push(made);
    return made;
  };
  return {
    clock: systemClock,
    server,
    proxy,
    clusters,
    writeKubeconfig,
    connect: (reflector = {}) => clusters({ reflector }).cluster(null),
    createNamespace: async (name) => {
      await admin.create('/api/v1/namespaces', { metadata: { name } });
    },
    put: async (type, object) => {
      await admin.create(collectionPath(type), { ...identity(type), ...object });
    },
    patch: async (target, patch) => {
      await admin.merge(objectPath(target), patch);
    },
    remove: (target) => admin.remove(objectPath(target)),
    list: async (type) => {
      const { items } = await admin.get<ClusterList<ClusterObject>>(collectionPath(type));
      return new Map(
        items.flatMap((item) => {
          const object = kubernetesObject(item);
          return object === null ? [] : [[object.metadata.name, object]];
        }),
      );
    },
    letTimePass: () => systemClock.sleepMs(10),
    close: async () => {
      await Promise.all(opened.map((made) => made.close()));
      await proxy.close();
      await server.stop();
      await keeper.close();
    },
  };
}

const kinds: Readonly<Record<string, string>> = {
  [poolType.plural]: 'Workshop',
  [clusterPoolType.plural]: 'ClusterWorkshop',
};

const identity = ({ group, version, plural }: ResourceType) => ({
  apiVersion: `${group}/${version}`,
  kind: kinds[plural],
});

async function installKinds({ admin }: ApiServer): Promise<void> {
  const wanted = [
    { type: { ...poolType, namespace: 'any' }, statusReplicasPath: '.status.replicas' },
    { type: clusterPoolType, statusReplicasPath: '.status.nodes' },
  ];
  for (const { type, statusReplicasPath } of wanted) {
    await admin.create(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      definition(type, statusReplicasPath),
    );
  }
  for (const { type } of wanted) {
    await until(`${type.plural} are served`, async () => {
      const { status } = await admin.ask('GET', collectionPath({ ...type, namespace: null }));
      return status === 200;
    });
  }
}

function definition(
  { group, version, plural, namespace }: ResourceType,
  statusReplicasPath: string,
) {
  const kind = kinds[plural] ?? '';
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: namespace === null ? 'Cluster' : 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', properties: { spec: free, status: free } },
          },
          subresources: { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath } },
        },
      ],
    },
  };
}
