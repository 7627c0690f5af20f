import { describe, expect, it } from 'vitest';
import { demandOfTerm } from '../../../../services/dispatcher/telling/demand-of-term.ts';
import type { DispatchPass } from '../../../../services/dispatcher/dispatching/dispatch-pass.ts';
import { startTry } from '../../../../services/dispatcher/knowledge/entry.ts';
import { createFleetView } from '../../../../services/dispatcher/dispatching/fleet-view.ts';
import { createKnownSpeeds } from '../../../../services/dispatcher/dispatching/known-speeds.ts';
import {
  applySettled,
  nextSettleStep,
} from '../../../../services/dispatcher/settling/settle-step.ts';
import type { TermState } from '../../../../services/dispatcher/knowledge/term-state.ts';
import {
  dueBoundsMs,
  encodeDemand,
  parseDemand,
} from '../../../../services/shared/chunk/demand.ts';
import type { Demand } from '../../../../services/shared/chunk/demand.ts';
import type { WorkerKind } from '../../../../services/shared/chunk/words.ts';
import {
  assignmentOf,
  beginTerm,
  failureOf,
  fleetBatch,
  heartbeatOf,
  intakeRecord,
  readInto,
  resultOf,
  tellDone,
  termSettings,
} from '../../../support/dispatcher-term.ts';
import { directiveOf } from '../../../support/told-directive.ts';

/** Records are appended at 1,000,000 plus their offset; live has 30 s, bulk an hour. */
const nowMs = 1_010_000;

function passOver(state: TermState, changes: Partial<DispatchPass> = {}): DispatchPass {
  return {
    state,
    settings: termSettings,
    fleet: createFleetView(),
    directive: { state: 'none', newest: null },
    speeds: createKnownSpeeds(termSettings.plan.unmeasuredSpeed),
    nowMs: 10_000,
    brokerNowMs: nowMs,
    ...changes,
  };
}

function sendTo(state: TermState, chunk: string, kind: WorkerKind): void {
  const entry = state.entries.get(chunk);
  if (entry === undefined) throw new RangeError(`${chunk} was read.`);
  const sentTo = { worker: `a ${kind} worker`, kind };
  const live = { assignment: assignmentOf(chunk), sentTo, startByMs: 0 };
  startTry(entry, live, { isSpilled: kind === 'cpu' });
}

/** Media milliseconds by the end of their bucket; the last one has none. */
const dueOf = (queue: Demand['queues'][number] | undefined): ReadonlyMap<number, number> =>
  new Map(
    [...(queue?.dueMediaMs ?? []).entries()]
      .filter(([, mediaMs]) => mediaMs > 0)
      .map(([bucket, mediaMs]) => [dueBoundsMs[bucket] ?? Number.POSITIVE_INFINITY, mediaMs]),
  );

describe('the demand of a term', () => {
  it('tells waiting and assigned work by priority and model', () => {
    const state = beginTerm({});
    const length = { ce_durationms: '3000' };
    readInto(state, [
      intakeRecord('live/0/0', length),
      intakeRecord('live/0/1', length),
      intakeRecord('live/0/2', length),
      intakeRecord('live/0/3', { ...length, ce_model: 'other' }),
    ]);
    sendTo(state, 'live/0/1', 'gpu');
    sendTo(state, 'live/0/2', 'cpu');
    const { queues } = demandOfTerm(passOver(state), 1);
    expect(queues).toMatchObject([
      {
        priority: 'live',
        model: null,
        waitingChunks: 1,
        waitingMediaMs: 3000,
        gpuChunks: 1,
        gpuMediaMs: 3000,
        cpuChunks: 1,
        cpuMediaMs: 3000,
        oldestSubmittedAtMs: 1_000_000,
      },
      { priority: 'live', model: 'other', waitingChunks: 1, oldestSubmittedAtMs: 1_000_003 },
    ]);
  });

  it('tells what is due when: late, within a bucket, and beyond the last one', () => {
    const state = beginTerm({});
    readInto(state, [
      intakeRecord('live/0/0'),
      intakeRecord('live/0/1', { ce_deadline: '1970-01-01T00:16:50.000Z' }),
      intakeRecord('live/0/2', { ce_deadline: '1970-01-01T08:00:00.000Z' }),
    ]);
    const [queue] = demandOfTerm(passOver(state), 1).queues;
    expect(queue?.dueMediaMs).toHaveLength(dueBoundsMs.length + 1);
    expect(dueOf(queue)).toEqual(
      new Map([
        [0, 2000],
        [20_000, 2000],
        [Number.POSITIVE_INFINITY, 2000],
      ]),
    );
  });

  it('leaves out what has ended, and counts it by how once it is settled', () => {
    const state = beginTerm({});
    readInto(state, [
      intakeRecord('live/0/0'),
      intakeRecord('live/0/1', { ce_deadline: '1970-01-01T00:16:41.000Z' }),
      intakeRecord('live/0/2'),
    ]);
    // Words in `done` are appended at 3,000,000, long after the deadlines; one has until later.
    readInto(state, [intakeRecord('live/0/3', { ce_deadline: '1970-01-01T08:00:00.000Z' })]);
    tellDone(state, [
      resultOf(assignmentOf('live/0/1')),
      failureOf(assignmentOf('live/0/2'), false),
      resultOf(assignmentOf('live/0/3')),
    ]);
    expect(demandOfTerm(passOver(state), 1).queues).toMatchObject([{ waitingChunks: 1 }]);
    const step = nextSettleStep(state, termSettings);
    if (step === null) throw new RangeError('Three have ended.');
    applySettled(state, step);
    state.tallies.settled(step.entries);
    expect(demandOfTerm(passOver(state), 2).tallies[0]).toEqual({
      priority: 'live',
      readChunks: 4,
      readMediaMs: 8000,
      allowedMs: expect.any(Number) as number,
      spilledChunks: 0,
      onTime: 1,
      late: 1,
      deadLetters: 1,
      expired: 0,
    });
  });

  it('tells which directive is followed, the order and whether spill is open', () => {
    const state = beginTerm({});
    readInto(state, [intakeRecord('live/0/0')]);
    const spill = { gate: 'shut', reason: 'operator', mediaMsPerMinuteMax: null } as const;
    const newest = directiveOf({ leader: { term: 3, sequence: 9 }, spill });
    const told = demandOfTerm(passOver(state, { directive: { state: 'followed', newest } }), 7);
    expect(told).toMatchObject({
      term: 'thisterm',
      sequence: 7,
      publishedAtMs: nowMs,
      order: 'earliest-deadline',
      directive: { state: 'followed', term: 3, sequence: 9 },
      spill: { isOpen: false },
    });
    const expired = demandOfTerm(passOver(state, { directive: { state: 'expired', newest } }), 8);
    expect(expired).toMatchObject({ directive: { state: 'expired' }, spill: { isOpen: true } });
  });

  it('says of each waiting chunk why it is not spilled, and survives its own encoding', () => {
    const state = beginTerm({});
    readInto(state, [intakeRecord('live/0/0'), intakeRecord('live/0/1')]);
    const fleet = createFleetView();
    fleet.apply(fleetBatch([heartbeatOf('worker-a', 1)]), 10_000);
    const told = demandOfTerm(passOver(state, { fleet }), 1);
    const chunks = told.spill.verdicts.reduce((sum, verdict) => sum + verdict.chunks, 0);
    expect(chunks).toBe(2);
    expect(parseDemand(encodeDemand(told))).toEqual({ ok: true, value: told });
  });
});
