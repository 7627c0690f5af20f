import { workerGoneAfterMs } from '../../shared/chunk/fleet.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import type { TopicFollower } from '../../shared/kafka/ports.ts';
import type { Logger } from '../../shared/process/ports.ts';
import type { FleetView } from '../dispatching/fleet-view.ts';

/**
 * What a new active dispatcher must have read before it sends anything: `done`, the outcomes and
 * `fleet` up to where they stood when it became active, and three watched seconds of `fleet`. Sooner,
 * it would do again what a worker has finished or has in hand.
 */
export interface TakeOver {
  readonly beganAtMs: number;
  /** Ends by partition key; `null` until they are known. */
  fleetEnds: ReadonlyMap<string, number> | null;
  outcomeEnds: ReadonlyMap<string, number> | null;
}

export const beginTakeOver = (nowMs: number): TakeOver => ({
  beganAtMs: nowMs,
  fleetEnds: null,
  outcomeEnds: null,
});

const retryMs = 250;

/** Notes the ends of `fleet` and of the outcomes as they stand now; tries until `ended` aborts. */
export async function learnEnds(
  takeOver: TakeOver,
  ports: {
    readonly fleet: TopicFollower;
    readonly outcomes: TopicFollower;
    readonly clock: Clock;
    readonly log: Logger;
  },
  ended: AbortSignal,
): Promise<void> {
  const { fleet, outcomes, clock, log } = ports;
  while (!ended.aborted) {
    try {
      takeOver.fleetEnds = await fleet.readableEnds();
      takeOver.outcomeEnds = await outcomes.readableEnds();
      return;
    } catch (error) {
      log.warn('take-over-waits', {
        message: 'the ends of fleet and outcomes are not known; no chunk is sent until they are',
        error,
      });
      await clock.sleepMs(retryMs, ended);
    }
  }
}

export interface ReadSoFar {
  readonly fleet: FleetView;
  readonly outcomePositions: ReadonlyMap<string, number>;
  readonly hasReadDone: boolean;
}

export function isReadyToDispatch(takeOver: TakeOver, read: ReadSoFar): boolean {
  const { fleetEnds, beganAtMs } = takeOver;
  if (fleetEnds === null || !read.hasReadDone) return false;
  const hasReadFleet = [...fleetEnds.values()].every((end) => read.fleet.nextOffset() >= end);
  const hasWatched =
    read.fleet.watchedMs() >= workerGoneAfterMs && read.fleet.caughtUpAtMs() >= beganAtMs;
  return hasReadFleet && hasWatched && hasReadOutcomes(takeOver, read.outcomePositions);
}

/** Only then is it known which records were accepted, and so which are duplicates. */
export function hasReadOutcomes(
  { outcomeEnds }: TakeOver,
  positions: ReadonlyMap<string, number>,
): boolean {
  if (outcomeEnds === null) return false;
  return [...outcomeEnds].every(([key, end]) => (positions.get(key) ?? 0) >= end);
}
