import type {
  Decision,
  PoolDecision,
  PoolReason,
  WorkersDecision,
  WorkersReason,
} from '../../shared/chunk/decision.ts';
import type { SpillGateReason } from '../../shared/chunk/directive.ts';
import type { Said } from '../../shared/chunk/operator.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';

/**
 * One line for each pool, one for CPU workers where they are sized, and one for the spill gate, in
 * words, with the numbers that bound them. Workers on GPU nodes follow the nodes.
 */
export function describeDecision(decision: Decision): readonly string[] {
  const cpuWorkers = decision.workers.filter(({ kind }) => kind === 'cpu');
  return [
    ...decision.pools.map(describePool),
    ...cpuWorkers.map(describeCpuWorkers),
    describeGate(decision.spill),
  ];
}

const wordsOfPool: Readonly<Record<PoolReason, (pool: PoolDecision) => string>> = {
  deadline: work,
  ceiling: (pool) => `${work(pool)}; more nodes than its limits allow`,
  floor: () => 'the least that its limits allow, and nothing due needs more',
  enough: (pool) => `what arrives and what is due need ${figure(pool, 'nodesNeeded')}`,
  hold: (pool) =>
    `${figure(pool, 'nodesNeeded')} would do; nodes go when fewer have done for ` +
    `${seconds(pool, 'holdMs')}, ${soonest(pool)}`,
  surplus: (pool) =>
    `no more than ${figure(pool, 'nodesKept')} were needed for ${seconds(pool, 'holdMs')}`,
  'lag-unknown': () => 'held, since the lag of intake is not known',
  'demand-unknown': () => 'held, since no dispatcher says what is due',
  'fleet-unknown': () => 'held, since it is not known which workers there are',
  'pool-unknown': () => 'held, since its nodes are not known',
  'operator-unknown': () => 'held, since it is not known what operators said',
  'clock-jumped': () => 'held, since the time does not follow that of the last look',
  'fresh-memory': (pool) =>
    `${figure(pool, 'nodesNeeded')} would do, but this scaler has not watched for ` +
    `${seconds(pool, 'holdMs')} yet; ${soonest(pool)}`,
  paused: (pool) =>
    pool.figures['dueMediaMs'] === undefined || pool.figures['nodesMissing'] === 0
      ? 'held by a pause'
      : `held by a pause, though ${work(pool)}`,
  'backing-off': (pool) =>
    `${work(pool)}; its last nodes did not come, so none is ordered here for a while`,
};

function describePool(pool: PoolDecision): string {
  const { nodesDesired } = pool;
  const ordered = pool.figures['nodesOrdered'] ?? pool.nodesCurrent;
  const size =
    ordered === nodesDesired
      ? `${nodesDesired} ${nodesDesired === 1 ? 'node' : 'nodes'}`
      : `${ordered} → ${nodesDesired} nodes`;
  const paused = pool.pausedBy === null ? [] : [`paused by ${saidIn(pool.pausedBy)}`];
  const why = [wordsOfPool[pool.reason](pool), ...paused, ...describeRefused(pool)];
  return `${pool.pool}: ${size}: ${why.join('; ')}`;
}

function work(pool: PoolDecision): string {
  const { figures, nodesLoaded } = pool;
  if (figures['dueMediaMs'] === undefined) return 'nothing that is due can be judged';
  const speed = `one node does ${video(pool, 'nodeMediaMsPerSecond')} a second`;
  const present = `${nodesLoaded} ready, ${figure(pool, 'nodesComing')} coming`;
  const cpu = (figures['cpuMediaMs'] ?? 0) > 0 ? ` and CPU ${video(pool, 'cpuMediaMs')}` : '';
  return (
    `${video(pool, 'dueMediaMs')} of video are due within ${seconds(pool, 'withinMs')}; ` +
    `GPU (${present} here) will have done ${video(pool, 'gpuMediaMs')}${cpu}; ${speed} ` +
    `and takes ${seconds(pool, 'bootMs')} to come`
  );
}

function describeRefused({ refused, reason }: PoolDecision): readonly string[] {
  const words = refused.flatMap(({ nodes, cause }) => {
    switch (cause) {
      case 'work-late':
        return [`${nodes} would be late`];
      case 'more-than-needed':
        return [`${nodes} more than needed`];
      case 'above-ceiling':
        return [`${nodes} above its limit`];
      case 'below-floor':
        return [`${nodes} below its limit`];
      case 'held':
        return reason === 'hold' || reason === 'fresh-memory' ? [] : [`${nodes} too soon`];
      case 'backing-off':
      case 'unknown-input':
      case 'paused':
        return [];
    }
  });
  return words.length === 0 ? [] : [words.join(', ')];
}

function soonest(pool: PoolDecision): string {
  const inMs = pool.figures['letGoInMs'] ?? 0;
  return inMs > 0
    ? `in ${seconds(pool, 'letGoInMs')} at the soonest`
    : 'as soon as nothing is late';
}

/** Who said it, until when, and why. */
function saidIn({ by, untilMs, note }: Said): string {
  const until = untilMs === null ? '' : ` until ${formatRfc3339(untilMs)}`;
  return `${by}${until}${note === null ? '' : ` (${note})`}`;
}

const wordsOfWorkers: Readonly<Record<WorkersReason, (workers: WorkersDecision) => string>> = {
  nodes: () => 'as many as their nodes carry',
  overload: (workers) => needOf(workers, 'that GPU workers will not have done in time'),
  'no-gpu': (workers) => needOf(workers, 'while no GPU worker is ready'),
  hold: (workers) =>
    `${numberOf(workers, 'workersNeeded')} would do; they go when fewer have done for ` +
    inSeconds(workers.figures['holdMs']),
  floor: () => 'the least that their limits allow, and nothing needs more',
  ceiling: (workers) =>
    `${needOf(workers, 'that they should do')}; more workers than their limits allow`,
  unknown: () => 'held, since what is due or who is there is not known',
};

function needOf(workers: WorkersDecision, what: string): string {
  const { figures } = workers;
  return (
    `${ofVideo(figures['mediaMs'])} of video within ${inSeconds(figures['withinMs'])} ${what}; ` +
    `one does ${ofVideo(figures['workerMediaMsPerSecond'])} a second`
  );
}

const numberOf = ({ figures }: WorkersDecision, name: string): string => String(figures[name] ?? 0);

const describeCpuWorkers = (workers: WorkersDecision): string =>
  `CPU workers: ${workers.replicas}: ${wordsOfWorkers[workers.reason](workers)}`;

type Spill = Decision['spill'];

const wordsOfGate: Readonly<Record<SpillGateReason, (spill: Spill) => string>> = {
  overload: ({ figures }) =>
    `GPU will have done ${ofVideo(figures['gpuMediaMs'])} of the ${ofVideo(figures['dueMediaMs'])} ` +
    `of video that are due within ${inSeconds(figures['withinMs'])}`,
  'gpu-in-time': () => 'GPU will do in time whatever is due within a boot',
  hold: ({ figures }) =>
    `GPU will do in time what is due, but has for a short while only; shut in ` +
    inSeconds(figures['shutInMs']),
  unknown: () => 'what is due or who is there is not known, so each chunk’s deadline decides',
  'no-gpu': () => 'no GPU worker is ready',
  operator: ({ saidBy }) =>
    saidBy === null ? 'set so by the operator' : `said by ${saidIn(saidBy)}`,
};

const describeGate = (spill: Spill): string =>
  `spill: ${spill.gate}: ${wordsOfGate[spill.reason](spill)}`;

const figure = (pool: PoolDecision, name: string): string => String(pool.figures[name] ?? 0);
const seconds = (pool: PoolDecision, name: string): string => inSeconds(pool.figures[name]);
const video = (pool: PoolDecision, name: string): string => ofVideo(pool.figures[name]);

const ofVideo = (mediaMs: number | undefined): string => inSeconds(mediaMs);

/** To a tenth below ten seconds, else whole. */
function inSeconds(ms: number | undefined): string {
  const value = (ms ?? 0) / 1000;
  return `${Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value)} s`;
}
