import { describeDecision } from '../policy/scaling/describe-decision.ts';
import type { Memory } from '../policy/scaling/memory.ts';
import type { Known, Observation } from '../policy/scaling/observation.ts';
import type { ScalingSettings } from '../policy/scaling/settings.ts';
import type { Decision } from '../shared/chunk/decision.ts';
import type { LeaderStamp } from '../shared/chunk/directive.ts';
import { nodePhases } from '../shared/chunk/node-pools.ts';
import type { Clock } from '../shared/clock/ports.ts';
import type { Logger } from '../shared/process/ports.ts';
import type { OrderReport } from './act.ts';
import { createBootWatch, phaseOf } from './boot-watch.ts';
import type { ScalerMetrics } from './metrics.ts';

/**
 * A tick as the leader. From observation, memory and settings `decide` gives the same decision again,
 * byte for byte.
 */
export interface TickRecord {
  readonly leader: LeaderStamp;
  readonly observation: Observation;
  /** Before the tick. */
  readonly memory: Memory;
  readonly settings: ScalingSettings;
  readonly decision: Decision;
  /** Whether it decides something else than the tick before. */
  readonly isChange: boolean;
  /** `null` if it was published, else why not. */
  readonly failure: Error | null;
  readonly orders: readonly OrderReport[];
}

/** Tells people and machines what a tick saw and did: each change of state once. */
export interface Reporter {
  /** Every tick, leading or not. */
  observed(observation: Observation): void;
  /** A tick as the leader, at its end. */
  led(tick: TickRecord): void;
  ended(tookMs: number): void;
}

const secondMs = 1000;

export function createReporter(ports: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: ScalerMetrics;
}): Reporter {
  const { clock, log, metrics } = ports;
  const openedAtMs = clock.monotonicMs();
  const knownAtMs = new Map<string, number>();
  const unknownInputs = new Set<string>();
  const failingOrders = new Map<string, OrderReport['outcome']>();
  const boots = createBootWatch();

  const noteInput = (input: string, state: Known<unknown>): void => {
    const nowMs = clock.monotonicMs();
    if (state.kind === 'known') knownAtMs.set(input, nowMs);
    const agoMs = nowMs - (knownAtMs.get(input) ?? openedAtMs);
    metrics.inputAgeSeconds.set({ input }, agoMs / secondMs);
    if (state.kind === 'unknown' && !unknownInputs.has(input)) {
      unknownInputs.add(input);
      log.warn('input-unknown', {
        message: `${input} is not known (${state.cause}); what depends on it stays as it is`,
        input,
      });
    }
    if (state.kind === 'known' && unknownInputs.delete(input)) log.info('input-known', { input });
  };
  const noteOrder = ({ pool, nodesDesired, outcome, error }: OrderReport): void => {
    metrics.orders.inc({ pool, outcome });
    const before = failingOrders.get(pool);
    if (outcome === 'accepted') failingOrders.delete(pool);
    else failingOrders.set(pool, outcome);
    if (outcome === before || error === null) return;
    const message = `${pool} was not told to have ${nodesDesired} nodes: ${error.message}; ${afterOrder(outcome)}`;
    log.warn('order-failed', { message, pool, outcome, error });
  };
  return {
    observed(observation) {
      metrics.ticks.inc();
      const { intake, demand, workers, pools } = observation;
      for (const [input, state] of Object.entries({ intake, demand, fleet: workers })) {
        noteInput(input, state);
      }
      for (const [pool, state] of Object.entries(pools)) noteInput(`pool ${pool}`, state);
      countNodes(observation, metrics);
    },
    led(tick) {
      const { leader, decision, orders, failure } = tick;
      for (const { pool, phase, afterMs } of boots.look(tick.observation)) {
        metrics.bootSeconds.observe({ pool, phase }, afterMs / secondMs);
      }
      for (const { pool, nodesDesired, reason } of decision.pools) {
        metrics.decisions.inc({ pool, reason });
        metrics.nodesDesired.set({ pool }, nodesDesired);
      }
      metrics.spillOpen.set(decision.spill.gate === 'open' ? 1 : 0);
      if (failure !== null) {
        metrics.ticksFailed.inc();
        const message = `no directive was published and nothing was ordered: ${failure.message}; dispatchers follow the last one until it expires`;
        log.warn('tick-failed', { message, leader, error: failure });
      }
      for (const order of orders) noteOrder(order);
      if (tick.isChange) {
        log.info('decided', { message: describeDecision(decision).join('; '), leader });
      }
      log.info('tick', recordOf(tick));
    },
    ended: (tookMs) => metrics.tickSeconds.observe(tookMs / secondMs),
  };
}

function recordOf(tick: TickRecord): Readonly<Record<string, unknown>> {
  const { leader, observation, memory, settings, decision, failure } = tick;
  const orders = tick.orders.map(({ pool, nodesDesired, outcome }) => ({
    pool,
    nodesDesired,
    outcome,
  }));
  const isPublished = failure === null;
  return { leader, isPublished, orders, observation, memory, settings, decision };
}

/** What follows from an order that failed. */
function afterOrder(outcome: OrderReport['outcome']): string {
  switch (outcome) {
    case 'unreachable':
      return 'the next tick tells it again';
    case 'refused':
      return (
        'this tick ends; if this process goes on to lead, the directive topic was made anew and ' +
        'whoever holds the nodes must be started anew as well'
      );
    case 'unknown-pool':
    case 'unexpected':
      return 'it is told again at each tick, without effect until that is mended';
    case 'accepted':
    case 'held':
    case 'not-leading':
      return 'nothing was asked';
  }
}

function countNodes(observation: Observation, metrics: ScalerMetrics): void {
  for (const [pool, state] of Object.entries(observation.pools)) {
    if (state.kind === 'unknown') continue;
    const phases = state.value.nodes.map((node) => phaseOf(observation, pool, node));
    for (const phase of nodePhases) {
      metrics.nodes.set({ pool, phase }, phases.filter((each) => each === phase).length);
    }
  }
}
