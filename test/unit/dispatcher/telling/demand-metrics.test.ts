import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import {
  demandMetrics,
  hideDemand,
  showDemand,
} from '../../../../services/dispatcher/telling/demand-metrics.ts';
import type { ShownDemand } from '../../../../services/dispatcher/telling/demand-metrics.ts';
import { createFleetView } from '../../../../services/dispatcher/dispatching/fleet-view.ts';
import { dueBoundsMs } from '../../../../services/shared/chunk/demand.ts';
import type { QueueDemand } from '../../../../services/shared/chunk/demand.ts';
import { fleetBatch, heartbeatOf } from '../../../support/dispatcher-term.ts';
import { samplesOf } from '../../../support/metric-samples.ts';

const nowMs = 1_000_000;

const queue: QueueDemand = {
  priority: 'live',
  model: null,
  waitingChunks: 3,
  waitingMediaMs: 6000,
  gpuChunks: 2,
  gpuMediaMs: 4000,
  cpuChunks: 1,
  cpuMediaMs: 2000,
  oldestSubmittedAtMs: nowMs - 45_000,
  dueMediaMs: [5000, ...dueBoundsMs.map(() => 0)],
};

/** Two workers of one slot: one is ready, the other has not been heard for long. */
function fleet() {
  const view = createFleetView();
  view.apply(fleetBatch([heartbeatOf('a', 1), heartbeatOf('b', 1)]), 0);
  for (let sequence = 2; sequence < 7; sequence += 1) {
    view.apply(fleetBatch([heartbeatOf('a', sequence)]), sequence * 1000);
  }
  view.declareGone();
  return view;
}

function shown(changes: Partial<ShownDemand> = {}): ShownDemand {
  return {
    demand: {
      term: 'thisterm',
      sequence: 1,
      publishedAtMs: nowMs,
      queues: [queue, { ...queue, model: 'other', oldestSubmittedAtMs: nowMs - 60_000 }],
      tallies: [],
      order: 'strict-priority',
      directive: { state: 'followed', term: 1, sequence: 1 },
      spill: { isOpen: true, verdicts: [{ verdict: 'cpu-busy', chunks: 6 }] },
    },
    fleet: fleet(),
    retentionMs: (priority) => (priority === 'live' ? 3_600_000 : null),
    ...changes,
  };
}

function opened() {
  const registry = new Registry();
  const metrics = demandMetrics(registry);
  return { metrics, samples: () => samplesOf(registry) };
}

describe('the metrics of what is unfinished', () => {
  it('tell of each priority how much there is, where, how old and how much is overdue', async () => {
    const { metrics, samples } = opened();
    showDemand(metrics, shown());
    expect(await samples()).toMatchObject({
      'spillway_dispatcher_unsettled_chunks{priority="live",place="waiting"}': 6,
      'spillway_dispatcher_unsettled_chunks{priority="live",place="gpu"}': 4,
      'spillway_dispatcher_unsettled_chunks{priority="live",place="cpu"}': 2,
      'spillway_dispatcher_unsettled_chunks{priority="bulk",place="waiting"}': 0,
      'spillway_dispatcher_unsettled_media_seconds{priority="live"}': 24,
      'spillway_dispatcher_overdue_media_seconds{priority="live"}': 10,
      'spillway_dispatcher_overdue_media_seconds{priority="standard"}': 0,
      'spillway_dispatcher_oldest_chunk_age_seconds{priority="live"}': 60,
      'spillway_dispatcher_oldest_chunk_age_seconds{priority="bulk"}': 0,
      'spillway_dispatcher_waiting_chunks{verdict="cpu-busy"}': 6,
      'spillway_dispatcher_waiting_chunks{verdict="spilled"}': 0,
      spillway_dispatcher_strict_priority: 1,
      spillway_dispatcher_spill_open: 1,
      'spillway_dispatcher_directive{state="followed"}': 1,
      'spillway_dispatcher_directive{state="none"}': 0,
    });
  });

  it('tell of workers by kind and state, and count no slots of those that fell silent', async () => {
    const { metrics, samples } = opened();
    showDemand(metrics, shown());
    expect(await samples()).toMatchObject({
      'spillway_dispatcher_workers{kind="gpu",state="ready"}': 1,
      'spillway_dispatcher_workers{kind="gpu",state="silent"}': 1,
      'spillway_dispatcher_workers{kind="gpu",state="loading"}': 0,
      'spillway_dispatcher_workers{kind="cpu",state="ready"}': 0,
      'spillway_dispatcher_worker_slots{kind="gpu"}': 1,
      'spillway_dispatcher_worker_slots{kind="cpu"}': 0,
    });
  });

  it('tell how long intake keeps what is not settled, where it does not keep it for ever', async () => {
    const { metrics, samples } = opened();
    const name = 'spillway_dispatcher_intake_retention_seconds';
    showDemand(metrics, shown());
    const first = await samples();
    expect(first[`${name}{priority="live"}`]).toBe(3600);
    expect(first).not.toHaveProperty([`${name}{priority="bulk"}`]);
    showDemand(metrics, shown({ retentionMs: () => null }));
    expect(await samples()).not.toHaveProperty([`${name}{priority="live"}`]);
  });

  it('say nothing before the process was active, and nothing any more when it stands by', async () => {
    const { metrics, samples } = opened();
    expect(await samples()).toEqual({});
    showDemand(metrics, shown());
    hideDemand(metrics);
    expect(await samples()).toEqual({});
  });
});
