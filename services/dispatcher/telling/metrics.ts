import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { priorities, workerKinds } from '../../shared/chunk/words.ts';
import { demandMetrics } from './demand-metrics.ts';
import type { DemandMetrics } from './demand-metrics.ts';
import type { Sent } from '../dispatching/dispatch-pass.ts';
import { outcomeMetrics } from './outcome-metrics.ts';
import type { OutcomeMetrics } from './outcome-metrics.ts';

/** Every metric of the dispatcher; labels are closed sets (`shared/chunk/words.ts`, `reasons.ts`). */
export interface DispatcherMetrics extends DemandMetrics, OutcomeMetrics, SendingMetrics {
  readonly active: Gauge;
  readonly activations: Counter;
  readonly read: Counter<'priority'>;
  readonly lost: Counter;
  readonly settleSeconds: Histogram;
}

interface SendingMetrics {
  readonly dispatched: Counter<'kind' | 'priority'>;
  readonly dispatchedSeconds: Counter<'kind' | 'priority'>;
  readonly spilled: Counter<'priority'>;
  readonly spilledSeconds: Counter<'priority'>;
}

export function dispatcherMetrics(registry: Registry): DispatcherMetrics {
  const registers = [registry];
  return {
    ...demandMetrics(registry),
    ...outcomeMetrics(registry),
    ...sendingMetrics(registry),
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

function sendingMetrics(registry: Registry): SendingMetrics {
  const registers = [registry];
  const metrics: SendingMetrics = {
    dispatched: new Counter({
      name: 'spillway_dispatcher_dispatched_chunks_total',
      help: 'Lane records sent, second tries included.',
      labelNames: ['kind', 'priority'],
      registers,
    }),
    dispatchedSeconds: new Counter({
      name: 'spillway_dispatcher_dispatched_media_seconds_total',
      help: 'Length of the video of the lane records sent, second tries included.',
      labelNames: ['kind', 'priority'],
      registers,
    }),
    spilled: new Counter({
      name: 'spillway_dispatcher_spilled_chunks_total',
      help: 'Lane records sent to CPU workers because no GPU worker would have been in time.',
      labelNames: ['priority'],
      registers,
    }),
    spilledSeconds: new Counter({
      name: 'spillway_dispatcher_spilled_media_seconds_total',
      help: 'Length of the video of the lane records that were spilled.',
      labelNames: ['priority'],
      registers,
    }),
  };
  // A counter that first appears with its first event hides that event from every rate.
  for (const priority of priorities) {
    for (const kind of workerKinds) {
      metrics.dispatched.inc({ kind, priority }, 0);
      metrics.dispatchedSeconds.inc({ kind, priority }, 0);
    }
    metrics.spilled.inc({ priority }, 0);
    metrics.spilledSeconds.inc({ priority }, 0);
  }
  return metrics;
}

export function countSent(metrics: SendingMetrics, { lane, isSpilled, mediaMs }: Sent): void {
  const { kind, priority } = lane;
  const mediaSeconds = mediaMs / 1000;
  metrics.dispatched.inc({ kind, priority });
  metrics.dispatchedSeconds.inc({ kind, priority }, mediaSeconds);
  if (!isSpilled) return;
  metrics.spilled.inc({ priority });
  metrics.spilledSeconds.inc({ priority }, mediaSeconds);
}
