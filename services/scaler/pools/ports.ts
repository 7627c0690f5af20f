import type { Known } from '../../policy/scaling/observation.ts';
import type { PoolOrder, PoolState } from '../../shared/chunk/node-pools.ts';

/**
 * What can go wrong with node pools.
 *
 * - `unreachable`: whoever holds the nodes does not answer in time. Nothing is known; ask again.
 * - `refused`: a later leader has given orders. Whoever is told so does not lead any more.
 * - `conflict`: somebody wrote the pool's size since it was last listed; look again first.
 * - `unknown-pool`: there is no pool of that name; settings and pools do not fit together.
 * - `unexpected`: the answer is none of ours; perhaps something else listens at that address.
 */
export type NodePoolsErrorCode =
  'unreachable' | 'refused' | 'conflict' | 'unknown-pool' | 'unexpected';

export class NodePoolsError extends Error {
  override readonly name = 'NodePoolsError';
  readonly code: NodePoolsErrorCode;

  constructor(code: NodePoolsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The nodes that the leading scaler sizes. Every call ends within seconds. */
export interface NodePools {
  /**
   * Every pool that it holds by name, with its nodes as of the answer, or why they are not known: one
   * place that does not answer leaves the others as they are.
   */
  list(): Promise<ReadonlyMap<string, Known<PoolState>>>;
  /**
   * Sets how many nodes the pool is to have, whatever it had: safe to repeat, and the last one
   * counts. Resolves when the order is noted, long before a node has booted.
   * @throws NodePoolsError. After `unreachable` the order may have been noted; after `refused` and
   *   `conflict` it was not, and another may lead.
   */
  setDesired(pool: string, order: PoolOrder): Promise<void>;
}
