import type { NodePhase } from '../../../shared/chunk/node-pools.ts';
import type { KubernetesObject } from '../../../shared/kubernetes/ports.ts';
import type { ClaimFacts, Moment } from './claim-facts.ts';
import type { KubernetesPool } from './kubernetes-pool.ts';
import { leavingCause } from './leaving-signals.ts';
import { hasGpu } from './node-facts.ts';
import type { NodeFacts } from './node-facts.ts';

/** The phases that a driver can see, in their order. */
export const seenPhases = ['ordered', 'launched', 'registered', 'ready', 'allocatable'] as const;
export type SeenPhase = (typeof seenPhases)[number] & NodePhase;

/** One machine of a pool as its claim and its node show it together. */
export interface Machine {
  /** By which it is known again: its claim's, and its node's once it has joined. */
  readonly keys: readonly string[];
  /** `null`: it stands on its node alone. */
  readonly claim: string | null;
  readonly node: string | null;
  /** Every phase that it is in or past, without gaps. */
  readonly reached: ReadonlyMap<SeenPhase, Moment>;
  /** Why it is about to leave, by what stands on it now; `null`: it is to stay. */
  readonly leaving: string | null;
  /** Its controller counts it as gone: another one takes its place. */
  readonly isDeleted: boolean;
  /** Whether its node says that it works; `null`: there is no Node object. */
  readonly isReady: boolean | null;
  readonly problem: string | null;
  readonly workerPods: number;
  readonly claimAnnotations: Readonly<Record<string, string>>;
}

/** Whether the cloud has given it a machine: until then it is only an order. */
export const isLaunched = ({ reached }: Machine): boolean => reached.has('launched');

export interface PoolObjects {
  readonly claims: readonly ClaimFacts[];
  /** All of the cluster. */
  readonly nodes: readonly NodeFacts[];
  /** Nodes that the pool's object lists by name. */
  readonly listedNodes: readonly string[];
  readonly slices: readonly KubernetesObject[];
  /** By the name of their node. */
  readonly workerPods: ReadonlyMap<string, number>;
}

/** Each machine once, whether its claim, its node or both are there. */
export function machinesOf(pool: KubernetesPool, objects: PoolObjects): readonly Machine[] {
  const byName = new Map(objects.nodes.map((node) => [node.name, node]));
  const byProvider = new Map(
    objects.nodes.flatMap((node) => (node.providerId === null ? [] : [[node.providerId, node]])),
  );
  const taken = new Set<string>();
  const ofClaims = objects.claims.map((claim) => {
    const node = byName.get(claim.node ?? '') ?? byProvider.get(claim.providerId ?? '') ?? null;
    const own = node === null || taken.has(node.name) ? null : node;
    if (own !== null) taken.add(own.name);
    return machineOf(pool, objects, { claim, node: own });
  });
  const listed = new Set(objects.listedNodes);
  const ofNodes = objects.nodes
    .filter((node) => !taken.has(node.name))
    .filter((node) => listed.has(node.name) || isOfPool(pool, node))
    .map((node) => machineOf(pool, objects, { claim: null, node }));
  return [...ofClaims, ...ofNodes];
}

function isOfPool({ nodeLabels }: KubernetesPool, { labels }: NodeFacts): boolean {
  const wanted = Object.entries(nodeLabels);
  return wanted.length > 0 && wanted.every(([label, value]) => labels[label] === value);
}

function machineOf(
  pool: KubernetesPool,
  objects: PoolObjects,
  { claim, node }: { readonly claim: ClaimFacts | null; readonly node: NodeFacts | null },
): Machine {
  const name = node?.name ?? claim?.node ?? null;
  return {
    keys: [
      ...(claim === null ? [] : [`claim/${claim.uid}`]),
      ...(node === null ? [] : [`node/${node.uid}`]),
    ],
    claim: claim?.name ?? null,
    node: name,
    reached: withoutGaps({
      ordered: { atMs: claim?.createdAtMs ?? node?.createdAtMs ?? null },
      launched: claim?.launched ?? null,
      registered: node === null ? (claim?.registered ?? null) : { atMs: node.createdAtMs },
      ready: node?.ready?.status === 'True' ? { atMs: node.ready.sinceAtMs } : null,
      // Nobody writes down since when.
      allocatable: node !== null && isUsable(pool, node, objects) ? { atMs: null } : null,
    }),
    leaving: claim?.isDeleted === true ? 'it is being deleted' : node && leavingCause(node),
    isDeleted: claim === null ? node?.isDeleted === true : claim.isDeleted,
    isReady: node === null ? null : node.ready?.status === 'True',
    problem: claim?.problem ?? null,
    workerPods: objects.workerPods.get(name ?? '') ?? 0,
    claimAnnotations: claim?.annotations ?? {},
  };
}

/** A pod may start on it and gets a GPU. */
function isUsable(pool: KubernetesPool, node: NodeFacts, { slices }: PoolObjects): boolean {
  const isFree = node.taints.every(
    ({ key, effect }) => effect === 'PreferNoSchedule' || pool.toleratedTaints.includes(key),
  );
  return node.ready?.status === 'True' && isFree && hasGpu(node, pool.gpu, slices);
}

/** Who is in a phase has passed all before it, also those that nobody told of. */
function withoutGaps(
  told: Readonly<Record<SeenPhase, Moment | null>>,
): ReadonlyMap<SeenPhase, Moment> {
  const last = seenPhases.findLastIndex((phase) => told[phase] !== null);
  const reached = new Map<SeenPhase, Moment>();
  for (const [index, phase] of seenPhases.entries()) {
    if (index <= last) reached.set(phase, told[phase] ?? { atMs: null });
  }
  return reached;
}
