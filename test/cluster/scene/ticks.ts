import type { PoolDecision } from '../../../services/shared/chunk/decision.ts';
import { parseRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import { loggedTick } from '../../support/logged-tick.ts';
import type { LoggedTick } from '../../support/logged-tick.ts';
import type { PodLogs } from './pod-logs.ts';

/** A tick with where and when it was told. */
export interface PodTick extends LoggedTick {
  readonly pod: string;
  /** Wall time of the line. */
  readonly loggedAtMs: number;
}

/** All ticks of leaders so far, by time. */
export function ticksOf(logs: PodLogs): readonly PodTick[] {
  return logs
    .of('tick')
    .map(({ pod, fields }) => {
      const loggedAtMs = parseRfc3339(String(fields['time'])) ?? Number.NaN;
      return { ...loggedTick(fields), pod, loggedAtMs };
    })
    .toSorted((left, right) => left.loggedAtMs - right.loggedAtMs);
}

export const poolDecision = (tick: PodTick, pool: string): PoolDecision | undefined =>
  tick.decision.pools.find((each) => each.pool === pool);

/** Replicas wanted of the workers of a GPU pool, or with `null` of the CPU workers. */
export const workersWanted = (tick: PodTick, pool: string | null): number | undefined =>
  tick.decision.workers.find((each) => each.pool === pool)?.replicas;
