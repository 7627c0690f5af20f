import { describe, expect, it } from 'vitest';
import { concludeTries } from '../../../../services/dispatcher/dispatching/conclude-tries.ts';
import { dispatch } from '../../../../services/dispatcher/dispatching/dispatch-pass.ts';
import type { DispatchPass } from '../../../../services/dispatcher/dispatching/dispatch-pass.ts';
import { createFleetView } from '../../../../services/dispatcher/dispatching/fleet-view.ts';
import { hearFleet } from '../../../../services/dispatcher/dispatching/hear-fleet.ts';
import { createKnownSpeeds } from '../../../../services/dispatcher/dispatching/known-speeds.ts';
import {
  applySettled,
  nextSettleStep,
} from '../../../../services/dispatcher/settling/settle-step.ts';
import type { TermState } from '../../../../services/dispatcher/knowledge/term-state.ts';
import { laneOrderHeader, parseLaneOrder } from '../../../../services/shared/chunk/lane-record.ts';
import { encodeProgress, progressSpanMax } from '../../../../services/shared/chunk/progress.ts';
import {
  assignmentOf,
  beginTerm,
  failureOf,
  fleetBatch,
  heartbeatOf,
  intakeRecord,
  readInto,
  tellDone,
  termSettings,
  termTopics,
} from '../../../support/dispatcher-term.ts';
import { directiveOf } from '../../../support/told-directive.ts';

const chunk = 'live/0/0';

function passAt(nowMs: number, state: TermState, fleet = createFleetView()): DispatchPass {
  const directive = { state: 'none', newest: null } as const;
  const speeds = createKnownSpeeds(termSettings.plan.unmeasuredSpeed);
  const times = { nowMs, brokerNowMs: 5_000_000 + nowMs };
  return { state, settings: termSettings, fleet, directive, speeds, ...times };
}

function fleetWith(...workers: readonly string[]) {
  const fleet = createFleetView();
  fleet.apply(fleetBatch(workers.map((worker) => heartbeatOf(worker, 1))), 0);
  return fleet;
}

function termWithChunk(): TermState {
  const state = beginTerm({});
  readInto(state, [intakeRecord(chunk)]);
  return state;
}

const orderIn = (headers: readonly (readonly [string, Buffer])[]) => {
  const text = headers.find(([name]) => name === laneOrderHeader)?.[1].toString('utf8');
  return parseLaneOrder(text ?? '');
};

function applyCommitted(state: TermState): void {
  const step = nextSettleStep(state, termSettings);
  if (step !== null) applySettled(state, step);
  state.index.noteHeldBack();
}

/** Both topics read to their ends, as asked at this time. */
function readAllAt(nowMs: number, state: TermState, pass: DispatchPass): void {
  pass.fleet.apply(fleetBatch([], { askedAtMs: nowMs }), nowMs);
  tellDone(state, [], { nowMs });
}

describe('dispatching', () => {
  it('sends a chunk with its assignment and start-by in broker time', () => {
    const state = termWithChunk();
    const [{ record } = { record: null }] = dispatch(passAt(100, state, fleetWith('worker-a')));
    expect(record).toMatchObject({ topic: termTopics.lane({ kind: 'gpu', priority: 'live' }) });
    expect(record?.value?.toString()).toBe(`video of ${chunk}`);
    expect(orderIn(record?.headers ?? [])).toMatchObject({
      ok: true,
      value: { assignment: assignmentOf(chunk, 1), attempt: 1, startByMs: 5_004_100 },
    });
  });

  it('sends a chunk once', () => {
    const state = termWithChunk();
    const pass = passAt(100, state, fleetWith('worker-a', 'worker-b'));
    expect(dispatch(pass)).toHaveLength(1);
    expect(dispatch(pass)).toHaveLength(0);
  });

  it('sends nothing to workers that load, drain, own no lane or are gone', () => {
    const state = termWithChunk();
    const fleet = createFleetView();
    const heartbeats = [
      { ...heartbeatOf('worker-a', 1), state: 'loading' as const },
      { ...heartbeatOf('worker-b', 1), state: 'draining' as const },
      { ...heartbeatOf('worker-c', 1), partitions: [] },
    ];
    fleet.apply(fleetBatch(heartbeats), 0);
    expect(dispatch(passAt(0, state, fleet))).toEqual([]);
  });

  it('sends the next try only when the failed one is committed', () => {
    const state = termWithChunk();
    const pass = passAt(100, state, fleetWith('worker-a', 'worker-b'));
    dispatch(pass);
    tellDone(state, [failureOf(assignmentOf(chunk), true)]);
    expect(dispatch(pass)).toEqual([]);
    applyCommitted(state);
    const [{ record } = { record: null }] = dispatch(pass);
    expect(orderIn(record?.headers ?? [])).toMatchObject({
      value: { attempt: 2, excludedWorkers: ['worker-a'] },
    });
  });

  it('sends at once what failed under a former term, whose count is committed', () => {
    const failedAttempts = new Map([[0, ['old.1']]]);
    const { metadata } = encodeProgress({ base: 0, settledAbove: new Set(), failedAttempts });
    const topic = termTopics.intake('live');
    const state = beginTerm({ committed: [{ topic, partition: 0, offset: 0, metadata }] });
    readInto(state, [intakeRecord(chunk)]);
    expect(dispatch(passAt(0, state, fleetWith('worker-a')))).toHaveLength(1);
  });
});

describe('spilling', () => {
  /** A GPU worker that is busy for a minute, and an idle CPU worker that does 2 s of video in one. */
  function busyGpuAndIdleCpu(state: TermState) {
    const speed = (each: number) => [{ model: 'demo', speed: each }];
    const busy = assignmentOf('live/0/0', 1);
    const fleet = createFleetView();
    const gpu = { ...heartbeatOf('a-gpu', 1, [busy]), speeds: speed(1) };
    const cpu = { ...heartbeatOf('a-cpu', 1), kind: 'cpu' as const, speeds: speed(2) };
    for (const event of fleet.apply(fleetBatch([gpu, cpu]), 0)) {
      hearFleet(state, event, { attemptsMax: 3, nowMs: 0 });
    }
    return fleet;
  }

  function termOfTwo(): TermState {
    const state = beginTerm({});
    const long = { ce_durationms: '60000' };
    // Submitted at 1,000,000; the pass below looks at it ten seconds later.
    readInto(state, [intakeRecord('live/0/0', long), intakeRecord('live/0/1')]);
    return state;
  }

  it('sends what the GPU would finish too late to a CPU lane, and says so in the order', () => {
    const state = termOfTwo();
    const pass = { ...passAt(10_000, state, busyGpuAndIdleCpu(state)), brokerNowMs: 1_010_000 };
    const [sent] = dispatch(pass);
    expect(sent).toMatchObject({ lane: { kind: 'cpu', priority: 'live' }, isSpilled: true });
    expect(sent?.record.topic).toBe(termTopics.lane({ kind: 'cpu', priority: 'live' }));
    expect(orderIn(sent?.record.headers ?? [])).toMatchObject({ value: { spilled: true } });
    expect(state.tallies.counts()[0]?.spilledChunks).toBe(1);
  });

  it('sends nothing to a CPU lane while the operator keeps spill shut', () => {
    const state = termOfTwo();
    const spill = { gate: 'shut', reason: 'operator', mediaMsPerMinuteMax: null } as const;
    const directive = { state: 'followed', newest: directiveOf({ spill }) } as const;
    const pass = { ...passAt(10_000, state, busyGpuAndIdleCpu(state)), brokerNowMs: 1_010_000 };
    expect(dispatch({ ...pass, directive })).toEqual([]);
  });
});

describe('a partition that is far ahead of its lowest chunk', () => {
  it('has that chunk sent before all others', () => {
    const state = beginTerm({});
    const soon = { ce_deadline: '1970-01-01T01:23:30.000Z' };
    const late = { ce_deadline: '1970-01-02T00:00:00.000Z' };
    readInto(state, [intakeRecord('bulk/0/0', late)], { nextOffset: (progressSpanMax * 3) / 4 });
    readInto(state, [intakeRecord('live/0/0', soon)]);
    const fleet = createFleetView();
    const partitions = [
      { priority: 'live', partition: 0 },
      { priority: 'bulk', partition: 0 },
    ] as const;
    fleet.apply(fleetBatch([{ ...heartbeatOf('worker-a', 1), partitions }]), 0);
    const [first] = dispatch(passAt(0, state, fleet));
    expect(first?.lane.priority).toBe('bulk');
  });
});

describe('a try that nobody took', () => {
  it('is given up only when fleet and done were read past its start-by', () => {
    const state = termWithChunk();
    const fleet = fleetWith('worker-a');
    dispatch(passAt(0, state, fleet));
    const entry = state.entries.get(chunk);
    const late = passAt(4400, state, fleet);
    concludeTries(state, fleet, late.nowMs);
    expect(entry?.liveTries.size).toBe(1);
    fleet.apply(fleetBatch([], { askedAtMs: 4400 }), 4400);
    concludeTries(state, fleet, late.nowMs);
    expect(entry?.liveTries.size).toBe(1);
    tellDone(state, [], { nowMs: 4300 });
    concludeTries(state, fleet, late.nowMs);
    expect(entry?.liveTries.size).toBe(1);
    tellDone(state, [], { nowMs: 4301 });
    concludeTries(state, fleet, late.nowMs);
    expect(entry?.liveTries.size).toBe(0);
    expect(entry?.failedTries.size).toBe(0);
  });

  it('is left alone once a worker lists it, however late it is', () => {
    const state = termWithChunk();
    const fleet = fleetWith('worker-a');
    dispatch(passAt(0, state, fleet));
    const heartbeat = heartbeatOf('worker-b', 1, [assignmentOf(chunk)]);
    for (const event of fleet.apply(fleetBatch([heartbeat]), 10)) {
      hearFleet(state, event, { attemptsMax: 3, nowMs: 10 });
    }
    const late = passAt(60_000, state, fleet);
    readAllAt(60_000, state, late);
    concludeTries(state, fleet, late.nowMs);
    expect(state.entries.get(chunk)?.liveTries.size).toBe(1);
  });
});

describe('a try that its worker lists no more', () => {
  function termWithVanished() {
    const state = termWithChunk();
    const fleet = fleetWith();
    const heartbeats = [
      heartbeatOf('worker-a', 1, [assignmentOf(chunk)]),
      heartbeatOf('worker-a', 2),
    ];
    for (const event of fleet.apply(fleetBatch(heartbeats), 1000)) {
      hearFleet(state, event, { attemptsMax: 3, nowMs: 1000 });
    }
    return { state, fleet };
  }

  it('waits until done was read past that moment', () => {
    const { state, fleet } = termWithVanished();
    const entry = state.entries.get(chunk);
    tellDone(state, [], { nowMs: 1000 });
    concludeTries(state, fleet, 2000);
    expect(entry?.liveTries.size).toBe(1);
    tellDone(state, [], { nowMs: 1001 });
    concludeTries(state, fleet, 2000);
    expect(entry?.liveTries.size).toBe(0);
    expect(entry?.failedTries.size).toBe(0);
  });

  it('is over when its worker left, and counts when its worker fell silent', () => {
    const left = termWithVanished();
    hearFleet(left.state, { kind: 'left', worker: 'worker-a' }, { attemptsMax: 3, nowMs: 1100 });
    expect(left.state.entries.get(chunk)?.failedTries.size).toBe(0);
    const gone = termWithVanished();
    hearFleet(gone.state, { kind: 'gone', worker: 'worker-a' }, { attemptsMax: 3, nowMs: 1100 });
    expect(gone.state.entries.get(chunk)?.failedTries.size).toBe(1);
  });
});

describe('what workers have in hand when a term begins', () => {
  it('goes on at those that live and counts at those that are gone', () => {
    const state = beginTerm({});
    const fleet = createFleetView();
    const inHand = (key: string) => [assignmentOf(key, 1, 'oldterm')];
    fleet.apply(fleetBatch([heartbeatOf('worker-a', 1, inHand('live/0/0'))]), 0);
    for (const nowMs of [1500, 3000, 4500]) fleet.apply(fleetBatch([]), nowMs);
    fleet.declareGone();
    fleet.apply(fleetBatch([heartbeatOf('worker-b', 1, inHand('live/0/1'))]), 4500);
    readInto(state, [intakeRecord('live/0/0'), intakeRecord('live/0/1')], { fleet });
    expect(state.entries.get('live/0/0')?.failedTries.get('oldterm.1')?.how).toBe('gone');
    expect(state.entries.get('live/0/0')?.liveTries.size).toBe(0);
    expect(state.entries.get('live/0/1')?.liveTries.get('oldterm.1')?.worker).toBe('worker-b');
  });
});
