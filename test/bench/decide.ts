import { decide } from '../../services/policy/scaling/decide.ts';
import { emptyMemory } from '../../services/policy/scaling/memory.ts';
import type { Memory } from '../../services/policy/scaling/memory.ts';
import type { Observation } from '../../services/policy/scaling/observation.ts';
import { systemClock } from '../../services/shared/clock/system.ts';
import { priorities } from '../../services/shared/chunk/words.ts';
import {
  beginMs,
  gpuPool,
  nodeOf,
  observationOf,
  queueOf,
  scalingSettings,
  workerOf,
} from '../support/scaling-world/facts.ts';
import type { Figure } from './figure.ts';
import { measurePlanDispatch } from './plan-dispatch.ts';

const decideBarMs = 5;
const dispatchBarMs = 10;
const warmUpTicks = 200;
const measuredTicks = 1000;
const scenesMade = 60;

const queueRows = 1000;
const nodes = 200;
const nodesBooting = 40;

const settings = { ...scalingSettings, pools: [{ ...gpuPool, nodesMax: 2 * nodes }] };

/** A thousand rows of demand, as of a thousand partitions that each hold something else. */
function busyObservation(tick: number): Observation {
  const atMs = beginMs + tick * 1000;
  const loaded = Array.from({ length: nodes - nodesBooting }, (_, index) => `node-${index}`);
  const booting = Array.from({ length: nodesBooting }, (_, index) => `new-${index}`);
  const observation = observationOf({
    atMs,
    nodesDesired: nodes,
    booting: [
      ...loaded.map((node) => nodeOf(node, 600_000 + tick * 1000)),
      ...booting.map((node) => nodeOf(node, (tick % 20) * 1000)),
    ],
    workers: loaded.map((node) =>
      workerOf(`worker-${node}`, { node, speeds: [{ model: 'demo', speed: 2 }] }),
    ),
  });
  const { demand } = observation;
  if (demand.kind === 'unknown') return observation;
  const queues = Array.from({ length: queueRows }, (_, index) => {
    const priority = priorities[index % priorities.length] ?? 'live';
    const leftMs = ((index * 7919 + tick * 613) % 400) * 1000;
    return queueOf(priority, [{ priority, mediaMs: 4000 * (1 + (index % 9)), leftMs }]);
  });
  return { ...observation, demand: { kind: 'known', value: { ...demand.value, queues } } };
}

/** The same scene at another time, with what has arrived by then. */
function at(scene: Observation, tick: number): Observation {
  const { demand, intake } = scene;
  if (demand.kind === 'unknown' || intake.kind === 'unknown') return scene;
  const atMs = beginMs + tick * 1000;
  const lags = intake.value.map((lag) => ({ ...lag, logEnd: tick * 97 }));
  return {
    ...scene,
    observedAtMs: atMs,
    intake: { kind: 'known', value: lags },
    demand: { kind: 'known', value: { ...demand.value, publishedAtMs: atMs } },
  };
}

interface DecidePace {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Wall time of one decision, over ticks with memory as they follow each other. */
function paceOfDecide(): DecidePace {
  let memory: Memory = emptyMemory(beginMs);
  // Made before, so that their garbage is not collected on the decisions' time.
  const ticks = warmUpTicks + measuredTicks;
  const scenes = Array.from({ length: scenesMade }, (_, scene) => busyObservation(scene));
  const tookMs: number[] = [];
  for (let tick = 0; tick < ticks; tick += 1) {
    const observation = at(scenes[tick % scenesMade] ?? busyObservation(tick), tick);
    const fromMs = systemClock.monotonicMs();
    const decided = decide(observation, memory, settings);
    const lastedMs = systemClock.monotonicMs() - fromMs;
    memory = decided.memory;
    if (tick >= warmUpTicks) tookMs.push(lastedMs);
  }
  const sorted = tookMs.toSorted((a, b) => a - b);
  const within = (fraction: number): number =>
    Number((sorted[Math.ceil(fraction * sorted.length) - 1] ?? Number.NaN).toFixed(3));
  return { p50Ms: within(0.5), p99Ms: within(0.99) };
}

/**
 * The two decisions that hold up everything else: sizes once a second, and what goes to which worker.
 * The figure is the worse of both, each as a share of its bar at 99 %.
 */
export function benchDecide(): Promise<Figure> {
  const sizes = paceOfDecide();
  console.log(
    `decide with ${queueRows} rows of demand and ${nodes} nodes: half within ${sizes.p50Ms} ms, ` +
      `99 % within ${sizes.p99Ms} ms (bar ${decideBarMs} ms)`,
  );
  const dispatch = measurePlanDispatch();
  const { unsorted, sorted, calm, full } = dispatch;
  const slowestMs = Math.max(...[unsorted, sorted, calm, full].map(({ p99Ms }) => p99Ms));
  console.log(
    `dispatch pass over ${dispatch.waitingChunks} waiting chunks and ${dispatch.workers} workers: ` +
      `99 % within ${slowestMs} ms in the slowest of four scenes (bar ${dispatchBarMs} ms)`,
  );
  const figure = Number(Math.max(sizes.p99Ms / decideBarMs, slowestMs / dispatchBarMs).toFixed(3));
  return Promise.resolve({
    bench: 'decide',
    figure,
    bar: 1,
    holds: figure < 1,
    decide: { ...sizes, barMs: decideBarMs },
    dispatch: { ...dispatch, p99Ms: slowestMs, barMs: dispatchBarMs },
  });
}
