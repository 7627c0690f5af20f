import { decide } from '../../../services/policy/scaling/decide.ts';
import { emptyMemory } from '../../../services/policy/scaling/memory.ts';
import type { Memory } from '../../../services/policy/scaling/memory.ts';
import type { Observation, WorkerFacts } from '../../../services/policy/scaling/observation.ts';
import type { PoolSettings, ScalingSettings } from '../../../services/policy/scaling/settings.ts';
import type { Decision } from '../../../services/shared/chunk/decision.ts';
import type { PoolNode, PoolState } from '../../../services/shared/chunk/node-pools.ts';
import { noOperatorWords } from '../../../services/shared/chunk/operator.ts';
import { priorities } from '../../../services/shared/chunk/words.ts';
import type { Priority } from '../../../services/shared/chunk/words.ts';
import { beginMs, demandOf, workerOf } from './facts.ts';

export interface Arrival {
  readonly priority: Priority;
  readonly mediaMs: number;
}

export interface WorldOptions {
  readonly settings: ScalingSettings;
  readonly seconds: number;
  readonly arrivals: (second: number) => readonly Arrival[];
  /** How long a node of this pool really takes; priors may be wrong. */
  readonly bootMs: (pool: PoolSettings) => number;
  readonly cpuSlots: number;
  /** Why a pool gives no node at that second; `null`: it does. */
  readonly problemOf: (pool: string, second: number) => string | null;
  /** What the scaler sees and remembers may be changed here, as faults would. */
  readonly look: (observation: Observation, second: number) => Observation;
  readonly remember: (memory: Memory, second: number) => Memory;
}

export const calmWorld: Omit<WorldOptions, 'settings' | 'seconds' | 'arrivals'> = {
  bootMs: (pool) => pool.bootMsPrior,
  cpuSlots: 0,
  problemOf: () => null,
  look: (observation) => observation,
  remember: (memory) => memory,
};

export interface WorldTick {
  readonly second: number;
  readonly observation: Observation;
  readonly before: Memory;
  readonly decision: Decision;
  readonly memory: Memory;
  readonly waitingMediaMs: number;
  readonly lateChunks: number;
  readonly spilledMediaMs: number;
}

interface Waiting {
  readonly priority: Priority;
  readonly dueAtMs: number;
  mediaLeftMs: number;
}

interface Node {
  readonly node: string;
  readonly orderedAtMs: number;
}

/**
 * The smallest world in which sizes matter: video arrives, nodes boot, and whoever is ready computes
 * what is due first. One tick a second; no randomness. Work is fluid: half a chunk may be done.
 */
export function runWorld(options: WorldOptions): readonly WorldTick[] {
  const { settings } = options;
  const nodes = new Map<string, Node[]>(settings.pools.map(({ pool }) => [pool, []]));
  const desired = new Map(settings.pools.map(({ pool }) => [pool, 0]));
  const logEnds = new Map<Priority, number>();
  let waiting: Waiting[] = [];
  let memory = emptyMemory(beginMs);
  let named = 0;
  let lateChunks = 0;
  let spilledMediaMs = 0;
  let isSpillOpen = false;
  const ticks: WorldTick[] = [];
  for (let second = 0; second < options.seconds; second += 1) {
    const nowMs = beginMs + second * 1000;
    for (const { priority, mediaMs } of options.arrivals(second)) {
      logEnds.set(priority, (logEnds.get(priority) ?? 0) + 1);
      const dueAtMs = nowMs + settings.objectiveMs[priority];
      waiting.push({ priority, dueAtMs, mediaLeftMs: mediaMs });
    }
    for (const pool of settings.pools) {
      const own = nodes.get(pool.pool) ?? [];
      const wanted = desired.get(pool.pool) ?? 0;
      // The youngest go first: what boots is let go before what computes.
      own.splice(wanted);
      while (own.length < wanted && options.problemOf(pool.pool, second) === null) {
        named += 1;
        own.push({ node: `${pool.pool}-${named}`, orderedAtMs: nowMs });
      }
      nodes.set(pool.pool, own);
    }
    const isLoaded = (pool: PoolSettings, { orderedAtMs }: Node): boolean =>
      nowMs - orderedAtMs >= options.bootMs(pool);
    const gpuMediaMs = settings.pools
      .map((pool) => {
        const loaded = (nodes.get(pool.pool) ?? []).filter((node) => isLoaded(pool, node));
        return loaded.length * pool.slotsPerNode * pool.slotSpeedPrior * 1000;
      })
      .reduce((total, each) => total + each, 0);
    const sorted = waiting.toSorted((a, b) => a.dueAtMs - b.dueAtMs);
    work(sorted, gpuMediaMs);
    if (isSpillOpen) {
      const inTime = sorted.filter(
        ({ dueAtMs, mediaLeftMs }) => dueAtMs - nowMs > mediaLeftMs / settings.cpuSlotSpeedPrior,
      );
      spilledMediaMs += work(inTime, options.cpuSlots * settings.cpuSlotSpeedPrior * 1000);
    }
    waiting = sorted.filter(({ mediaLeftMs }) => mediaLeftMs > 0);
    lateChunks += waiting.filter(
      ({ dueAtMs }) => dueAtMs < nowMs && dueAtMs >= nowMs - 1000,
    ).length;
    const observation = options.look(
      observe({ nowMs, second, options, waiting, logEnds, nodes, desired }),
      second,
    );
    const before = options.remember(memory, second);
    const decided = decide(observation, before, settings);
    memory = decided.memory;
    isSpillOpen = decided.decision.spill.gate === 'open';
    for (const { pool, nodesDesired } of decided.decision.pools) {
      if (observation.pools[pool]?.kind === 'known') desired.set(pool, nodesDesired);
    }
    const waitingMediaMs = waiting.reduce((total, { mediaLeftMs }) => total + mediaLeftMs, 0);
    const { decision } = decided;
    ticks.push({
      second,
      observation,
      before,
      decision,
      memory,
      waitingMediaMs,
      lateChunks,
      spilledMediaMs,
    });
  }
  return ticks;
}

/** Does what it can of these in order; how much that was. */
function work(waiting: readonly Waiting[], mediaMs: number): number {
  let left = mediaMs;
  for (const chunk of waiting) {
    const done = Math.min(left, chunk.mediaLeftMs);
    chunk.mediaLeftMs -= done;
    left -= done;
  }
  return mediaMs - left;
}

interface Seen {
  readonly nowMs: number;
  readonly second: number;
  readonly options: WorldOptions;
  readonly waiting: readonly Waiting[];
  readonly logEnds: ReadonlyMap<Priority, number>;
  readonly nodes: ReadonlyMap<string, readonly Node[]>;
  readonly desired: ReadonlyMap<string, number>;
}

function observe(seen: Seen): Observation {
  const { nowMs, second, options, waiting, logEnds, nodes, desired } = seen;
  const workers: WorkerFacts[] = [];
  const states = options.settings.pools.map((pool): PoolState => {
    const own = nodes.get(pool.pool) ?? [];
    for (const { node, orderedAtMs } of own) {
      if (nowMs - orderedAtMs < options.bootMs(pool)) continue;
      const speeds = [{ model: 'demo', speed: pool.slotSpeedPrior }];
      const facts = { pool: pool.pool, node, slots: pool.slotsPerNode, speeds };
      workers.push(workerOf(`worker-of-${node}`, facts));
    }
    return {
      pool: pool.pool,
      nodesDesired: desired.get(pool.pool) ?? 0,
      nodes: own.map(({ node, orderedAtMs }): PoolNode => ({
        node,
        phase: 'launched',
        reached: [{ phase: 'ordered', agoMs: nowMs - orderedAtMs }],
      })),
      problem: options.problemOf(pool.pool, second),
      pause: null,
    };
  });
  if (options.cpuSlots > 0) {
    workers.push(workerOf('cpu', { kind: 'cpu', pool: 'cpu', slots: options.cpuSlots }));
  }
  const demand = demandOf(
    waiting.map(({ priority, dueAtMs, mediaLeftMs }) => ({
      priority,
      mediaMs: mediaLeftMs,
      leftMs: dueAtMs - nowMs,
    })),
    nowMs,
  );
  const queues = demand.queues.map((queue) => ({
    ...queue,
    waitingChunks: waiting.filter(({ priority }) => priority === queue.priority).length,
  }));
  return {
    observedAtMs: nowMs,
    intake: {
      kind: 'known',
      value: priorities.map((priority) => ({
        priority,
        chunks: waiting.filter((chunk) => chunk.priority === priority).length,
        logEnd: logEnds.get(priority) ?? 0,
      })),
    },
    demand: { kind: 'known', value: { ...demand, queues } },
    workers: { kind: 'known', value: workers },
    pools: Object.fromEntries(states.map((state) => [state.pool, { kind: 'known', value: state }])),
    operator: { kind: 'known', value: noOperatorWords },
  };
}
