import { KubeConfig } from '@kubernetes/client-node';
import type { Clock, Random } from '../../clock/ports.ts';
import { KubernetesError } from '../ports.ts';
import type { KubernetesApi, KubernetesClusters } from '../ports.ts';
import { reflectorSettings } from '../reflector/pace.ts';
import type { ReflectorSettings } from '../reflector/pace.ts';
import { Calls } from './calls.ts';
import { HttpKubernetesApi } from './kubernetes-api.ts';
import { ServerConnection } from './server-connection.ts';

export interface KubernetesClustersOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Left out: `KUBECONFIG`, then `~/.kube/config`, then the service account of the pod. */
  readonly kubeconfigFile?: string;
  /** For one call with its waits. */
  readonly timeoutMs?: number;
  readonly reflector?: Partial<ReflectorSettings>;
}

const timeoutMsDefault = 10_000;

/**
 * Connects to nothing yet; each context is read when it is first asked for. Importing this file takes
 * most of a second and 65 MB for the library.
 */
export function kubernetesClusters(options: KubernetesClustersOptions): KubernetesClusters {
  const clusters = new Map<string | null, KubernetesApi>();
  return {
    cluster: (context) => {
      const known = clusters.get(context);
      if (known !== undefined) return known;
      const config = loaded(new KubeConfig(), options.kubeconfigFile);
      if (context !== null) choose(config, context);
      const api = connect(options, config);
      clusters.set(context, api);
      return api;
    },
    close: async () => {
      await Promise.all([...clusters.values()].map((api) => api.close()));
      clusters.clear();
    },
  };
}

function connect(options: KubernetesClustersOptions, config: KubeConfig): KubernetesApi {
  const { clock, random, timeoutMs = timeoutMsDefault } = options;
  const server = serverOf(config);
  const connection = new ServerConnection({ server, config, clock });
  return new HttpKubernetesApi({
    connection,
    calls: new Calls({ connection, clock, timeoutMs }),
    clock,
    random,
    timeoutMs,
    reflector: { ...reflectorSettings, ...options.reflector },
  });
}

function loaded(config: KubeConfig, file: string | undefined): KubeConfig {
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new KubernetesError('unexpected', `The kubeconfig cannot be read: ${text}`, { cause });
  }
  return config;
}

function choose(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new KubernetesError(
      'unexpected',
      `The kubeconfig has no context "${context}", but ${known.join(', ') || 'none at all'}. ` +
        'Correct the context of the pool, or the kubeconfig that KUBECONFIG names.',
    );
  }
  config.setCurrentContext(context);
}

/** What the library falls back to when it finds neither a kubeconfig nor a service account. */
const nowhere = { context: 'loaded-context', server: 'http://localhost:8080' } as const;

function serverOf(config: KubeConfig): string {
  const server = config.getCurrentCluster()?.server;
  const isNowhere = server === nowhere.server && config.getCurrentContext() === nowhere.context;
  if (server === undefined || isNowhere || !URL.canParse(server)) {
    throw new KubernetesError(
      'unexpected',
      'There is no cluster to ask: no usable kubeconfig (KUBECONFIG, ~/.kube/config), and no ' +
        'service account of a pod. Name a kubeconfig, or set automountServiceAccountToken.',
    );
  }
  return server;
}
