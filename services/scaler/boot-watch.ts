import type { Observation } from '../policy/scaling/observation.ts';
import type { NodePhase, PoolNode } from '../shared/chunk/node-pools.ts';

export interface ReachedPhase {
  readonly pool: string;
  readonly phase: NodePhase;
  /** Since the node was ordered. */
  readonly afterMs: number;
}

/** Notices when nodes come further on their way, each phase of each node once. */
export interface BootWatch {
  /** What was reached since the last look; nothing at the first, which finds what happened before. */
  look(observation: Observation): readonly ReachedPhase[];
}

/** How far the times of two orders may be apart to be one: ages are as old as their answer. */
const orderToleranceMs = 2000;

interface SeenNode {
  readonly phases: readonly NodePhase[];
  /** `null`: nobody says. */
  readonly orderedAtMs: number | null;
}

export function createBootWatch(): BootWatch {
  const known = new Map<string, ReadonlyMap<string, SeenNode>>();
  return {
    look(observation) {
      const news: ReachedPhase[] = [];
      for (const [pool, state] of Object.entries(observation.pools)) {
        if (state.kind === 'unknown') continue;
        const before = known.get(pool);
        const seen = new Map<string, SeenNode>();
        const present = new Set(state.value.nodes.map(({ node }) => node));
        const vanished = [...(before ?? [])].flatMap(([node, each]) =>
          present.has(node) ? [] : each,
        );
        for (const node of state.value.nodes) {
          const phases = phasesOf(observation, pool, node);
          const orderedAtMs = orderedAt(observation, node);
          seen.set(node.node, { phases: [...phases.keys()], orderedAtMs });
          if (before === undefined) continue;
          const same = before.get(node.node) ?? takeOrdered(vanished, orderedAtMs);
          for (const [phase, afterMs] of phases) {
            const isNew = same?.phases.includes(phase) !== true;
            if (isNew && phase !== 'ordered') news.push({ pool, phase, afterMs });
          }
        }
        known.set(pool, seen);
      }
      return news;
    },
  };
}

function orderedAt({ observedAtMs }: Observation, { reached }: PoolNode): number | null {
  const ordered = reached.find(({ phase }) => phase === 'ordered');
  return ordered === undefined ? null : observedAtMs - ordered.agoMs;
}

/** A node that had another name while it was only claimed; it is taken out, as each is one node. */
function takeOrdered(vanished: SeenNode[], atMs: number | null): SeenNode | undefined {
  const index = vanished.findIndex(
    ({ orderedAtMs }) =>
      atMs !== null && orderedAtMs !== null && Math.abs(orderedAtMs - atMs) <= orderToleranceMs,
  );
  return index < 0 ? undefined : vanished.splice(index, 1)[0];
}

/** The phase in which a node counts: the fleet says whether its worker has loaded its models. */
export function phaseOf(observation: Observation, pool: string, node: PoolNode): NodePhase {
  return node.phase !== 'leaving' && isLoaded(observation, pool, node) ? 'loaded' : node.phase;
}

function phasesOf(
  observation: Observation,
  pool: string,
  node: PoolNode,
): ReadonlyMap<NodePhase, number> {
  const ordered = node.reached.find(({ phase }) => phase === 'ordered');
  if (ordered === undefined) return new Map();
  const phases = new Map(
    node.reached
      .filter(({ phase }) => phase !== 'leaving' && phase !== 'loaded')
      .map(({ phase, agoMs }) => [phase, ordered.agoMs - agoMs]),
  );
  if (isLoaded(observation, pool, node)) phases.set('loaded', ordered.agoMs);
  return phases;
}

function isLoaded({ workers }: Observation, pool: string, { node }: PoolNode): boolean {
  if (workers.kind === 'unknown') return false;
  return workers.value.some(
    (worker) => worker.pool === pool && worker.node === node && worker.state === 'ready',
  );
}
