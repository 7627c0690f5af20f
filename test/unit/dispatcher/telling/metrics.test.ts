import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { countSent, dispatcherMetrics } from '../../../../services/dispatcher/telling/metrics.ts';
import { countOutcome } from '../../../../services/dispatcher/telling/outcome-metrics.ts';
import { nextSettleStep } from '../../../../services/dispatcher/settling/settle-step.ts';
import {
  assignmentOf,
  beginTerm,
  failureOf,
  intakeRecord,
  readInto,
  resultOf,
  tellDone,
  termSettings,
} from '../../../support/dispatcher-term.ts';
import { samplesOf } from '../../../support/metric-samples.ts';

describe('the metrics of outcomes', () => {
  it('count results by whether the deadline was met, and how long they took from submission', async () => {
    const registry = new Registry();
    const metrics = dispatcherMetrics(registry);
    const state = beginTerm({});
    // Submitted at 1,000,000 plus the offset; words in `done` are appended at 3,000,000.
    readInto(state, [
      intakeRecord('live/0/0'),
      intakeRecord('live/0/1', { ce_deadline: '1970-01-01T08:00:00.000Z' }),
      intakeRecord('live/0/2'),
    ]);
    tellDone(state, [
      resultOf(assignmentOf('live/0/0')),
      resultOf(assignmentOf('live/0/1')),
      failureOf(assignmentOf('live/0/2'), false),
    ]);
    for (const entry of nextSettleStep(state, termSettings)?.entries ?? []) {
      countOutcome(metrics, entry);
    }
    expect(await samplesOf(registry)).toMatchObject({
      'spillway_dispatcher_results_total{priority="live",deadline="met"}': 1,
      'spillway_dispatcher_results_total{priority="live",deadline="missed"}': 1,
      'spillway_dispatcher_result_seconds_count{priority="live"}': 2,
      'spillway_dispatcher_result_seconds_sum{priority="live"}': 3999.999,
      'spillway_dispatcher_result_seconds_bucket{le="1800",priority="live"}': 0,
      'spillway_dispatcher_result_seconds_bucket{le="3600",priority="live"}': 2,
      'spillway_dispatcher_dead_letters_total{priority="live",reason="corrupt"}': 1,
    });
  });

  it('are there with 0 before the first event, or no rate would ever show that one', async () => {
    const registry = new Registry();
    dispatcherMetrics(registry);
    expect(await samplesOf(registry)).toMatchObject({
      'spillway_dispatcher_results_total{priority="bulk",deadline="missed"}': 0,
      'spillway_dispatcher_dead_letters_total{priority="standard",reason="worker-lost"}': 0,
      'spillway_dispatcher_expired_chunks_total{priority="live",cause="retention"}': 0,
      'spillway_dispatcher_spilled_chunks_total{priority="live"}': 0,
      'spillway_dispatcher_dispatched_media_seconds_total{kind="gpu",priority="live"}': 0,
      'spillway_dispatcher_result_seconds_count{priority="bulk"}': 0,
    });
  });
});

describe('the metrics of what is sent', () => {
  it('count chunks and the length of their video, and of both what was spilled', async () => {
    const registry = new Registry();
    const metrics = dispatcherMetrics(registry);
    const record = { topic: 'lane', key: null, value: null, headers: [] };
    const sent = { lane: { kind: 'cpu', priority: 'live' }, record } as const;
    countSent(metrics, { ...sent, isSpilled: true, mediaMs: 2500 });
    countSent(metrics, { ...sent, isSpilled: false, mediaMs: 1000 });
    expect(await samplesOf(registry)).toMatchObject({
      'spillway_dispatcher_dispatched_chunks_total{kind="cpu",priority="live"}': 2,
      'spillway_dispatcher_dispatched_media_seconds_total{kind="cpu",priority="live"}': 3.5,
      'spillway_dispatcher_spilled_chunks_total{priority="live"}': 1,
      'spillway_dispatcher_spilled_media_seconds_total{priority="live"}': 2.5,
    });
  });
});
