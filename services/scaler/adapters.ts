import { scalerGroup, scalerTransactionalId, topicsWithPrefix } from '../shared/chunk/topics.ts';
import type { Topics } from '../shared/chunk/topics.ts';
import { systemClock, systemRandom } from '../shared/clock/system.ts';
import { connectKafka } from '../shared/kafka/kafkajs/connect.ts';
import type { TopicFollower } from '../shared/kafka/ports.ts';
import type { ServiceTools } from '../shared/process/service.ts';
import type { ScalerConfig } from './config.ts';
import { scalerMetrics } from './metrics.ts';
import { kubernetesPools } from './pools/kubernetes/kubernetes-pools.ts';
import type { KubernetesNodePools } from './pools/kubernetes/kubernetes-pools.ts';
import { localAgentPools } from './pools/local-agent.ts';
import type { NodePools } from './pools/ports.ts';
import { routedPools } from './pools/routed-pools.ts';
import { replicaWriter } from './replicas/replica-writer.ts';
import type { ReplicaWriter } from './replicas/replica-writer.ts';
import type { ScalerPorts } from './scaler.ts';

/** A stand-by leads within this and one fencing. */
const sessionTimeoutMs = 6000;

/** The real world of one scaler. */
export interface ScalerAdapters {
  readonly topics: Topics;
  readonly ports: ScalerPorts;
  /** One more reader of whole topics, connected when it starts. */
  follower(): TopicFollower;
  /** Begins to watch Kubernetes where pools lie there. */
  start(): void;
  /** Ends what the scaler itself does not close. */
  close(): Promise<void>;
}

/** Connects to nothing but the brokers yet. */
export async function scalerAdapters(
  config: ScalerConfig,
  { log, metrics }: Pick<ServiceTools, 'log' | 'metrics'>,
): Promise<ScalerAdapters> {
  const topics = topicsWithPrefix(config.kafka.topicPrefix);
  const kafka = connectKafka({
    config: config.kafka,
    limits: config.limits,
    clock: systemClock,
    random: systemRandom,
    log,
    clientId: 'spillway-scaler',
  });
  const kubernetes = await inKubernetes(config);
  const role = kafka.roleSource({
    group: scalerGroup(topics),
    transactionalId: scalerTransactionalId(topics),
    workTopics: [],
    reportTopic: topics.directive,
    sessionTimeoutMs,
  });
  return {
    topics,
    ports: {
      clock: systemClock,
      role,
      fleet: kafka.topicFollower(),
      demand: kafka.topicFollower(),
      operator: kafka.topicFollower(),
      lag: await kafka.lagReader(),
      sink: await kafka.recordSink(),
      pools: nodePools(config, kubernetes?.pools ?? null),
      replicas: kubernetes?.replicas ?? null,
      log,
      metrics: scalerMetrics(metrics),
    },
    follower: () => kafka.topicFollower(),
    start: () => kubernetes?.pools.start(),
    close: async () => kubernetes?.close(),
  };
}

interface InKubernetes {
  readonly pools: KubernetesNodePools;
  readonly replicas: ReplicaWriter | null;
  close(): Promise<void>;
}

/** `null`: nothing of ours lies there, and then its client, which takes a second to load, stays out. */
async function inKubernetes({ nodes, replicas }: ScalerConfig): Promise<InKubernetes | null> {
  if (nodes.kubernetes.pools.length === 0 && replicas.length === 0) return null;
  const { kubernetesClusters } = await import('../shared/kubernetes/api/clusters.ts');
  const clusters = kubernetesClusters({ clock: systemClock, random: systemRandom });
  const pools = kubernetesPools({ clusters, clock: systemClock, ...nodes.kubernetes });
  return {
    pools,
    replicas: replicas.length === 0 ? null : replicaWriter({ clusters, deployments: replicas }),
    close: async () => {
      await pools.stop();
      await clusters.close();
    },
  };
}

/** `null`: there are no nodes to order. */
function nodePools({ nodes }: ScalerConfig, kubernetesNodes: NodePools | null): NodePools | null {
  if (nodes.pools.length === 0) return null;
  const { agent } = nodes;
  const local =
    agent === null
      ? []
      : [{ pools: agent.pools, holder: localAgentPools({ ...agent, clock: systemClock }) }];
  const named = nodes.kubernetes.pools.map(({ pool }) => pool);
  const remote = kubernetesNodes === null ? [] : [{ pools: named, holder: kubernetesNodes }];
  return routedPools([...local, ...remote]);
}
