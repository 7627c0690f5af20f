import { nodePhases } from '../../shared/chunk/node-pools.ts';
import type { NodePhase } from '../../shared/chunk/node-pools.ts';
import { bootSamplesMax, nodesRememberedMax } from './memory.ts';
import type { NodeMemory, PoolMemory } from './memory.ts';
import type { PoolSettings } from './settings.ts';
import { nodeKey } from './situation.ts';
import type { NodeView, PoolView } from './situation.ts';

/** Share of a boot by which a node is late before it is believed to be far from done. */
const overdueFraction = 1.2;
const failedFraction = 2;
/** How far the order's age may be off its remembered time for the boot to count as a sample. */
const sampleToleranceMs = 2000;

/** Nine boots of ten take no longer; the prior until one was measured. */
export function bootMsP90(samplesMs: readonly number[], priorMs: number): number {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  return Math.max(1, sorted[Math.ceil(0.9 * sorted.length) - 1] ?? priorMs);
}

/** Of all pools; a minute where there are none, since nothing can be ordered then. */
export function longestBootMs(
  settings: readonly PoolSettings[],
  memories: readonly PoolMemory[],
): number {
  const samples = new Map(memories.map(({ pool, bootMs }) => [pool, bootMs]));
  const boots = settings.map(({ pool, bootMsPrior }) =>
    bootMsP90(samples.get(pool) ?? [], bootMsPrior),
  );
  return boots.length === 0 ? 60_000 : Math.max(...boots);
}

/** When a node that is on its way for `ageMs` will compute; `null`: it counts for nothing. */
export function comesInMs(ageMs: number, bootMs: number): number | null {
  if (ageMs > failedFraction * bootMs) return null;
  if (ageMs > overdueFraction * bootMs) return bootMs / 2;
  return Math.max(0, bootMs - ageMs);
}

export interface BootWatch {
  readonly pool: PoolView;
  readonly loadedNodes: ReadonlySet<string>;
  readonly nowMs: number;
  readonly bootMs: number;
  /** Time to `loaded` is only measured where the last look was not long ago. */
  readonly canMeasure: boolean;
}

export interface BootNews {
  readonly memory: PoolMemory;
  readonly nodesLoaded: number;
  readonly nodesFailed: number;
}

/** Follows each node of a pool from order to loaded worker, and learns how long that takes. */
export function watchBoots(memory: PoolMemory, watch: BootWatch): BootNews {
  const before = new Map(memory.nodes.map((node) => [node.node, node]));
  const views = watch.pool.nodes.slice(0, nodesRememberedMax);
  const nodes = views.map((view) => follow(before.get(view.node), view, { memory, watch }));
  const cameNow = nodes.filter(
    ({ node, state }) => state === 'loaded' && (before.get(node)?.state ?? 'loaded') !== 'loaded',
  );
  const failedNow = nodes.filter(
    ({ node, state }) => state === 'overdue' && before.get(node)?.state !== 'overdue',
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
  };
}

function follow(
  before: NodeMemory | undefined,
  view: NodeView,
  { memory, watch }: { readonly memory: PoolMemory; readonly watch: BootWatch },
): NodeMemory {
  const { node } = view;
  const { nowMs, bootMs } = watch;
  if (watch.loadedNodes.has(nodeKey(memory.pool, node))) {
    return before?.state === 'loaded' ? before : { node, state: 'loaded', sinceMs: nowMs };
  }
  if (watch.pool.hasProblem && view.phase === 'ordered') {
    return { node, state: 'refused', sinceMs: nowMs };
  }
  if (before === undefined) {
    // An age beyond any boot is no boot: its worker was lost, and nobody knows when.
    const isBoot = (view.orderedAgoMs ?? 0) <= failedFraction * bootMs;
    return { node, state: 'coming', sinceMs: nowMs - (isBoot ? (view.orderedAgoMs ?? 0) : 0) };
  }
  if (before.state === 'loaded' || before.state === 'refused') {
    return { node, state: 'coming', sinceMs: nowMs };
  }
  const isOverdue = comesInMs(nowMs - before.sinceMs, bootMs) === null;
  return { ...before, state: isOverdue ? 'overdue' : before.state };
}

const isWholeBoot = ({ orderedAgoMs }: NodeView, sinceMs: number, nowMs: number): boolean =>
  orderedAgoMs !== null && Math.abs(nowMs - orderedAgoMs - sinceMs) <= sampleToleranceMs;

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
