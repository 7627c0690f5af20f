import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { demandMetrics } from './demand-metrics.ts';
import type { DemandMetrics } from './demand-metrics.ts';

/** Every metric of the dispatcher; labels are closed sets (`shared/chunk/words.ts`, `reasons.ts`). */
export interface DispatcherMetrics extends DemandMetrics {
  readonly active: Gauge;
  readonly activations: Counter;
  readonly read: Counter<'priority'>;
  readonly unsettled: Gauge;
  readonly dispatched: Counter<'kind' | 'priority'>;
  readonly spilled: Counter<'priority'>;
  readonly results: Counter<'priority'>;
  readonly deadLetters: Counter<'priority' | 'reason'>;
  readonly expired: Counter<'priority' | 'cause'>;
  readonly lost: Counter;
  readonly settleSeconds: Histogram;
}

export function dispatcherMetrics(registry: Registry): DispatcherMetrics {
  const registers = [registry];
  return {
    ...demandMetrics(registry),
    active: new Gauge({
      name: 'spillway_dispatcher_active',
      help: '1 while this process is the active dispatcher, 0 while it stands by.',
      registers,
    }),
    activations: new Counter({
      name: 'spillway_dispatcher_activations_total',
      help: 'How often this process became the active dispatcher.',
      registers,
    }),
    read: new Counter({
      name: 'spillway_dispatcher_read_chunks_total',
      help: 'Records read from intake; a new term reads unsettled ones again.',
      labelNames: ['priority'],
      registers,
    }),
    unsettled: new Gauge({
      name: 'spillway_dispatcher_unsettled_chunks',
      help: 'Chunks read and not settled.',
      registers,
    }),
    dispatched: new Counter({
      name: 'spillway_dispatcher_dispatched_chunks_total',
      help: 'Lane records sent, second tries included.',
      labelNames: ['kind', 'priority'],
      registers,
    }),
    spilled: new Counter({
      name: 'spillway_dispatcher_spilled_chunks_total',
      help: 'Lane records sent to CPU workers because no GPU worker would have been in time.',
      labelNames: ['priority'],
      registers,
    }),
    results: new Counter({
      name: 'spillway_dispatcher_results_total',
      help: 'Results published.',
      labelNames: ['priority'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'spillway_dispatcher_dead_letters_total',
      help: 'Dead letters published.',
      labelNames: ['priority', 'reason'],
      registers,
    }),
    expired: new Counter({
      name: 'spillway_dispatcher_expired_chunks_total',
      help: 'Expired outcomes of chunks that waited too long; cause: what would have come next.',
      labelNames: ['priority', 'cause'],
      registers,
    }),
    lost: new Counter({
      name: 'spillway_dispatcher_lost_chunks_total',
      help: 'Offsets of intake that retention deleted before they were settled.',
      registers,
    }),
    settleSeconds: new Histogram({
      name: 'spillway_dispatcher_settle_seconds',
      help: 'Duration of one settling transaction.',
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
      registers,
    }),
  };
}
