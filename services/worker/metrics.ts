import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { failureReasons } from '../shared/chunk/reasons.ts';

/** Every metric of the worker's parent; `outcome` is `result` or a reason of `reasons.ts`. */
export interface WorkerMetrics {
  readonly slots: Gauge<'kind' | 'pool' | 'state'>;
  readonly computedSeconds: Counter<'kind' | 'pool'>;
  readonly tries: Counter<'outcome'>;
  readonly computeSeconds: Histogram;
  readonly released: Counter;
  readonly skipped: Counter;
  readonly paceMissed: Counter;
}

export function workerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const metrics: WorkerMetrics = {
    slots: new Gauge({
      name: 'spillway_worker_slots',
      help: 'Slots of a worker whose models are loaded: busy with a chunk, or idle.',
      labelNames: ['kind', 'pool', 'state'],
      registers,
    }),
    computedSeconds: new Counter({
      name: 'spillway_worker_computed_media_seconds_total',
      help: 'Length of the video that was computed, whether or not its result was published.',
      labelNames: ['kind', 'pool'],
      registers,
    }),
    tries: new Counter({
      name: 'spillway_worker_tries_total',
      help: 'Chunks computed or failed, by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    computeSeconds: new Histogram({
      name: 'spillway_worker_compute_seconds',
      help: 'Wall time of one try, from its start to its outcome.',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
      registers,
    }),
    released: new Counter({
      name: 'spillway_worker_released_chunks_total',
      help: 'Chunks given back undone.',
      registers,
    }),
    skipped: new Counter({
      name: 'spillway_worker_skipped_chunks_total',
      help: 'Lane records whose start-by had passed when they were taken.',
      registers,
    }),
    paceMissed: new Counter({
      name: 'spillway_worker_pace_missed_chunks_total',
      help: 'Chunks that this machine computed more slowly than the machine that it emulates.',
      registers,
    }),
  };
  // A counter that first appears with its first event hides that event from every rate.
  for (const outcome of ['result', ...failureReasons]) metrics.tries.inc({ outcome }, 0);
  return metrics;
}
