import { describe, expect, it } from 'vitest';
import { createFleetView } from '../../../../services/dispatcher/dispatching/fleet-view.ts';
import type { FleetView } from '../../../../services/dispatcher/dispatching/fleet-view.ts';
import {
  beginTakeOver,
  hasReadOutcomes,
  isReadyToDispatch,
  learnEnds,
} from '../../../../services/dispatcher/reading/take-over.ts';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';
import { KafkaPortError } from '../../../../services/shared/kafka/ports.ts';
import type { TopicFollower } from '../../../../services/shared/kafka/ports.ts';
import { recordedLog } from '../../../../services/shared/process/recorded-log.ts';
import { fleetBatch } from '../../../support/dispatcher-term.ts';

const takeOver = {
  beganAtMs: 10_000,
  fleetEnds: new Map([['fleet/0', 5]]),
  outcomeEnds: new Map([['results/0', 7]]),
};
const outcomePositions = new Map([['results/0', 7]]);

function fleetWatchedFor(watchedMs: number, nextOffset = 5): FleetView {
  const fleet = createFleetView();
  for (let nowMs = 10_000; nowMs <= 10_000 + watchedMs; nowMs += 500) {
    fleet.apply(fleetBatch([], { nextOffset, askedAtMs: nowMs }), nowMs);
  }
  return fleet;
}

const allRead = { fleet: fleetWatchedFor(3000), outcomePositions, hasReadDone: true };

describe('a take-over', () => {
  it('ends when done, outcomes and fleet were read and fleet was watched for three seconds', () => {
    expect(isReadyToDispatch(takeOver, allRead)).toBe(true);
  });

  it.each([
    ['done', { hasReadDone: false }],
    ['the outcomes', { outcomePositions: new Map([['results/0', 6]]) }],
    ['a partition of the outcomes', { outcomePositions: new Map() }],
    ['fleet', { fleet: fleetWatchedFor(3000, 4) }],
    ['three seconds of fleet', { fleet: fleetWatchedFor(2500) }],
  ])('waits for %s', (_, missing) => {
    expect(isReadyToDispatch(takeOver, { ...allRead, ...missing })).toBe(false);
  });

  it('waits for an answer of fleet that was asked for after it began', () => {
    const later = { ...takeOver, beganAtMs: 20_000 };
    expect(isReadyToDispatch(later, allRead)).toBe(false);
  });

  it('waits while it does not know how far there is to read', () => {
    expect(isReadyToDispatch({ ...takeOver, fleetEnds: null }, allRead)).toBe(false);
    expect(isReadyToDispatch({ ...takeOver, outcomeEnds: null }, allRead)).toBe(false);
    expect(hasReadOutcomes({ ...takeOver, outcomeEnds: null }, outcomePositions)).toBe(false);
  });

  it('asks for the ends again when they cannot be had', async () => {
    const clock = new ManualClock(0);
    const log = recordedLog();
    let asked = 0;
    const follower: TopicFollower = {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      readableEnds: () => {
        asked += 1;
        return asked === 1
          ? Promise.reject(new KafkaPortError('unreachable', 'no broker'))
          : Promise.resolve(new Map([['topic/0', asked]]));
      },
    };
    const begun = beginTakeOver(0);
    const ports = { fleet: follower, outcomes: follower, clock, log };
    const learned = learnEnds(begun, ports, new AbortController().signal);
    await clock.elapseMs(1000);
    await learned;
    expect(begun.fleetEnds).toEqual(new Map([['topic/0', 2]]));
    expect(begun.outcomeEnds).toEqual(new Map([['topic/0', 3]]));
    expect(log.lines.map(({ event }) => event)).toEqual(['take-over-waits']);
  });
});
