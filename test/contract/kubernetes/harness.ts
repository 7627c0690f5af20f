import type { Clock } from '../../../services/shared/clock/ports.ts';
import type {
  KubernetesApi,
  KubernetesObject,
  ResourceType,
  ScaleTarget,
} from '../../../services/shared/kubernetes/ports.ts';
import type { ReflectorSettings } from '../../../services/shared/kubernetes/reflector/pace.ts';

/** Sized in `spec.replicas` and counted in `status.replicas`, in namespaces. */
export const poolType = {
  group: 'contract.spillway.test',
  version: 'v1',
  plural: 'workshops',
} as const;

/** Of the whole cluster, and counted in `status.nodes`, as Karpenter's node pools are. */
export const clusterPoolType: ResourceType = {
  group: 'contract.spillway.test',
  version: 'v1',
  plural: 'clusterworkshops',
  namespace: null,
};

/** What the contract needs from whoever implements the port, beyond the port itself. */
export interface KubernetesHarness {
  /** The time that the implementation lives by. */
  readonly clock: Clock;
  /** A program of its own. */
  connect(reflector?: Partial<ReflectorSettings>): KubernetesApi;
  /** Makes the namespace, so that objects can be put into it. */
  createNamespace(name: string): Promise<void>;
  put(type: ResourceType, object: KubernetesObject): Promise<void>;
  /** JSON merge patch. */
  patch(target: ScaleTarget, patch: Readonly<Record<string, unknown>>): Promise<void>;
  remove(target: ScaleTarget): Promise<void>;
  /** What is there now, by name; only what the port shows of it. */
  list(type: ResourceType): Promise<ReadonlyMap<string, KubernetesObject>>;
  /** Lets others act: with a manual clock by moving it, with the machine's by a moment's wait. */
  letTimePass(): Promise<void>;
  close(): Promise<void>;
}
