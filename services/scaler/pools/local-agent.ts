import type { Known } from '../../policy/scaling/observation.ts';
import { encodePoolOrder, parsePools } from '../../shared/chunk/node-pools.ts';
import type { PoolOrder, PoolState } from '../../shared/chunk/node-pools.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import { NodePoolsError } from './ports.ts';
import type { NodePools } from './ports.ts';

export interface LocalAgentOptions {
  /** `http://127.0.0.1:41234`. */
  readonly address: string;
  /** Names of the pools that it is expected to hold. */
  readonly pools: readonly string[];
  readonly clock: Clock;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** It answers from memory, on this machine: one that takes longer hangs. */
const answerWithinMs = 2000;

/** Node pools of local processes, held by an agent of this machine that outlives scalers. */
export function localAgentPools({ address, pools, clock }: LocalAgentOptions): NodePools {
  const ask = async (path: string, request: RequestInit): Promise<Answer> => {
    const giveUp = new AbortController();
    const cancel = clock.after(answerWithinMs, () => giveUp.abort());
    try {
      const init: RequestInit = { ...request, signal: giveUp.signal, redirect: 'error' };
      const response = await fetch(new URL(path, address), init);
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      const why = giveUp.signal.aborted ? `no answer within ${answerWithinMs} ms` : reasonOf(cause);
      throw new NodePoolsError(
        'unreachable',
        `the agent of local nodes at ${address} cannot be reached: ${why}; is it running?`,
        { cause },
      );
    } finally {
      cancel();
    }
  };
  const states = async (): Promise<readonly PoolState[]> => {
    const answer = await ask('/pools', {});
    if (answer.status !== 200) throw unexpected(address, 'GET /pools', answer);
    const parsed = parsePools(answer.text);
    if (parsed.ok) return parsed.value.pools;
    throw new NodePoolsError(
      'unexpected',
      `what ${address} gives as pools cannot be read: ${parsed.problem}; is it an agent of this version?`,
    );
  };
  return {
    async list() {
      try {
        const found = new Map((await states()).map((state) => [state.pool, state]));
        const others = [...found.keys()].join(', ') || 'none';
        const missing = `there is no such pool at ${address}, only ${others}`;
        return statesOf(pools, (pool) => {
          const value = found.get(pool);
          return value === undefined
            ? { kind: 'unknown', cause: missing }
            : { kind: 'known', value };
        });
      } catch (error) {
        if (!(error instanceof NodePoolsError)) throw error;
        return statesOf(pools, () => ({ kind: 'unknown', cause: error.message }));
      }
    },
    async setDesired(pool, order) {
      const path = `/pools/${encodeURIComponent(pool)}`;
      const headers = { 'content-type': 'application/json' };
      const body = encodePoolOrder(order);
      const answer = await ask(path, { method: 'PUT', headers, body });
      if (answer.status === 204) return;
      throw refusal({ address, pool, order }, answer);
    },
  };
}

const statesOf = (
  pools: readonly string[],
  stateOf: (pool: string) => Known<PoolState>,
): ReadonlyMap<string, Known<PoolState>> => new Map(pools.map((pool) => [pool, stateOf(pool)]));

function refusal(
  {
    address,
    pool,
    order,
  }: { readonly address: string; readonly pool: string; readonly order: PoolOrder },
  answer: Answer,
): NodePoolsError {
  const { term, sequence } = order.leader;
  const said = answer.text.trim();
  if (answer.status === 409) {
    const what = `the agent of local nodes refuses the order of term ${term}, sequence ${sequence}`;
    return new NodePoolsError('refused', `${what}: ${said}`);
  }
  if (answer.status === 404) {
    const remedy = 'correct SPILLWAY_POOLS or the pools of the agent';
    return new NodePoolsError('unknown-pool', `no pool ${pool} at ${address}: ${said}; ${remedy}`);
  }
  return unexpected(address, `PUT /pools/${pool}`, answer);
}

const unexpected = (address: string, asked: string, { status, text }: Answer): NodePoolsError =>
  new NodePoolsError(
    'unexpected',
    `${address} answers ${asked} with status ${status}: ${text.trim().slice(0, 200)}`,
  );

/** fetch says only that it failed; the cause says why. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message : String(inner);
}
