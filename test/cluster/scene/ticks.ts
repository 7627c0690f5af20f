import type { Decision, PoolDecision } from '../../../services/shared/chunk/decision.ts';
import type { LeaderStamp } from '../../../services/shared/chunk/directive.ts';
import { parseRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import type { RecordedTick } from '../../support/replay-ticks.ts';
import type { PodLogs } from './pod-logs.ts';

/** A `tick` line of a leading scaler as it stands in its log. */
export interface PodTick extends RecordedTick {
  readonly pod: string;
  /** Wall time of the line. */
  readonly loggedAtMs: number;
  readonly leader: LeaderStamp;
  readonly isPublished: boolean;
  readonly orders: readonly {
    readonly pool: string;
    readonly nodesDesired: number;
    readonly outcome: string;
  }[];
  readonly decision: Decision;
}

/** All ticks of leaders so far, by time. */
export function ticksOf(logs: PodLogs): readonly PodTick[] {
  return logs
    .of('tick')
    .map(({ pod, fields }) => {
      const loggedAtMs = parseRfc3339(String(fields['time'])) ?? Number.NaN;
      return { ...(fields as unknown as PodTick), pod, loggedAtMs };
    })
    .toSorted((left, right) => left.loggedAtMs - right.loggedAtMs);
}

export const poolDecision = (tick: PodTick, pool: string): PoolDecision | undefined =>
  tick.decision.pools.find((each) => each.pool === pool);

/** Replicas wanted of the workers of a GPU pool, or with `null` of the CPU workers. */
export const workersWanted = (tick: PodTick, pool: string | null): number | undefined =>
  tick.decision.workers.find((each) => each.pool === pool)?.replicas;
