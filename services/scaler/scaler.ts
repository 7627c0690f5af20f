import { decide } from '../policy/scaling/decide.ts';
import { emptyMemory } from '../policy/scaling/memory.ts';
import type { Observation } from '../policy/scaling/observation.ts';
import type { ScalingSettings } from '../policy/scaling/settings.ts';
import type { Topics } from '../shared/chunk/topics.ts';
import { createBrokerClock } from '../shared/clock/broker-clock.ts';
import type { Clock } from '../shared/clock/ports.ts';
import { keepBrokerTime } from '../shared/kafka/broker-time.ts';
import { createFleetWatch } from '../shared/kafka/fleet-watch.ts';
import { KafkaPortError } from '../shared/kafka/ports.ts';
import type {
  ActiveTerm,
  LagReader,
  ReadBatch,
  RecordSink,
  RoleSource,
  TopicFollower,
} from '../shared/kafka/ports.ts';
import type { Logger } from '../shared/process/ports.ts';
import { act } from './act.ts';
import { isChange, withNewest } from './decision-history.ts';
import { createDemandView } from './hear-demand.ts';
import { createOperatorView } from './hear-operator.ts';
import { createIntakeLagReader } from './intake-lag.ts';
import { beginLeadership, readPast } from './leadership.ts';
import type { Leadership, Reign } from './leadership.ts';
import type { ScalerMetrics } from './metrics.ts';
import { observe, workerFacts } from './observe.ts';
import type { Senses } from './observe.ts';
import type { NodePools } from './pools/ports.ts';
import type { ReplicaWriter } from './replicas/replica-writer.ts';
import { directiveOf, publish } from './publish.ts';
import type { Publication } from './publish.ts';
import { createReporter } from './report.ts';
import type { Reporter } from './report.ts';

/** The adapters of one scaler; `main.ts` builds them, `stop` closes them. */
export interface ScalerPorts {
  readonly clock: Clock;
  /** The role of the leader, over the directive's topic. */
  readonly role: RoleSource;
  readonly fleet: TopicFollower;
  readonly demand: TopicFollower;
  readonly operator: TopicFollower;
  readonly lag: LagReader;
  /** For records that only ask the broker for its time. */
  readonly sink: RecordSink;
  /** `null`: there are no nodes to order, only spill to open and shut. */
  readonly pools: NodePools | null;
  /** `null`: somebody else starts and stops workers, by what the directive says. */
  readonly replicas: ReplicaWriter | null;
  readonly log: Logger;
  readonly metrics: ScalerMetrics;
}

export interface ScalerSettings {
  readonly topics: Topics;
  /** From the beginning of a tick to that of the next; a longer tick delays it. */
  readonly tickMs: number;
  /** From the look to the directive's expiry. */
  readonly directiveMs: number;
  readonly scaling: ScalingSettings;
}

/** How soon it looks whether the broker's time, without which nothing can be dated, is known. */
const brokerTimeLookMs = 100;

/**
 * One process of the scaler's role: observe → decide → act → report, at its own pace. Each one
 * observes; the one that leads decides, and acts once the broker has taken its directive.
 */
export class Scaler {
  readonly #ports: ScalerPorts;
  readonly #settings: ScalerSettings;
  readonly #onFatal: (error: unknown) => void;
  /** The broker's time as this process learns it. */
  readonly brokerClock;
  readonly #fleet = createFleetWatch(workerFacts);
  readonly #demand = createDemandView();
  readonly #operator = createOperatorView();
  readonly #senses: Senses;
  readonly #reporter: Reporter;
  readonly #stopping = new AbortController();
  #leadership: Leadership | null = null;
  /** Aborts to end the pause between two ticks. */
  #pause = new AbortController();
  #ticking: Promise<void> = Promise.resolve();

  constructor(ports: ScalerPorts, settings: ScalerSettings, onFatal: (error: unknown) => void) {
    this.#ports = ports;
    this.#settings = settings;
    this.#onFatal = onFatal;
    this.brokerClock = createBrokerClock(ports.clock);
    this.#senses = {
      clock: ports.clock,
      brokerClock: this.brokerClock,
      intake: createIntakeLagReader(ports, settings.topics),
      demand: this.#demand,
      fleet: this.#fleet,
      pools: ports.pools,
      operator: this.#operator,
    };
    this.#reporter = createReporter(ports);
  }

  async start(): Promise<void> {
    const { fleet, demand, operator, role, clock, sink, log } = this.#ports;
    const { topics } = this.#settings;
    const onFatal = this.#onFatal;
    await fleet.start({
      topics: [topics.fleet],
      from: 'end',
      onBatch: (batch) => void this.#fleet.apply(batch, clock.monotonicMs()),
      onFatal,
    });
    await demand.start({
      topics: [topics.demand],
      from: 'end',
      onBatch: (batch) => this.#demand.apply(batch),
      onFatal,
    });
    await operator.start({
      topics: [topics.operator],
      from: 'beginning',
      onBatch: (batch) => this.#operator.apply(batch),
      onFatal,
    });
    const time = { clock, sink, log, brokerClock: this.brokerClock };
    void keepBrokerTime(time, topics.fleet, this.#stopping.signal);
    this.#ticking = this.#tickOnAndOn().catch(onFatal);
    await role.start({
      onActive: (term) => this.#beginToLead(term),
      onBatch: (term, batch) => this.#readPast(term, batch),
      onInactive: () => this.#standBy(),
      // No topic of this role holds work that could be lost.
      onLost: () => undefined,
      onFatal: (error) => {
        this.#standBy();
        onFatal(error);
      },
    });
  }

  /** Begins no tick from now on. */
  stopTicking(): void {
    this.#stopping.abort();
    this.#pause.abort();
  }

  /** Resolves when the tick that was under way has ended. */
  ticked(): Promise<void> {
    return this.#ticking;
  }

  /** Leaves the role, so that a stand-by leads at once. */
  async stop(): Promise<void> {
    const { role, fleet, demand, operator, lag, sink } = this.#ports;
    this.stopTicking();
    this.#standBy();
    await role.stop();
    await Promise.all([fleet.stop(), demand.stop(), operator.stop(), lag.close(), sink.close()]);
  }

  #beginToLead(term: ActiveTerm): void {
    this.#leadership = beginLeadership(term, this.#settings.topics.directive);
    this.#reignOnceRead(this.#leadership);
  }

  #readPast(term: ActiveTerm, batch: ReadBatch): void {
    const leadership = this.#leadership;
    if (leadership?.term !== term || leadership.reign !== null) return;
    readPast(leadership, batch);
    this.#reignOnceRead(leadership);
  }

  #reignOnceRead({ reign, past }: Leadership): void {
    if (reign === null) return;
    const { log, metrics } = this.#ports;
    metrics.leader.set(1);
    metrics.leaderships.inc();
    for (const problem of past.problems()) {
      log.warn('past-unreadable', {
        message: `what the last leader left cannot be read (${problem}); this one goes on without it, and lets no node go until it has watched for long enough`,
      });
    }
    const [term, hasMemory] = [reign.stamp.term, reign.memory !== null];
    log.info('leading', { term, hasMemory });
    this.#pause.abort();
  }

  #standBy(): void {
    if (this.#leadership !== null) this.#ports.log.info('standing-by');
    this.#leadership = null;
    this.#reporter.stoodBy();
  }

  async #tickOnAndOn(): Promise<void> {
    const { clock } = this.#ports;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // Before the tick, so that whoever wants the next one while this one runs is heard.
      this.#pause = new AbortController();
      const beganAtMs = clock.monotonicMs();
      const isDated = this.brokerClock.isSet();
      if (isDated) await this.#tick();
      const tookMs = clock.monotonicMs() - beganAtMs;
      if (isDated) this.#reporter.ended(tookMs);
      if (signal.aborted) return;
      const restMs = isDated ? Math.max(0, this.#settings.tickMs - tookMs) : brokerTimeLookMs;
      await clock.sleepMs(restMs, this.#pause.signal);
    }
  }

  async #tick(): Promise<void> {
    const { scaling } = this.#settings;
    const names = scaling.pools.map(({ pool }) => pool);
    const leadership = this.#leadership;
    // Before anything is decided, so that whoever writes in between is noticed.
    const looked = leadership === null ? undefined : this.#ports.replicas?.look();
    const [observation] = await Promise.all([observe(this.#senses, names), looked]);
    this.#reporter.observed(observation);
    if (this.#leadership !== leadership) return;
    if (leadership === null || leadership.reign === null) return;
    await this.#lead(leadership, leadership.reign, observation);
  }

  async #lead(leadership: Leadership, reign: Reign, observation: Observation): Promise<void> {
    const { directiveMs, scaling } = this.#settings;
    const memory = reign.memory ?? emptyMemory(observation.observedAtMs);
    const decided = decide(observation, memory, scaling);
    const { decision } = decided;
    const leader = { term: reign.stamp.term, sequence: reign.stamp.sequence + 1 };
    const decisions = withNewest(reign.decisions, { leader, decision });
    const publication = {
      directive: directiveOf(decision, leader, { lifetimeMs: directiveMs }),
      memory: decided.memory,
      decisions,
    };
    const failure = await this.#publish(leadership, publication);
    const isPublished = failure === null;
    if (isPublished) leadership.reign = { stamp: leader, memory: decided.memory, decisions };
    const { pools, replicas } = this.#ports;
    const mayAct = (): boolean =>
      this.#leadership === leadership && leadership.term.isOwnershipFresh();
    // Both at once: whatever holds nodes and whatever holds workers may be slow on its own.
    const [orders, written] = isPublished
      ? await Promise.all([
          pools === null ? [] : act({ decision, observation }, pools, { leader, mayAct }),
          replicas === null ? [] : replicas.write(publication.directive.workers, mayAct),
        ])
      : [[], []];
    this.#reporter.led({
      leader,
      observation,
      memory,
      settings: scaling,
      decision,
      isChange: isPublished && isChange(reign.decisions.at(-1), decision),
      failure,
      orders,
      replicas: written,
    });
  }

  /** Why it could not be published, if so; then this process does not lead any more. */
  async #publish(leadership: Leadership, publication: Publication): Promise<KafkaPortError | null> {
    try {
      await publish(leadership.term, this.#settings.topics.directive, publication);
      return null;
    } catch (error) {
      if (!(error instanceof KafkaPortError)) throw error;
      // A fresh term reads what stands on the topic: this tick may be there all the same.
      if (this.#leadership === leadership) this.#standBy();
      return error;
    }
  }
}
