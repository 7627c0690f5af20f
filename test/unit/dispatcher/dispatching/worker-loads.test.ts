import { describe, expect, it } from 'vitest';
import { createFleetView } from '../../../../services/dispatcher/dispatching/fleet-view.ts';
import { workerLoads } from '../../../../services/dispatcher/dispatching/worker-loads.ts';
import { hearFleet } from '../../../../services/dispatcher/dispatching/hear-fleet.ts';
import {
  assignmentOf,
  beginTerm,
  fleetBatch,
  heartbeatOf,
  intakeRecord,
  readInto,
  resultOf,
  tellDone,
} from '../../../support/dispatcher-term.ts';

const namesAt = (watchedMs: number) => {
  const fleet = createFleetView();
  fleet.apply(fleetBatch([heartbeatOf('worker-a', 1)]), 0);
  for (let nowMs = 500; nowMs <= watchedMs; nowMs += 500) fleet.apply(fleetBatch([]), nowMs);
  return workerLoads(fleet, beginTerm({}), 0).map(({ worker }) => worker);
};

describe('workers that may be given work', () => {
  it('are those that were heard within two beats', () => {
    expect(namesAt(2000)).toEqual(['worker-a']);
    expect(namesAt(2500)).toEqual([]);
  });

  it('bring their kind, and the slowest of their speeds', () => {
    const fleet = createFleetView();
    const speeds = [
      { model: 'a', speed: 8 },
      { model: 'b', speed: 3 },
    ];
    fleet.apply(fleetBatch([{ ...heartbeatOf('worker-a', 1), kind: 'cpu', speeds }]), 0);
    expect(workerLoads(fleet, beginTerm({}), 0)).toMatchObject([{ kind: 'cpu', speed: 3 }]);
  });

  it('have less to do with each moment in which their slots work, and never less than nothing', () => {
    const state = beginTerm({});
    const chunks = ['live/0/0', 'live/0/1', 'live/0/2'];
    const length = { ce_durationms: '4000' };
    readInto(
      state,
      chunks.map((chunk) => intakeRecord(chunk, length)),
    );
    const inHand = chunks.map((chunk) => assignmentOf(chunk));
    const speeds = [{ model: 'a', speed: 2 }];
    const heartbeat = { ...heartbeatOf('worker-a', 1, inHand), slots: 2, speeds };
    const fleet = createFleetView();
    for (const event of fleet.apply(fleetBatch([heartbeat]), 1000)) {
      hearFleet(state, event, { attemptsMax: 3, nowMs: 1000 });
    }
    const mediaMsAt = (nowMs: number) => workerLoads(fleet, state, nowMs)[0]?.assignedMediaMs;
    expect(mediaMsAt(1000)).toBe(12_000);
    expect(mediaMsAt(1500)).toBe(10_000);
    expect(mediaMsAt(60_000)).toBe(4000);
  });

  it('counts a chunk that was taken ahead from when the one before it ended', () => {
    const state = beginTerm({});
    const chunks = ['live/0/0', 'live/0/1'];
    readInto(
      state,
      chunks.map((chunk) => intakeRecord(chunk, { ce_durationms: '4000' })),
    );
    const speeds = [{ model: 'a', speed: 2 }];
    const inHand = chunks.map((chunk) => assignmentOf(chunk));
    const heartbeat = { ...heartbeatOf('worker-a', 1, inHand), slots: 1, speeds };
    const fleet = createFleetView();
    for (const event of fleet.apply(fleetBatch([heartbeat]), 1000)) {
      hearFleet(state, event, { attemptsMax: 3, nowMs: 1000 });
    }
    tellDone(state, [resultOf(assignmentOf('live/0/0'))], { nowMs: 3000 });
    const mediaMsAt = (nowMs: number) => workerLoads(fleet, state, nowMs)[0]?.assignedMediaMs;
    expect(mediaMsAt(3000)).toBe(4000);
    expect(mediaMsAt(3500)).toBe(3000);
  });
});
