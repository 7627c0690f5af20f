import { describe, expect, it } from 'vitest';
import { concludeTries } from '../../../../services/dispatcher/dispatching/conclude-tries.ts';
import { startTry } from '../../../../services/dispatcher/knowledge/entry.ts';
import {
  expireWaiting,
  retentionMarginMs,
} from '../../../../services/dispatcher/dispatching/expire-waiting.ts';
import { createFleetView } from '../../../../services/dispatcher/dispatching/fleet-view.ts';
import { nextSettleStep } from '../../../../services/dispatcher/settling/settle-step.ts';
import type { TermState } from '../../../../services/dispatcher/knowledge/term-state.ts';
import { createKnownIdentities } from '../../../../services/dispatcher/reading/known-identities.ts';
import { followOutcomes } from '../../../../services/dispatcher/reading/follow-outcomes.ts';
import {
  assignmentOf,
  beginTerm,
  failureOf,
  fleetBatch,
  intakeRecord,
  readInto,
  tellDone,
  termSettings,
  termTopics,
} from '../../../support/dispatcher-term.ts';

const hourMs = 3_600_000;
/** Records are appended at 1,000,000 plus their offset; live has 30 s. */
const appendedAtMs = 1_000_000;
const deadlineAtMs = appendedAtMs + 30_000;
const liveExpires = { ...termSettings, late: { ...termSettings.late, live: 'expire' as const } };

function termWith(...chunks: readonly string[]): TermState {
  const state = beginTerm({});
  for (const chunk of chunks) readInto(state, [intakeRecord(chunk)]);
  return state;
}

const rulesAt = (brokerNowMs: number, settings = liveExpires) => ({
  settings,
  retentionMs: new Map<string, number>(),
  brokerNowMs,
});

describe('a chunk that waits past its deadline', () => {
  it('expires where its priority says so, and no sooner', () => {
    const state = termWith('live/0/0');
    expect(expireWaiting(state, rulesAt(deadlineAtMs))).toEqual([]);
    expect(expireWaiting(state, rulesAt(deadlineAtMs + 1))).toEqual([
      { priority: 'live', cause: 'deadline', chunks: 1 },
    ]);
    expect(state.index.waiting()).toEqual([]);
    expect(expireWaiting(state, rulesAt(deadlineAtMs + 2))).toEqual([]);
  });

  it('waits on where its priority puts what is late last', () => {
    const state = termWith('live/0/0', 'standard/0/0');
    expireWaiting(state, rulesAt(deadlineAtMs + 24 * hourMs));
    expect(state.index.waiting().map(({ key }) => key)).toEqual(['standard/0/0']);
  });

  it('is left alone while somebody has it', () => {
    const state = termWith('live/0/0');
    const entry = state.entries.get('live/0/0');
    if (entry === undefined) throw new RangeError('It was read.');
    const sentTo = { worker: 'worker-a', kind: 'gpu' } as const;
    const live = { assignment: assignmentOf('live/0/0'), sentTo, startByMs: 0 };
    startTry(entry, live, { isSpilled: false });
    expect(expireWaiting(state, rulesAt(deadlineAtMs + hourMs))).toEqual([]);
  });

  it('expires as well while the count of its failed tries is not committed', () => {
    const state = termWith('live/0/0');
    tellDone(state, [failureOf(assignmentOf('live/0/0'), true)]);
    expect(state.index.heldBack().size).toBe(1);
    expect(expireWaiting(state, rulesAt(deadlineAtMs + 1))).toHaveLength(1);
  });
});

describe('a chunk whose record nears its end by retention', () => {
  const retentionMs = new Map([[termTopics.intake('bulk'), 10 * hourMs]]);
  const bulkAt = (brokerNowMs: number) => ({ settings: termSettings, retentionMs, brokerNowMs });

  it('expires a tenth of the retention before it', () => {
    const state = termWith('bulk/0/0', 'live/0/0');
    const lastAtMs = appendedAtMs + 9 * hourMs;
    expect(expireWaiting(state, bulkAt(lastAtMs))).toEqual([]);
    expect(expireWaiting(state, bulkAt(lastAtMs + 1))).toEqual([
      { priority: 'bulk', cause: 'retention', chunks: 1 },
    ]);
  });

  it('expires a minute before it at least, but never in the first half', () => {
    expect(retentionMarginMs(100 * hourMs)).toBe(10 * hourMs);
    expect(retentionMarginMs(300_000)).toBe(60_000);
    expect(retentionMarginMs(60_000)).toBe(30_000);
  });
});

describe('the outcome of an expired chunk', () => {
  function expiredOutcome(state: TermState) {
    expireWaiting(state, rulesAt(deadlineAtMs + 5000));
    const [outcome] = nextSettleStep(state, liveExpires)?.outcomes ?? [];
    if (outcome === undefined) throw new RangeError('It is to be settled.');
    return outcome;
  }

  it('tells identity, deadline, place and cause, without the payload', () => {
    const outcome = expiredOutcome(termWith('live/0/0'));
    expect(outcome.topic).toBe(termTopics.expired);
    expect(outcome.key?.toString()).toBe('camera');
    const told: unknown = JSON.parse(outcome.value?.toString() ?? '');
    expect(told).toMatchObject({
      source: 'camera',
      id: 'live/0/0',
      coordinates: 'live/0/0',
      lastOffset: 0,
      deadline: '1970-01-01T00:17:10.000Z',
      waitedIn: 'intake',
      message:
        'submitted at 1970-01-01T00:16:40.000Z, waited 35 s: its deadline passed and its priority does not serve what is late',
    });
  });

  it('tells that it waited in a lane, where nobody started it', () => {
    const state = termWith('live/0/0');
    const entry = state.entries.get('live/0/0');
    if (entry === undefined) throw new RangeError('It was read.');
    const live = { assignment: assignmentOf('live/0/0'), sentTo: null, startByMs: 0 };
    startTry(entry, live, { isSpilled: false });
    const fleet = createFleetView();
    fleet.apply(fleetBatch([], { askedAtMs: 5000 }), 5000);
    tellDone(state, [], { nowMs: 5000 });
    concludeTries(state, fleet, 5000);
    expect(expiredOutcome(state).value?.toString()).toContain('"waitedIn":"lane"');
  });

  it('refuses a twin that comes later, whoever dispatches then', () => {
    const outcome = expiredOutcome(termWith('live/0/0'));
    const known = createKnownIdentities();
    const record = { ...outcome, partition: 0, offset: 0, timestampMs: 0 };
    const read = { fromOffset: 0, nextOffset: 1, caughtUp: true, askedAtMs: 0 };
    const place = { topic: termTopics.expired, partition: 0 };
    followOutcomes(known, termTopics, { ...place, ...read, records: [record] });
    expect(known.find({ source: 'camera', id: 'live/0/0' })?.coordinates.offset).toBe(0);
  });
});
