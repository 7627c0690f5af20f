import type { Known } from '../../../policy/scaling/observation.ts';
import type { PoolState } from '../../../shared/chunk/node-pools.ts';
import type { Clock } from '../../../shared/clock/ports.ts';
import { KubernetesError } from '../../../shared/kubernetes/ports.ts';
import type { KubernetesApi } from '../../../shared/kubernetes/ports.ts';
import { NodePoolsError } from '../ports.ts';
import { createDeleteMarks } from './delete-marks.ts';
import { followMachines } from './follow-machines.ts';
import { lowerSize } from './hold-back.ts';
import type { Lowering } from './hold-back.ts';
import type { KubernetesPool } from './kubernetes-pool.ts';
import { emptyBook } from './pool-book.ts';
import { nodesOf, problemOfOrders } from './pool-nodes.ts';
import type { PoolView } from './pool-views.ts';
import { nameOfTarget, sizedObject } from './sized-object.ts';

export interface SizedPool {
  /** Reads the size, and takes the rest as the watches have it. */
  look(): Promise<Known<PoolState>>;
  /** @throws NodePoolsError */
  setDesired(nodesDesired: number): Promise<void>;
}

/** A size that was noted and is not written as yet, since workers are still on their nodes. */
interface Hold {
  readonly sizeWanted: number;
  readonly sizeWritten: number;
  /** Monotonic. */
  readonly sinceMs: number;
}

export interface SizedPoolOptions {
  readonly pool: KubernetesPool;
  /** Of the cluster that holds the pool's object. */
  readonly api: KubernetesApi;
  readonly view: PoolView;
  readonly clock: Clock;
}

/** One pool: its size by compare-and-set, its machines followed from look to look. */
export function createSizedPool({ pool, api, view, clock }: SizedPoolOptions): SizedPool {
  const object = sizedObject(api, pool.target);
  const marks = createDeleteMarks(pool, api);
  let book = emptyBook;
  let isSeen = false;
  let hold: Hold | null = null;
  let raisedAtMs: number | null = null;

  const raise = async (nodesDesired: number): Promise<void> => {
    hold = null;
    await marks.set(book.entries, []);
    const written = await object.write(nodesDesired);
    if (written === 'written') raisedAtMs = clock.monotonicMs();
  };
  const lower = async (sizeNow: number, sizeWanted: number): Promise<void> => {
    const nowMs = clock.monotonicMs();
    const sinceMs = hold?.sizeWanted === sizeWanted ? hold.sinceMs : nowMs;
    const heldMs = nowMs - sinceMs;
    const { entries } = book;
    const step: Lowering = lowerSize({ ...pool, sizeNow, sizeWanted, entries, heldMs });
    // Marked first: the pool's controller chooses as soon as it sees the size.
    await marks.set(entries, step.going);
    await object.write(step.size);
    const sizeWritten = step.size;
    hold = sizeWritten > sizeWanted ? { sizeWanted, sizeWritten, sinceMs } : null;
  };
  return {
    async look() {
      isSeen = false;
      try {
        const { replicasDesired } = await object.read();
        const sight = view();
        if (sight.kind === 'unknown') return sight;
        const { machines, pause, problem } = sight.value;
        const nowMs = clock.monotonicMs();
        const size = { pool: pool.pool, nodesDesired: replicasDesired, raisedAtMs };
        book = followMachines(book, { ...size, machines, nowMs, wallMs: clock.nowMs() });
        isSeen = true;
        raisedAtMs = null;
        // Somebody else has sized it meanwhile, so that the wait is over.
        if (hold?.sizeWritten !== replicasDesired) hold = null;
        const value = {
          pool: pool.pool,
          nodesDesired: hold?.sizeWanted ?? replicasDesired,
          nodes: nodesOf(book, nowMs),
          problem: problemOfOrders(book) ?? problem,
          pause,
        };
        return { kind: 'known', value };
      } catch (error) {
        return { kind: 'unknown', cause: asPoolError(error, pool).message };
      }
    },
    async setDesired(nodesDesired) {
      const sizeNow = isSeen ? object.size() : null;
      try {
        if (sizeNow === null) throw new KubernetesError('conflict', 'it is to be looked at first');
        if (nodesDesired >= sizeNow) await raise(nodesDesired);
        else await lower(sizeNow, nodesDesired);
      } catch (error) {
        throw asPoolError(error, pool);
      }
    },
  };
}

/** In the words of node pools. Throws on what is no refusal of an API server but a mistake of ours. */
function asPoolError(error: unknown, { pool, target, context }: KubernetesPool): NodePoolsError {
  if (!(error instanceof KubernetesError)) throw error;
  const place = context === null ? '' : ` of context ${context}`;
  const subject = `pool ${pool} (${nameOfTarget(target)}${place})`;
  const as = (code: NodePoolsError['code'], remedy: string): NodePoolsError =>
    new NodePoolsError(code, `${subject}: ${error.message}${remedy}`, { cause: error });
  switch (error.code) {
    case 'unreachable':
      return as('unreachable', '');
    case 'conflict':
      return as('conflict', '');
    case 'not-found':
      return as('unknown-pool', '; create it, or correct SPILLWAY_POOLS');
    case 'forbidden':
      return as('unexpected', '; grant get and update on its scale, and patch on its claims');
    case 'invalid':
    case 'unexpected':
      return as('unexpected', '');
  }
}
