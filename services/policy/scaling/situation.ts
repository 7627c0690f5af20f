import { dueBoundsMs } from '../../shared/chunk/demand.ts';
import type { Demand, QueueDemand } from '../../shared/chunk/demand.ts';
import { nodePhases } from '../../shared/chunk/node-pools.ts';
import type { NodePhase, PoolState } from '../../shared/chunk/node-pools.ts';
import type { OperatorWords, Pause } from '../../shared/chunk/operator.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import { bounded, latestMs, sum, wholeNumber } from './bounded.ts';
import type { IntakeLag, Known, Observation, WorkerFacts } from './observation.ts';
import { mapPriorities } from './read-settings.ts';
import type { ScalingSettings } from './settings.ts';

/** What the dispatcher has read of one priority and not settled. Media in milliseconds of video. */
export interface QueueView {
  readonly chunks: number;
  readonly mediaMs: number;
  readonly cpuMediaMs: number;
  /** By the bounds of `dueBoundsMs`, and one more for what is due later. */
  readonly dueMediaMs: readonly number[];
}

export interface DemandView {
  /** How old it is: so much less time is left than it says. */
  readonly ageMs: number;
  readonly queues: Readonly<Record<Priority, QueueView>>;
  /** From submission to deadline, as producers set it lately; `null`: none was read. */
  readonly allowedMs: Readonly<Record<Priority, number | null>>;
}

/** Workers that compute, taken together. */
export interface WorkersView {
  readonly slots: number;
  /** Mean of what they measured; `null`: none has yet. */
  readonly slotSpeed: number | null;
}

export interface FleetView {
  /** By the pool of the settings that they stand on; all others under `null`. */
  readonly gpu: ReadonlyMap<string | null, WorkersView>;
  readonly cpu: WorkersView;
  /** Nodes with a ready GPU worker, as `nodeKey` writes them. */
  readonly loadedNodes: ReadonlySet<string>;
  /** CPU workers that were heard, also those that do not compute yet or any more. */
  readonly cpuWorkers: number;
  /** Pools whose workers hold work, the leaving ones too. */
  readonly busyPools: ReadonlySet<string | null>;
  readonly isCpuBusy: boolean;
}

export interface NodeView {
  readonly node: string;
  readonly phase: NodePhase;
  readonly orderedAgoMs: number | null;
  /** In the order of `nodePhases`. */
  readonly reached: readonly { readonly phase: NodePhase; readonly agoMs: number }[];
}

export interface PoolView {
  readonly nodesDesired: number;
  /** All but the leaving ones, by name. */
  readonly nodes: readonly NodeView[];
  readonly hasProblem: boolean;
  /** What the pool itself carries. */
  readonly pause: Pause | null;
}

/**
 * An observation in the form in which it is decided on: added up, bounded, and without any order of
 * lists, so that equal facts give equal decisions. `null`: not known.
 */
export interface Situation {
  readonly nowMs: number;
  readonly intake: Readonly<Record<Priority, IntakeLag>> | null;
  readonly demand: DemandView | null;
  readonly fleet: FleetView | null;
  /** Every pool of the settings. */
  readonly pools: ReadonlyMap<string, PoolView | null>;
  readonly operator: OperatorWords | null;
}

const chunksLimit = 1e12;
const mediaLimitMs = 1e12;
const ageLimitMs = 1e10;

/** The pool's length keeps two pairs of names apart, whatever the names hold. */
export const nodeKey = (pool: string, node: string): string => `${pool.length}:${pool}/${node}`;

export function readSituation(observation: Observation, settings: ScalingSettings): Situation {
  const nowMs = bounded(observation.observedAtMs, 0, latestMs);
  const { intake, demand, workers } = observation;
  const states = new Map(
    settings.pools.map(({ pool }) => [
      pool,
      Object.hasOwn(observation.pools, pool) ? valueOf(observation.pools[pool]) : null,
    ]),
  );
  const facts = valueOf(workers);
  return {
    nowMs,
    intake: intake.kind === 'known' ? readIntake(intake.value) : null,
    demand: demand.kind === 'known' ? readDemand(demand.value, nowMs) : null,
    fleet: facts === null ? null : readFleet(facts, states),
    pools: new Map([...states].map(([pool, state]) => [pool, state && readPool(state)])),
    operator: valueOf(observation.operator),
  };
}

function valueOf<Value>(known: Known<Value> | undefined): Value | null {
  return known?.kind === 'known' ? known.value : null;
}

function readIntake(lags: readonly IntakeLag[]): Readonly<Record<Priority, IntakeLag>> {
  return mapPriorities((priority) => {
    const own = lags.filter((lag) => lag.priority === priority);
    return {
      priority,
      chunks: sum(own.map((lag) => wholeNumber(lag.chunks, chunksLimit))),
      logEnd: sum(own.map((lag) => wholeNumber(lag.logEnd, chunksLimit))),
    };
  });
}

function readDemand(demand: Demand, nowMs: number): DemandView {
  const queues = mapPriorities((priority) =>
    addUp(demand.queues.filter((queue) => queue.priority === priority)),
  );
  const ageMs = nowMs - bounded(demand.publishedAtMs, 0, latestMs);
  const allowedMs = mapPriorities((priority) => {
    const known = demand.tallies
      .filter((tally) => tally.priority === priority)
      .map((tally) => tally.allowedMs)
      .filter((each) => each !== null);
    return known.length === 0 ? null : bounded(Math.min(...known), 1, ageLimitMs);
  });
  return { ageMs: bounded(ageMs, 0, ageLimitMs), queues, allowedMs };
}

function addUp(queues: readonly QueueDemand[]): QueueView {
  const dueMediaMs = Array.from({ length: dueBoundsMs.length + 1 }, () => 0);
  let chunks = 0;
  let mediaMs = 0;
  let cpuMediaMs = 0;
  for (const queue of queues) {
    chunks += wholeNumber(queue.waitingChunks, chunksLimit);
    chunks += wholeNumber(queue.gpuChunks, chunksLimit);
    chunks += wholeNumber(queue.cpuChunks, chunksLimit);
    mediaMs += wholeNumber(queue.waitingMediaMs, mediaLimitMs);
    mediaMs += wholeNumber(queue.gpuMediaMs, mediaLimitMs);
    mediaMs += wholeNumber(queue.cpuMediaMs, mediaLimitMs);
    cpuMediaMs += wholeNumber(queue.cpuMediaMs, mediaLimitMs);
    for (let index = 0; index < dueMediaMs.length; index += 1) {
      const due = queue.dueMediaMs[index] ?? 0;
      if (due !== 0) dueMediaMs[index] = (dueMediaMs[index] ?? 0) + wholeNumber(due, mediaLimitMs);
    }
  }
  return { chunks, mediaMs, cpuMediaMs, dueMediaMs };
}

function readFleet(
  workers: readonly WorkerFacts[],
  states: ReadonlyMap<string, PoolState | null>,
): FleetView {
  const leaving = new Set<string>();
  const poolOfNode = new Map<string, string>();
  for (const [pool, state] of states) {
    for (const { node, phase } of state?.nodes ?? []) {
      if (phase === 'leaving') leaving.add(nodeKey(pool, node));
      if (!poolOfNode.has(node)) poolOfNode.set(node, pool);
    }
  }
  const poolOf = ({ pool, node }: WorkerFacts): string | null =>
    states.has(pool) ? pool : (poolOfNode.get(node ?? '') ?? null);
  const byPool = new Map<string | null, WorkerFacts[]>();
  const loadedNodes = new Set<string>();
  for (const worker of workers) {
    if (worker.kind !== 'gpu' || worker.state !== 'ready') continue;
    const pool = poolOf(worker);
    const key = pool === null || worker.node === null ? null : nodeKey(pool, worker.node);
    if (key !== null && leaving.has(key)) continue;
    if (key !== null) loadedNodes.add(key);
    const own = byPool.get(pool);
    if (own === undefined) byPool.set(pool, [worker]);
    else own.push(worker);
  }
  const busy = workers.filter(({ inHandChunks }) => wholeNumber(inHandChunks, chunksLimit) > 0);
  const cpu = workers.filter(({ kind }) => kind === 'cpu');
  return {
    gpu: new Map([...byPool].map(([pool, own]) => [pool, together(own)])),
    cpu: together(cpu.filter(({ state }) => state === 'ready')),
    loadedNodes,
    cpuWorkers: new Set(cpu.map(({ worker }) => worker)).size,
    busyPools: new Set(busy.filter(({ kind }) => kind === 'gpu').map(poolOf)),
    isCpuBusy: busy.some(({ kind }) => kind === 'cpu'),
  };
}

/** Speeds are added in millionths, since whole numbers add up alike in any order. */
function together(workers: readonly WorkerFacts[]): WorkersView {
  const speeds = workers
    .map((worker) => worker.speeds.map(({ speed }) => wholeNumber(speed * 1e6, 1e12)))
    .flat()
    .filter((speed) => speed > 0);
  return {
    slots: sum(workers.map(({ slots }) => wholeNumber(slots, 10_000))),
    slotSpeed: speeds.length === 0 ? null : Math.round(sum(speeds) / speeds.length) / 1e6,
  };
}

function readPool(state: PoolState): PoolView {
  const byName = new Map<string, PoolState['nodes'][number][]>();
  for (const node of state.nodes) byName.set(node.node, [...(byName.get(node.node) ?? []), node]);
  const nodes = [...byName]
    .filter(([, same]) => same.every(({ phase }) => phase !== 'leaving'))
    .map(([node, same]) => readNode(node, same))
    .toSorted((a, b) => (a.node < b.node ? -1 : 1));
  return {
    nodesDesired: wholeNumber(state.nodesDesired, 1e6),
    nodes,
    hasProblem: typeof state.problem === 'string',
    pause: state.pause,
  };
}

/** Two entries of one name are one node: the later phase and the greater ages hold. */
function readNode(node: string, same: readonly PoolState['nodes'][number][]): NodeView {
  const agos = new Map<NodePhase, number>();
  let phaseIndex = 0;
  let orderedAgoMs: number | null = null;
  for (const entry of same) {
    phaseIndex = Math.max(phaseIndex, nodePhases.indexOf(entry.phase));
    for (const { phase, agoMs } of entry.reached) {
      const ago = wholeNumber(agoMs, ageLimitMs);
      agos.set(phase, Math.max(ago, agos.get(phase) ?? 0));
      orderedAgoMs = Math.max(ago, orderedAgoMs ?? 0);
    }
  }
  const reached: NodeView['reached'][number][] = [];
  for (const phase of nodePhases) {
    const agoMs = agos.get(phase);
    if (agoMs !== undefined) reached.push({ phase, agoMs });
  }
  return { node, phase: nodePhases[phaseIndex] ?? 'ordered', orderedAgoMs, reached };
}
