import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { directiveStates } from '../shared/chunk/demand.ts';
import type { Demand } from '../shared/chunk/demand.ts';
import { priorities } from '../shared/chunk/words.ts';

/** What waits and by which rules, each second anew. */
export interface DemandMetrics {
  readonly waiting: Gauge<'priority'>;
  readonly oldestSeconds: Gauge<'priority'>;
  readonly isStrict: Gauge;
  readonly isSpillOpen: Gauge;
  readonly directive: Gauge<'state'>;
}

export function demandMetrics(registry: Registry): DemandMetrics {
  const registers = [registry];
  return {
    waiting: new Gauge({
      name: 'spillway_dispatcher_waiting_chunks',
      help: 'Chunks read that no lane holds and nobody has in hand.',
      labelNames: ['priority'],
      registers,
    }),
    oldestSeconds: new Gauge({
      name: 'spillway_dispatcher_oldest_chunk_age_seconds',
      help: 'Time since the submission of the oldest unsettled chunk; 0 where there is none.',
      labelNames: ['priority'],
      registers,
    }),
    isStrict: new Gauge({
      name: 'spillway_dispatcher_strict_priority',
      help: '1 while priority goes before deadline, because not all can be in time.',
      registers,
    }),
    isSpillOpen: new Gauge({
      name: 'spillway_dispatcher_spill_open',
      help: '1 while a chunk that GPU workers would finish too late may go to CPU workers.',
      registers,
    }),
    directive: new Gauge({
      name: 'spillway_dispatcher_directive',
      help: "1 for what holds of the scaler's directive, 0 for the rest.",
      labelNames: ['state'],
      registers,
    }),
  };
}

export function showDemand(metrics: DemandMetrics, demand: Demand): void {
  for (const priority of priorities) {
    const queues = demand.queues.filter((queue) => queue.priority === priority);
    const waiting = queues.reduce((sum, { waitingChunks }) => sum + waitingChunks, 0);
    const oldestAtMs = Math.min(
      ...queues.map(({ oldestSubmittedAtMs }) => oldestSubmittedAtMs ?? Number.POSITIVE_INFINITY),
    );
    const ageMs = Number.isFinite(oldestAtMs) ? demand.publishedAtMs - oldestAtMs : 0;
    metrics.waiting.set({ priority }, waiting);
    metrics.oldestSeconds.set({ priority }, Math.max(0, ageMs) / 1000);
  }
  metrics.isStrict.set(demand.order === 'strict-priority' ? 1 : 0);
  metrics.isSpillOpen.set(demand.spill.isOpen ? 1 : 0);
  for (const state of directiveStates) {
    metrics.directive.set({ state }, demand.directive.state === state ? 1 : 0);
  }
}

/** A stand-by has nothing to show of what it once saw. */
export function hideDemand(metrics: DemandMetrics): void {
  const { waiting, oldestSeconds, isStrict, isSpillOpen, directive } = metrics;
  for (const gauge of [isStrict, isSpillOpen]) gauge.set(0);
  for (const gauge of [waiting, oldestSeconds, directive]) gauge.reset();
}
