import { describe, expect, it } from 'vitest';
import { concludeTries, dispatch } from '../../../services/dispatcher/dispatch-pass.ts';
import type { DispatchPass } from '../../../services/dispatcher/dispatch-pass.ts';
import { createFleetView } from '../../../services/dispatcher/fleet-view.ts';
import { hearFleet } from '../../../services/dispatcher/hear-fleet.ts';
import { createMediaLengths } from '../../../services/dispatcher/media-lengths.ts';
import { applySettled, nextSettleStep } from '../../../services/dispatcher/settle-step.ts';
import type { TermState } from '../../../services/dispatcher/term-state.ts';
import { laneOrderHeader, parseLaneOrder } from '../../../services/shared/chunk/lane-record.ts';
import { encodeProgress } from '../../../services/shared/chunk/progress.ts';
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
} from '../../support/dispatcher-term.ts';

const chunk = 'live/0/0';

function passAt(nowMs: number, state: TermState, fleet = createFleetView()): DispatchPass {
  const lengths = createMediaLengths();
  return { state, settings: termSettings, fleet, lengths, nowMs, brokerNowMs: 5_000_000 + nowMs };
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

/** Both topics read to their ends, as asked at this time. */
function readAllAt(nowMs: number, state: TermState, pass: DispatchPass): void {
  pass.fleet.apply(fleetBatch([], { askedAtMs: nowMs }), nowMs);
  tellDone(state, [], { nowMs });
}

describe('dispatching', () => {
  it('sends a chunk with its assignment and start-by in broker time', () => {
    const state = termWithChunk();
    const [record] = dispatch(passAt(100, state, fleetWith('worker-a')));
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
    const step = nextSettleStep(state, termSettings);
    if (step !== null) applySettled(state, step);
    const [record] = dispatch(pass);
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

describe('a try that nobody took', () => {
  it('is given up only when fleet and done were read past its start-by', () => {
    const state = termWithChunk();
    const fleet = fleetWith('worker-a');
    dispatch(passAt(0, state, fleet));
    const entry = state.entries.get(chunk);
    const late = passAt(4400, state, fleet);
    concludeTries(late);
    expect(entry?.liveTries.size).toBe(1);
    fleet.apply(fleetBatch([], { askedAtMs: 4400 }), 4400);
    concludeTries(late);
    expect(entry?.liveTries.size).toBe(1);
    tellDone(state, [], { nowMs: 4300 });
    concludeTries(late);
    expect(entry?.liveTries.size).toBe(1);
    tellDone(state, [], { nowMs: 4301 });
    concludeTries(late);
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
    concludeTries(late);
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
    concludeTries(passAt(2000, state, fleet));
    expect(entry?.liveTries.size).toBe(1);
    tellDone(state, [], { nowMs: 1001 });
    concludeTries(passAt(2000, state, fleet));
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
