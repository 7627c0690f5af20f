import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { directiveStates, spillVerdicts } from '../../shared/chunk/demand.ts';
import type { Demand, QueueDemand, SpillVerdict } from '../../shared/chunk/demand.ts';
import { workerStates } from '../../shared/chunk/fleet.ts';
import { priorities, workerKinds } from '../../shared/chunk/words.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import type { FleetView } from '../dispatching/fleet-view.ts';

/** Where a chunk is that is not settled: with nobody, or in a lane or in hand of a kind of worker. */
const places = ['waiting', ...workerKinds] as const;

/** `silent`: not heard for so long that it counts as dead, and not yet forgotten. */
const memberStates = [...workerStates, 'silent'] as const;

/** What waits, who works and by which rules, each second anew; only the active one has it. */
export interface DemandMetrics {
  readonly unsettled: Gauge<'priority' | 'place'>;
  readonly unsettledSeconds: Gauge<'priority'>;
  readonly overdueSeconds: Gauge<'priority'>;
  readonly oldestSeconds: Gauge<'priority'>;
  readonly retentionSeconds: Gauge<'priority'>;
  readonly waiting: Gauge<'verdict'>;
  readonly workers: Gauge<'kind' | 'state'>;
  readonly slots: Gauge<'kind'>;
  readonly isStrict: Gauge;
  readonly isSpillOpen: Gauge;
  readonly directive: Gauge<'state'>;
}

export function demandMetrics(registry: Registry): DemandMetrics {
  const registers = [registry];
  const metrics = {
    ...ofQueues(registers),
    ...ofWorkers(registers),
    waiting: new Gauge({
      name: 'spillway_dispatcher_waiting_chunks',
      help: 'Chunks that may be sent and that nobody has, by why they are not spilled, or that they are.',
      labelNames: ['verdict'],
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
  // A gauge without labels begins at 0, which would be a word about spill before there is one.
  hideDemand(metrics);
  return metrics;
}

function ofQueues(
  registers: Registry[],
): Pick<
  DemandMetrics,
  'unsettled' | 'unsettledSeconds' | 'overdueSeconds' | 'oldestSeconds' | 'retentionSeconds'
> {
  return {
    unsettled: new Gauge({
      name: 'spillway_dispatcher_unsettled_chunks',
      help: 'Chunks read that have not ended: waiting, or in a lane or in hand of a kind of worker.',
      labelNames: ['priority', 'place'],
      registers,
    }),
    unsettledSeconds: new Gauge({
      name: 'spillway_dispatcher_unsettled_media_seconds',
      help: 'Length of the video of the chunks read that have not ended.',
      labelNames: ['priority'],
      registers,
    }),
    overdueSeconds: new Gauge({
      name: 'spillway_dispatcher_overdue_media_seconds',
      help: 'Length of the video that has not ended although its deadline has passed.',
      labelNames: ['priority'],
      registers,
    }),
    oldestSeconds: new Gauge({
      name: 'spillway_dispatcher_oldest_chunk_age_seconds',
      help: 'Time since the submission of the oldest unsettled chunk; 0 where there is none.',
      labelNames: ['priority'],
      registers,
    }),
    retentionSeconds: new Gauge({
      name: 'spillway_dispatcher_intake_retention_seconds',
      help: 'How long the broker keeps chunks of intake, settled or not; none where it is for ever.',
      labelNames: ['priority'],
      registers,
    }),
  };
}

function ofWorkers(registers: Registry[]): Pick<DemandMetrics, 'workers' | 'slots'> {
  return {
    workers: new Gauge({
      name: 'spillway_dispatcher_workers',
      help: 'Workers as their heartbeats tell; silent ones count as dead.',
      labelNames: ['kind', 'state'],
      registers,
    }),
    slots: new Gauge({
      name: 'spillway_dispatcher_worker_slots',
      help: 'Slots of the ready workers: chunks that they compute at a time.',
      labelNames: ['kind'],
      registers,
    }),
  };
}

/** What the active one knows when it tells its demand. */
export interface ShownDemand {
  readonly demand: Demand;
  readonly fleet: FleetView;
  /** How long intake keeps a priority's records; `null`: for ever, or not known yet. */
  readonly retentionMs: (priority: Priority) => number | null;
}

export function showDemand(metrics: DemandMetrics, shown: ShownDemand): void {
  const { demand, fleet, retentionMs } = shown;
  for (const priority of priorities) {
    const queues = demand.queues.filter((queue) => queue.priority === priority);
    showQueues(metrics, priority, queues);
    metrics.oldestSeconds.set({ priority }, oldestSeconds(queues, demand.publishedAtMs));
    const keptMs = retentionMs(priority);
    if (keptMs === null) metrics.retentionSeconds.remove({ priority });
    else metrics.retentionSeconds.set({ priority }, keptMs / 1000);
  }
  const verdicts = new Map<SpillVerdict, number>(
    demand.spill.verdicts.map(({ verdict, chunks }) => [verdict, chunks]),
  );
  for (const verdict of spillVerdicts) metrics.waiting.set({ verdict }, verdicts.get(verdict) ?? 0);
  showWorkers(metrics, fleet);
  metrics.isStrict.set(demand.order === 'strict-priority' ? 1 : 0);
  metrics.isSpillOpen.set(demand.spill.isOpen ? 1 : 0);
  for (const state of directiveStates) {
    metrics.directive.set({ state }, demand.directive.state === state ? 1 : 0);
  }
}

/** What was said by a process that stands by now is another's to say. */
export function hideDemand(metrics: DemandMetrics): void {
  const { isStrict, isSpillOpen } = metrics;
  for (const gauge of [isStrict, isSpillOpen]) gauge.remove();
  const { unsettled, unsettledSeconds, overdueSeconds, oldestSeconds: oldest } = metrics;
  for (const gauge of [unsettled, unsettledSeconds, overdueSeconds, oldest]) gauge.reset();
  const { retentionSeconds, waiting, workers, slots, directive } = metrics;
  for (const gauge of [retentionSeconds, waiting, workers, slots, directive]) gauge.reset();
}

function showQueues(
  metrics: DemandMetrics,
  priority: Priority,
  queues: readonly QueueDemand[],
): void {
  const sum = (of: (queue: QueueDemand) => number): number =>
    queues.reduce((total, queue) => total + of(queue), 0);
  const chunks = {
    waiting: sum(({ waitingChunks }) => waitingChunks),
    gpu: sum(({ gpuChunks }) => gpuChunks),
    cpu: sum(({ cpuChunks }) => cpuChunks),
  };
  for (const place of places) metrics.unsettled.set({ priority, place }, chunks[place]);
  const mediaMs = sum((queue) => queue.waitingMediaMs + queue.gpuMediaMs + queue.cpuMediaMs);
  metrics.unsettledSeconds.set({ priority }, mediaMs / 1000);
  metrics.overdueSeconds.set({ priority }, sum(({ dueMediaMs }) => dueMediaMs[0] ?? 0) / 1000);
}

function oldestSeconds(queues: readonly QueueDemand[], nowMs: number): number {
  const atMs = queues.flatMap(({ oldestSubmittedAtMs }) => oldestSubmittedAtMs ?? []);
  return atMs.length === 0 ? 0 : Math.max(0, nowMs - Math.min(...atMs)) / 1000;
}

function showWorkers({ workers, slots }: DemandMetrics, fleet: FleetView): void {
  const members = [...fleet.members().values()];
  for (const kind of workerKinds) {
    const ofKind = members.filter(({ heartbeat }) => heartbeat.kind === kind);
    for (const state of memberStates) {
      const isIn = ({ isGone, heartbeat }: (typeof members)[number]): boolean =>
        (isGone ? 'silent' : heartbeat.state) === state;
      workers.set({ kind, state }, ofKind.filter(isIn).length);
    }
    const ready = ofKind.filter(({ isGone, heartbeat }) => !isGone && heartbeat.state === 'ready');
    slots.set(
      { kind },
      ready.reduce((total, { heartbeat }) => total + heartbeat.slots, 0),
    );
  }
}
