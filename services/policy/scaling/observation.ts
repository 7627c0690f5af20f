import type { Demand } from '../../shared/chunk/demand.ts';
import type { Heartbeat } from '../../shared/chunk/fleet.ts';
import type { OperatorWords } from '../../shared/chunk/operator.ts';
import type { PoolState } from '../../shared/chunk/node-pools.ts';
import type { Priority } from '../../shared/chunk/words.ts';

/** What was seen, or why it was not: an unknown moves no size. */
export type Known<Value> =
  | { readonly kind: 'known'; readonly value: Value }
  | { readonly kind: 'unknown'; readonly cause: string };

/** Of one priority's intake. */
export interface IntakeLag {
  readonly priority: Priority;
  /** Unsettled chunks that are still there. */
  readonly chunks: number;
  /** Sum of the log ends over its partitions: its growth is what arrives. */
  readonly logEnd: number;
}

export type WorkerFacts = Pick<
  Heartbeat,
  'worker' | 'kind' | 'pool' | 'node' | 'state' | 'emulated' | 'slots' | 'speeds' | 'models'
> & { readonly inHandChunks: number };

/**
 * One look at the world, taken once a tick and never again within it. Plain data, so that a recorded
 * tick can be decided again elsewhere. All times are broker time.
 */
export interface Observation {
  readonly observedAtMs: number;
  readonly intake: Known<readonly IntakeLag[]>;
  /** Unknown as well when it is too old. */
  readonly demand: Known<Demand>;
  /** Workers heard within the last seconds. */
  readonly workers: Known<readonly WorkerFacts[]>;
  /** One for each pool of the settings, by name. */
  readonly pools: Readonly<Record<string, Known<PoolState>>>;
  /** What people said and did not take back. */
  readonly operator: Known<OperatorWords>;
}
