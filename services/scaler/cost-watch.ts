import type { Observation } from '../policy/scaling/observation.ts';
import type { PoolSettings } from '../policy/scaling/settings.ts';
import type { Clock } from '../shared/clock/ports.ts';

/** What the nodes of a pool cost, in the money of its price. */
export interface PoolCost {
  readonly pool: string;
  readonly perHour: number;
  /** Since the last look; 0 at the first. */
  readonly spent: number;
}

/** Adds up the price of the nodes that are there over the time in between two looks. */
export interface CostWatch {
  look(observation: Observation, pools: readonly PoolSettings[]): readonly PoolCost[];
  /** Another one counts from now on. */
  end(): void;
}

const hourMs = 3_600_000;

export function createCostWatch(clock: Clock): CostWatch {
  const perHourOf = new Map<string, number>();
  let lookedAtMs: number | null = null;
  return {
    look(observation, pools) {
      const nowMs = clock.monotonicMs();
      const hours = (nowMs - (lookedAtMs ?? nowMs)) / hourMs;
      lookedAtMs = nowMs;
      return pools.map(({ pool, pricePerHour }) => {
        const before = perHourOf.get(pool) ?? 0;
        // Nodes that cannot be seen are paid for all the same.
        const perHour = perHourNow(observation.pools[pool], pricePerHour) ?? before;
        perHourOf.set(pool, perHour);
        return { pool, perHour, spent: before * hours };
      });
    },
    end() {
      lookedAtMs = null;
      perHourOf.clear();
    },
  };
}

/** From its launch on a node is paid for, until it is gone. */
function perHourNow(
  state: Observation['pools'][string] | undefined,
  pricePerHour: number,
): number | null {
  if (state?.kind !== 'known') return null;
  return state.value.nodes.filter(({ phase }) => phase !== 'ordered').length * pricePerHour;
}
