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

export function createBootWatch(): BootWatch {
  const known = new Map<string, ReadonlyMap<string, readonly NodePhase[]>>();
  return {
    look(observation) {
      const news: ReachedPhase[] = [];
      for (const [pool, state] of Object.entries(observation.pools)) {
        if (state.kind === 'unknown') continue;
        const before = known.get(pool);
        const reached = new Map<string, readonly NodePhase[]>();
        for (const node of state.value.nodes) {
          const phases = phasesOf(observation, pool, node);
          reached.set(node.node, [...phases.keys()]);
          if (before === undefined) continue;
          for (const [phase, afterMs] of phases) {
            const isNew = before.get(node.node)?.includes(phase) !== true;
            if (isNew && phase !== 'ordered') news.push({ pool, phase, afterMs });
          }
        }
        known.set(pool, reached);
      }
      return news;
    },
  };
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
