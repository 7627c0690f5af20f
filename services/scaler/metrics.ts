import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/**
 * Every metric of the scaler. Pools are those of the settings; the other labels are closed sets
 * (`shared/chunk/decision.ts`, `node-pools.ts`).
 */
export interface ScalerMetrics {
  readonly leader: Gauge;
  readonly leaderships: Counter;
  readonly nodes: Gauge<'pool' | 'phase'>;
  readonly nodesDesired: Gauge<'pool'>;
  /** The pool of CPU workers is `cpu`. */
  readonly workersDesired: Gauge<'kind' | 'pool'>;
  readonly poolPaused: Gauge<'pool'>;
  readonly poolBackingOff: Gauge<'pool'>;
  readonly costPerHour: Gauge<'pool'>;
  readonly costTotal: Counter<'pool'>;
  readonly spillOpen: Gauge;
  readonly decisions: Counter<'pool' | 'reason'>;
  readonly orders: Counter<'pool' | 'outcome'>;
  readonly replicaWrites: Counter<'kind' | 'pool' | 'outcome'>;
  readonly ticks: Counter;
  readonly ticksFailed: Counter;
  readonly tickSeconds: Histogram;
  readonly bootSeconds: Histogram<'pool' | 'phase'>;
  readonly inputAgeSeconds: Gauge<'input'>;
  readonly intakeLag: Gauge<'priority'>;
}

const secondsOfBoot = [
  1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1800,
];

export function scalerMetrics(registry: Registry): ScalerMetrics {
  const registers = [registry];
  return {
    ...ofLeading(registers),
    ...ofPools(registers),
    ...ofOrders(registers),
    ...ofMoney(registers),
    ticks: new Counter({
      name: 'spillway_scaler_ticks_total',
      help: 'Looks at the world, as the leader or standing by.',
      registers,
    }),
    ticksFailed: new Counter({
      name: 'spillway_scaler_ticks_failed_total',
      help: 'Ticks as the leader whose directive could not be published; nothing was ordered.',
      registers,
    }),
    tickSeconds: new Histogram({
      name: 'spillway_scaler_tick_seconds',
      help: 'Duration of one tick, from the look to the last order.',
      buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
      registers,
    }),
    inputAgeSeconds: new Gauge({
      name: 'spillway_scaler_input_age_seconds',
      help: 'Time since each input was last known; sizes are held while one is not.',
      labelNames: ['input'],
      registers,
    }),
    intakeLag: new Gauge({
      name: 'spillway_scaler_intake_lag_chunks',
      help: 'Unsettled chunks of intake as Kafka has them, read by a dispatcher or not.',
      labelNames: ['priority'],
      registers,
    }),
  };
}

function ofLeading(
  registers: Registry[],
): Pick<ScalerMetrics, 'leader' | 'leaderships' | 'spillOpen' | 'decisions' | 'orders'> {
  return {
    leader: new Gauge({
      name: 'spillway_scaler_leader',
      help: '1 while this process leads, 0 while it stands by.',
      registers,
    }),
    leaderships: new Counter({
      name: 'spillway_scaler_leaderships_total',
      help: 'How often this process became the leader.',
      registers,
    }),
    spillOpen: new Gauge({
      name: 'spillway_scaler_spill_open',
      help: '1 while the directive lets dispatchers spill, else 0; told by the leader.',
      registers,
    }),
    decisions: new Counter({
      name: 'spillway_scaler_decisions_total',
      help: 'Decisions on the size of a pool, by what bound it.',
      labelNames: ['pool', 'reason'],
      registers,
    }),
    orders: new Counter({
      name: 'spillway_scaler_orders_total',
      help: 'Sizes told to a pool, by what became of it; also those that changed nothing.',
      labelNames: ['pool', 'outcome'],
      registers,
    }),
  };
}

function ofOrders(
  registers: Registry[],
): Pick<ScalerMetrics, 'workersDesired' | 'replicaWrites' | 'poolPaused' | 'poolBackingOff'> {
  return {
    replicaWrites: new Counter({
      name: 'spillway_scaler_replica_writes_total',
      help: 'Replicas told to a Deployment of workers, by what became of it; also unchanged ones.',
      labelNames: ['kind', 'pool', 'outcome'],
      registers,
    }),
    workersDesired: new Gauge({
      name: 'spillway_scaler_workers_desired',
      help: 'Worker processes that there are to be, by kind and pool; told by the leader.',
      labelNames: ['kind', 'pool'],
      registers,
    }),
    poolPaused: new Gauge({
      name: 'spillway_scaler_pool_paused',
      help: '1 while a person or the pool itself keeps its size, else 0; told by the leader.',
      labelNames: ['pool'],
      registers,
    }),
    poolBackingOff: new Gauge({
      name: 'spillway_scaler_pool_backing_off',
      help: '1 while nothing is ordered of a pool whose nodes did not come; told by the leader.',
      labelNames: ['pool'],
      registers,
    }),
  };
}

function ofMoney(registers: Registry[]): Pick<ScalerMetrics, 'costPerHour' | 'costTotal'> {
  return {
    costPerHour: new Gauge({
      name: 'spillway_scaler_cost_per_hour',
      help: 'Price of the nodes of a pool that are there, from their launch; told by the leader.',
      labelNames: ['pool'],
      registers,
    }),
    costTotal: new Counter({
      name: 'spillway_scaler_cost_total',
      help: 'Price times time of the nodes of a pool while this process led.',
      labelNames: ['pool'],
      registers,
    }),
  };
}

function ofPools(
  registers: Registry[],
): Pick<ScalerMetrics, 'nodes' | 'nodesDesired' | 'bootSeconds'> {
  return {
    nodes: new Gauge({
      name: 'spillway_scaler_nodes',
      help: 'Nodes by pool and boot phase, as last seen; loaded ones compute.',
      labelNames: ['pool', 'phase'],
      registers,
    }),
    nodesDesired: new Gauge({
      name: 'spillway_scaler_nodes_desired',
      help: 'Nodes that each pool is to have; told by the leader.',
      labelNames: ['pool'],
      registers,
    }),
    bootSeconds: new Histogram({
      name: 'spillway_scaler_boot_seconds',
      help: 'Time from the order of a node to each phase of its boot, as the leader saw it.',
      labelNames: ['pool', 'phase'],
      buckets: secondsOfBoot,
      registers,
    }),
  };
}
