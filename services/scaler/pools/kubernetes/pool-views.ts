import type { Known } from '../../../policy/scaling/observation.ts';
import type { Pause } from '../../../shared/chunk/operator.ts';
import type { KubernetesObject, ResourceType } from '../../../shared/kubernetes/ports.ts';
import { claimFacts, listedNodes, problemOfPool } from './claim-facts.ts';
import type { ClusterView, ClusterViews } from './cluster-views.ts';
import { claimsOf, flavourOf } from './flavours.ts';
import type { KubernetesPool, WorkerPods } from './kubernetes-pool.ts';
import { machinesOf } from './machines.ts';
import type { Machine } from './machines.ts';
import { nodeFacts, podNode } from './node-facts.ts';
import { pauseOf } from './pause-words.ts';

/** What the watches tell of one pool. */
export interface PoolSight {
  readonly machines: readonly Machine[];
  readonly pause: Pause | null;
  /** What the pool's own object says is in its way. */
  readonly problem: string | null;
}

/** Unknown as soon as one kind of object that it takes is. */
export type PoolView = () => Known<PoolSight>;

export function poolView(
  views: ClusterViews,
  pool: KubernetesPool,
  workerPods: WorkerPods,
): PoolView {
  const { target, context, nodesContext } = pool;
  const { labelSelector, namespace } = workerPods;
  const flavour = flavourOf(target);
  const of: Record<Kind, ClusterView | null> = {
    objects: views.view(context, { type: typeOf(target) }),
    nodes: views.view(nodesContext, { type: core('nodes', null) }),
    pods: views.view(nodesContext, { type: core('pods', namespace), labelSelector }),
    claims: flavour && views.view(context, { type: claimsOf(target, flavour) }),
    slices: pool.gpu.kind === 'resource' ? null : views.view(nodesContext, { type: slices }),
  };
  return () => {
    const found: Partial<Record<Kind, readonly KubernetesObject[]>> = {};
    for (const kind of kinds) {
      const known = of[kind]?.objects() ?? nothing;
      if (known.kind === 'unknown') return known;
      found[kind] = known.value;
    }
    return { kind: 'known', value: sightOf(pool, found) };
  };
}

const kinds = ['objects', 'nodes', 'pods', 'claims', 'slices'] as const;
type Kind = (typeof kinds)[number];

const nothing: Known<readonly KubernetesObject[]> = { kind: 'known', value: [] };
const core = (plural: string, namespace: string | null): ResourceType => ({
  group: '',
  version: 'v1',
  plural,
  namespace,
});
const slices: ResourceType = {
  group: 'resource.k8s.io',
  version: 'v1',
  plural: 'resourceslices',
  namespace: null,
};
const typeOf = ({ group, version, plural, namespace }: ResourceType): ResourceType => ({
  group,
  version,
  plural,
  namespace,
});

function sightOf(
  pool: KubernetesPool,
  found: Partial<Record<Kind, readonly KubernetesObject[]>>,
): PoolSight {
  const flavour = flavourOf(pool.target);
  const object = found.objects?.find(({ metadata }) => metadata.name === pool.target.name);
  const claims = (found.claims ?? []).filter(
    ({ metadata }) => flavour && metadata.labels?.[flavour.claims.label] === pool.target.name,
  );
  return {
    machines: machinesOf(pool, {
      claims: flavour === null ? [] : claims.map((each) => claimFacts(each, flavour.claims.kind)),
      nodes: (found.nodes ?? []).map(nodeFacts),
      listedNodes: object === undefined ? [] : listedNodes(object),
      slices: found.slices ?? [],
      workerPods: podsByNode(found.pods ?? []),
    }),
    pause: object === undefined ? null : pauseOf(object),
    problem: object === undefined ? null : problemOfPool(object),
  };
}

function podsByNode(pods: readonly KubernetesObject[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const node = podNode(pod);
    if (node !== null) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return counts;
}
