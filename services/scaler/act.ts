import type { Observation } from '../policy/scaling/observation.ts';
import type { Decision } from '../shared/chunk/decision.ts';
import type { LeaderStamp } from '../shared/chunk/directive.ts';
import { NodePoolsError } from './pools/ports.ts';
import type { NodePools, NodePoolsErrorCode } from './pools/ports.ts';

/** What became of one pool's size. */
export interface OrderReport {
  readonly pool: string;
  readonly nodesDesired: number;
  /**
   * `held`: the pool could not be seen, so it is left as it is. `not-leading`: the group did not
   * confirm lately that this process still leads.
   */
  readonly outcome: 'accepted' | 'held' | 'not-leading' | NodePoolsErrorCode;
  readonly error: NodePoolsError | null;
}

/**
 * Tells each pool how many nodes it is to have, also those that stay as they are: a size is no change
 * to it, heals an order that was lost, and shows the pool who leads. One refusal ends it, since
 * another leads then; and so does one conflict, since another may.
 */
export async function act(
  { decision, observation }: { readonly decision: Decision; readonly observation: Observation },
  pools: NodePools,
  { leader, mayAct }: { readonly leader: LeaderStamp; readonly mayAct: () => boolean },
): Promise<readonly OrderReport[]> {
  const reports: OrderReport[] = [];
  for (const { pool, nodesDesired } of decision.pools) {
    const report = (outcome: OrderReport['outcome'], error: NodePoolsError | null = null): number =>
      reports.push({ pool, nodesDesired, outcome, error });
    if (observation.pools[pool]?.kind !== 'known') {
      report('held');
      continue;
    }
    if (!mayAct()) {
      report('not-leading');
      return reports;
    }
    try {
      // One after the other: the first refusal must spare the rest.
      await pools.setDesired(pool, { nodesDesired, leader });
      report('accepted');
    } catch (error) {
      if (!(error instanceof NodePoolsError)) throw error;
      report(error.code, error);
      if (error.code === 'refused' || error.code === 'conflict') return reports;
    }
  }
  return reports;
}
