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
import { createCostWatch } from './cost-watch.ts';
import type { ScalerMetrics } from './metrics.ts';
import type { ReplicaReport } from './replicas/replica-writer.ts';
import { createOrderTeller } from './tell-orders.ts';
import { createReplicaTeller } from './tell-replicas.ts';

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
  readonly replicas: readonly ReplicaReport[];
}

/** Tells people and machines what a tick saw and did: each change of state once. */
export interface Reporter {
  /** Every tick, leading or not. */
  observed(observation: Observation): void;
  /** A tick as the leader, at its end. */
  led(tick: TickRecord): void;
  ended(tookMs: number): void;
  /** This process does not lead any more, so it tells nothing that a leader tells. */
  stoodBy(): void;
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
  const boots = createBootWatch();
  const tellOrder = createOrderTeller(ports);
  const tellReplicas = createReplicaTeller(ports);
  const costs = createCostWatch(clock);

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
  return {
    observed(observation) {
      metrics.ticks.inc();
      const { intake, demand, workers, pools, operator } = observation;
      const inputs = { intake, demand, fleet: workers, operator };
      for (const [input, state] of Object.entries(inputs)) {
        noteInput(input, state);
      }
      for (const [pool, state] of Object.entries(pools)) noteInput(`pool ${pool}`, state);
      countNodes(observation, metrics);
      tellLag(intake, metrics);
    },
    led(tick) {
      const { leader, decision, orders, failure } = tick;
      for (const { pool, phase, afterMs } of boots.look(tick.observation)) {
        metrics.bootSeconds.observe({ pool, phase }, afterMs / secondMs);
      }
      tellDecision(decision, metrics);
      for (const { pool, perHour, spent } of costs.look(tick.observation, tick.settings.pools)) {
        metrics.costPerHour.set({ pool }, perHour);
        metrics.costTotal.inc({ pool }, spent);
      }
      if (failure !== null) {
        metrics.ticksFailed.inc();
        const message = `no directive was published and nothing was ordered: ${failure.message}; dispatchers follow the last one until it expires`;
        log.warn('tick-failed', { message, leader, error: failure });
      }
      for (const order of orders) tellOrder(order);
      for (const report of tick.replicas) tellReplicas(report);
      if (tick.isChange) {
        log.info('decided', { message: describeDecision(decision).join('; '), leader });
      }
      log.info('tick', recordOf(tick));
    },
    ended: (tookMs) => metrics.tickSeconds.observe(tookMs / secondMs),
    stoodBy() {
      costs.end();
      for (const each of gaugesOfLeader(metrics)) each.reset();
    },
  };
}

function gaugesOfLeader(metrics: ScalerMetrics): readonly { reset(): void }[] {
  const { leader, spillOpen, nodesDesired, workersDesired } = metrics;
  const { poolPaused, poolBackingOff, costPerHour } = metrics;
  return [leader, spillOpen, nodesDesired, workersDesired, poolPaused, poolBackingOff, costPerHour];
}

function tellDecision(decision: Decision, metrics: ScalerMetrics): void {
  for (const { pool, nodesDesired, reason, pausedBy, figures } of decision.pools) {
    metrics.decisions.inc({ pool, reason });
    metrics.nodesDesired.set({ pool }, nodesDesired);
    metrics.poolPaused.set({ pool }, pausedBy === null ? 0 : 1);
    metrics.poolBackingOff.set({ pool }, figures['backOffLeftMs'] === undefined ? 0 : 1);
  }
  for (const { kind, pool, replicas } of decision.workers) {
    metrics.workersDesired.set({ kind, pool: pool ?? kind }, replicas);
  }
  metrics.spillOpen.set(decision.spill.gate === 'open' ? 1 : 0);
}

function recordOf(tick: TickRecord): Readonly<Record<string, unknown>> {
  const { leader, observation, memory, settings, decision, failure } = tick;
  const orders = tick.orders.map(({ pool, nodesDesired, outcome }) => ({
    pool,
    nodesDesired,
    outcome,
  }));
  const replicas = tick.replicas.map(({ deployment, replicas: wanted, outcome }) => ({
    deployment: deployment.name,
    replicas: wanted,
    outcome,
  }));
  const isPublished = failure === null;
  return { leader, isPublished, orders, replicas, observation, memory, settings, decision };
}

/** None while it is not known: the last one would stand for a Kafka that does not answer. */
function tellLag(intake: Observation['intake'], { intakeLag }: ScalerMetrics): void {
  if (intake.kind === 'unknown') {
    intakeLag.reset();
    return;
  }
  for (const { priority, chunks } of intake.value) intakeLag.set({ priority }, chunks);
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
