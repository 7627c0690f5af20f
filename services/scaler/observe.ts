import type { Known, Observation, WorkerFacts } from '../policy/scaling/observation.ts';
import { workerGoneAfterMs } from '../shared/chunk/fleet.ts';
import type { Heartbeat } from '../shared/chunk/fleet.ts';
import type { PoolState } from '../shared/chunk/node-pools.ts';
import type { BrokerClock } from '../shared/clock/broker-clock.ts';
import type { Clock } from '../shared/clock/ports.ts';
import type { FleetWatch } from '../shared/kafka/fleet-watch.ts';
import type { DemandView } from './hear-demand.ts';
import type { OperatorView } from './hear-operator.ts';
import type { IntakeLagReader } from './intake-lag.ts';
import { NodePoolsError } from './pools/ports.ts';
import type { NodePools } from './pools/ports.ts';

/** All that a scaler sees the world with. */
export interface Senses {
  readonly clock: Clock;
  readonly brokerClock: BrokerClock;
  readonly intake: IntakeLagReader;
  readonly demand: DemandView;
  readonly fleet: FleetWatch<WorkerFacts>;
  /** `null`: there are no nodes to order. */
  readonly pools: NodePools | null;
  readonly operator: OperatorView;
}

/**
 * One look at everything. What is asked comes first, the nodes last, since their ages count from the
 * answer; what is followed is taken at that moment. Ends within seconds, whatever hangs.
 */
export async function observe(senses: Senses, poolNames: readonly string[]): Promise<Observation> {
  const { clock, brokerClock, demand, fleet, operator } = senses;
  const intake = await senses.intake.read();
  const pools = await poolStates(senses.pools, poolNames);
  const observedAtMs = Math.round(brokerClock.nowMs());
  return {
    observedAtMs,
    intake,
    demand: demand.read(observedAtMs),
    workers: workersOf(fleet, clock.monotonicMs()),
    pools,
    operator: operator.read(),
  };
}

async function poolStates(
  pools: NodePools | null,
  names: readonly string[],
): Promise<Observation['pools']> {
  const found = await listed(pools);
  const states = names.map((name): [string, Known<PoolState>] => {
    if (found.kind === 'unknown') return [name, found];
    const state = found.value.get(name);
    if (state !== undefined) return [name, state];
    const others = [...found.value.keys()].join(', ');
    return [name, { kind: 'unknown', cause: `there is no pool ${name}, only ${others || 'none'}` }];
  });
  return Object.fromEntries(states);
}

async function listed(
  pools: NodePools | null,
): Promise<Known<ReadonlyMap<string, Known<PoolState>>>> {
  try {
    return { kind: 'known', value: pools === null ? new Map() : await pools.list() };
  } catch (error) {
    if (!(error instanceof NodePoolsError)) throw error;
    return { kind: 'unknown', cause: error.message };
  }
}

/** What the policy is told of a worker. */
export function workerFacts(heartbeat: Heartbeat): WorkerFacts {
  const { worker, kind, pool, node, state, emulated, slots, speeds, models, inHand } = heartbeat;
  const inHandChunks = inHand.length;
  return { worker, kind, pool, node, state, emulated, slots, speeds, models, inHandChunks };
}

/** Who was not heard since this process began to listen may be there all the same. */
function workersOf(fleet: FleetWatch<WorkerFacts>, nowMs: number): Known<readonly WorkerFacts[]> {
  fleet.declareGone();
  if (nowMs - fleet.caughtUpAtMs() > workerGoneAfterMs) {
    const cause = `the end of fleet was not reached for ${workerGoneAfterMs} ms`;
    return { kind: 'unknown', cause };
  }
  if (fleet.watchedMs() < workerGoneAfterMs) {
    const cause = `fleet has been watched for less than ${workerGoneAfterMs} ms`;
    return { kind: 'unknown', cause };
  }
  const present = [...fleet.members().values()].filter(({ isGone }) => !isGone);
  const value = present.map(({ facts }) => facts);
  // By name, so that the record of a tick does not depend on who was heard first.
  return { kind: 'known', value: value.toSorted((a, b) => (a.worker < b.worker ? -1 : 1)) };
}
