import { nodePhases } from '../../shared/chunk/node-pools.ts';
import type { NodePhase } from '../../shared/chunk/node-pools.ts';
import { comesInMs, failedFraction } from './boot-time.ts';
import { bootSamplesMax, nodesRememberedMax } from './memory.ts';
import type { NodeMemory, PoolMemory } from './memory.ts';
import type { PhaseLimits } from './phase-limits.ts';
import { nodeKey } from './situation.ts';
import type { NodeView, PoolView } from './situation.ts';

/** How far the order's age may be off its remembered time to be the same order. */
const orderToleranceMs = 2000;

export interface BootWatch {
  readonly pool: PoolView;
  readonly loadedNodes: ReadonlySet<string>;
  readonly nowMs: number;
  readonly bootMs: number;
  readonly sinceLastTickMs: number;
  readonly limits: PhaseLimits;
  /** False: the pool gives no machines at present, and what is only ordered counts for nothing. */
  readonly canLaunch: boolean;
  /** Time to `loaded` is only measured where the last look was not long ago. */
  readonly canMeasure: boolean;
}

export interface BootNews {
  readonly memory: PoolMemory;
  readonly nodesLoaded: number;
  readonly nodesFailed: number;
  /** Of them, those that were given no machine. */
  readonly launchesFailed: number;
}

/** Follows each node of a pool from order to loaded worker, and learns how long that takes. */
export function watchBoots(memory: PoolMemory, watch: BootWatch): BootNews {
  const views = watch.pool.nodes.slice(0, nodesRememberedMax);
  const before = knownBefore(memory.nodes, views, watch.nowMs);
  const nodes = views.map((view) => follow(before.get(view.node), view, { memory, watch }));
  const cameNow = nodes.filter(
    ({ node, state }) => state === 'loaded' && (before.get(node)?.state ?? 'loaded') !== 'loaded',
  );
  const failedNow = views.filter(
    ({ node }, index) => nodes[index]?.state === 'overdue' && before.get(node)?.state !== 'overdue',
  );
  const came = new Set(watch.canMeasure ? cameNow.map(({ node }) => node) : []);
  const measured = views.filter((view) => {
    const sinceMs = before.get(view.node)?.sinceMs ?? watch.nowMs;
    return came.has(view.node) && isWholeBoot(view, sinceMs, watch.nowMs);
  });
  const learned = measured.reduce(learnBoot, memory);
  return {
    memory: { ...learned, nodes },
    nodesLoaded: cameNow.length,
    nodesFailed: failedNow.length,
    launchesFailed: failedNow.filter(({ phase }) => phase === 'ordered').length,
  };
}

/**
 * What is remembered of each node, by the name that it has now: a node that had another one while it
 * was only claimed is known by the time of its order.
 */
function knownBefore(
  nodes: readonly NodeMemory[],
  views: readonly NodeView[],
  nowMs: number,
): ReadonlyMap<string, NodeMemory> {
  const known = new Map(nodes.map((node) => [node.node, node]));
  const present = new Set(views.map(({ node }) => node));
  const vanished = nodes.filter(({ node, state }) => !present.has(node) && state !== 'loaded');
  for (const { node, orderedAgoMs } of views) {
    if (known.has(node) || orderedAgoMs === null) continue;
    const at = vanished.findIndex(
      ({ sinceMs }) => Math.abs(nowMs - orderedAgoMs - sinceMs) <= orderToleranceMs,
    );
    const [same] = at < 0 ? [] : vanished.splice(at, 1);
    if (same !== undefined) known.set(node, { ...same, node });
  }
  return known;
}

function follow(
  before: NodeMemory | undefined,
  view: NodeView,
  { memory, watch }: { readonly memory: PoolMemory; readonly watch: BootWatch },
): NodeMemory {
  const { node } = view;
  const { nowMs } = watch;
  if (watch.loadedNodes.has(nodeKey(memory.pool, node))) {
    return before?.state === 'loaded' ? before : { node, state: 'loaded', sinceMs: nowMs };
  }
  if (watch.pool.hasProblem && view.phase === 'ordered') {
    return { node, state: 'refused', sinceMs: nowMs };
  }
  const sinceMs = beganAt(before, view, watch);
  const isStuck = before?.state === 'overdue' && !hasComeFurther(view, watch.sinceLastTickMs);
  const isOverdue = isStuck || hasFailed(view, sinceMs, watch);
  return { node, state: isOverdue ? 'overdue' : 'coming', sinceMs };
}

/** When the way of a node to `loaded` began. */
function beganAt(
  before: NodeMemory | undefined,
  { phase, orderedAgoMs }: NodeView,
  { nowMs, bootMs }: BootWatch,
): number {
  if (before !== undefined) {
    return before.state === 'loaded' || before.state === 'refused' ? nowMs : before.sinceMs;
  }
  const ageMs = orderedAgoMs ?? 0;
  // An age beyond any boot is no boot: its worker was lost, and nobody knows when.
  const isBoot = phase === 'ordered' || ageMs <= failedFraction * bootMs;
  return nowMs - (isBoot ? ageMs : 0);
}

/** A phase that began since the last look. */
const hasComeFurther = ({ reached }: NodeView, sinceLastTickMs: number): boolean =>
  reached.some(({ phase, agoMs }) => phase !== 'ordered' && agoMs <= sinceLastTickMs);

function hasFailed(
  { phase, reached }: NodeView,
  sinceMs: number,
  { nowMs, bootMs, limits, canLaunch }: BootWatch,
): boolean {
  if (phase === 'ordered' && !canLaunch) return true;
  const ageMs = nowMs - sinceMs;
  const inPhaseMs = reached.find((each) => each.phase === phase)?.agoMs ?? 0;
  const limitMs = limits.phaseMs.get(phase) ?? Number.POSITIVE_INFINITY;
  return comesInMs(ageMs, bootMs) === null || Math.min(inPhaseMs, ageMs) > limitMs;
}

const isWholeBoot = ({ orderedAgoMs }: NodeView, sinceMs: number, nowMs: number): boolean =>
  orderedAgoMs !== null && Math.abs(nowMs - orderedAgoMs - sinceMs) <= orderToleranceMs;

function learnBoot(memory: PoolMemory, { orderedAgoMs, reached }: NodeView): PoolMemory {
  const samples = new Map(memory.phaseMs.map(({ phase, samplesMs }) => [phase, samplesMs]));
  const phaseMs = nodePhases.flatMap((phase) => {
    const took = timeInPhase(reached, phase);
    const all = kept([...(samples.get(phase) ?? []), ...(took === null ? [] : [took])]);
    return all.length === 0 ? [] : [{ phase, samplesMs: all }];
  });
  return { ...memory, bootMs: kept([...memory.bootMs, orderedAgoMs ?? 0]), phaseMs };
}

const kept = (samples: readonly number[]): readonly number[] => samples.slice(-bootSamplesMax);

/** From the phase's beginning to that of the next one that was reached, or to the present. */
function timeInPhase(reached: NodeView['reached'], phase: NodePhase): number | null {
  const own = reached.find((each) => each.phase === phase);
  if (own === undefined) return null;
  const after = reached
    .filter((each) => nodePhases.indexOf(each.phase) > nodePhases.indexOf(phase))
    .map(({ agoMs }) => agoMs);
  return Math.max(0, own.agoMs - Math.max(0, ...after));
}
