import type { Demand } from '../shared/chunk/demand.ts';
import type { ActiveTerm, ReadBatch, TopicPartition } from '../shared/kafka/ports.ts';
import { KafkaPortError } from '../shared/kafka/ports.ts';
import { concludeTries } from './dispatching/conclude-tries.ts';
import { showDemand } from './telling/demand-metrics.ts';
import { demandOfTerm } from './telling/demand-of-term.ts';
import { dispatch } from './dispatching/dispatch-pass.ts';
import type { DispatchPass } from './dispatching/dispatch-pass.ts';
import type { DispatcherPorts } from './dispatcher-ports.ts';
import { expireWaiting } from './dispatching/expire-waiting.ts';
import type { FleetEvent } from '../shared/kafka/fleet-watch.ts';
import { hearFleet } from './dispatching/hear-fleet.ts';
import type { IntakeRetention } from './reading/intake-retention.ts';
import type { LaneSender } from './dispatching/lane-sender.ts';
import { countSent } from './telling/metrics.ts';
import { readDone } from './reading/read-done.ts';
import { readIntake } from './reading/read-intake.ts';
import { recordLoss } from './reading/record-loss.ts';
import type { LostRange } from './reading/record-loss.ts';
import { settleLoop } from './settling/settle-loop.ts';
import type { SettleStep } from './settling/settle-step.ts';
import {
  beginTakeOver,
  hasReadOutcomes,
  isReadyToDispatch,
  learnEnds,
} from './reading/take-over.ts';
import type { TakeOver } from './reading/take-over.ts';
import {
  createTermState,
  hasReadDone,
  hasUntaken,
  priorityOfIntake,
} from './knowledge/term-state.ts';
import type { DispatchSettings, TermState } from './knowledge/term-state.ts';
import type { Views } from './views.ts';
import { tellDemand } from './telling/tell-demand.ts';
import { adjustWindow, pauseReading } from './reading/window.ts';

/** What a term borrows from its process. */
export interface ActivityTools {
  readonly ports: DispatcherPorts;
  readonly settings: DispatchSettings;
  readonly views: Views;
  readonly laneSender: LaneSender;
  readonly retention: IntakeRetention;
  /** Whether this process still sends chunks: not once it is to end. */
  readonly isSending: () => boolean;
  readonly requestPass: () => void;
}

/** What only time decides goes by seconds, and concerns thousands: not with each word of a worker. */
const lookEveryMs = 100;

/** A term cannot begin on progress that cannot be read. */
export function beginActivity(tools: ActivityTools, term: ActiveTerm): Activity | KafkaPortError {
  const { settings, views, ports } = tools;
  const state = createTermState(term, {
    topics: settings.topics,
    lengths: views.lengths,
    nowMs: ports.clock.monotonicMs(),
  });
  return state instanceof KafkaPortError ? state : new Activity(tools, state);
}

/** What a process does while it is the active one: one term, from its first batch to its end. */
export class Activity {
  readonly #tools: ActivityTools;
  readonly #state: TermState;
  readonly #takeOver: TakeOver;
  readonly #ended = new AbortController();
  readonly #wakeSettle: () => void;
  /** What intake told before the outcomes were read, in its order. */
  readonly #untold: (() => void)[] = [];
  #isAdmitting = false;
  #isDispatching = false;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #demandSequence = 0;

  constructor(tools: ActivityTools, state: TermState) {
    this.#tools = tools;
    this.#state = state;
    const { ports, settings, laneSender } = tools;
    const { clock, log, metrics } = ports;
    const ended = this.#ended.signal;
    this.#takeOver = beginTakeOver(clock.monotonicMs());
    const settling = { state, settings, clock, log, metrics, ended };
    const { wake } = settleLoop(settling, { onSettled: (step) => this.#settled(step) });
    this.#wakeSettle = wake;
    metrics.activations.inc();
    metrics.active.set(1);
    log.info('active', { term: state.term.term, partitions: state.term.committed.length });
    void learnEnds(this.#takeOver, ports, ended).then(() => this.admitOnceOutcomesAreRead());
    void laneSender.keepTime(ended);
    const telling = { ended, demand: () => this.#demand() };
    void tellDemand({ clock, log, laneSender }, settings.topics.demand, telling);
  }

  isOf(term: ActiveTerm): boolean {
    return this.#state.term === term;
  }

  end(): void {
    this.#ended.abort();
  }

  hasUntaken(): boolean {
    return hasUntaken(this.#state);
  }

  read(batch: ReadBatch): void {
    if (batch.topic === this.#tools.settings.topics.done) this.#readDone(batch);
    else this.#admit(batch, () => this.#readIntake(batch));
    if (batch.records.length > 0) this.#tools.requestPass();
  }

  lose(lost: LostRange): void {
    this.#admit(lost, () => this.#recordLoss(lost));
    this.#tools.requestPass();
  }

  hearFleet(events: readonly FleetEvent[]): void {
    const { settings, ports } = this.#tools;
    const context = { attemptsMax: settings.attemptsMax, nowMs: ports.clock.monotonicMs() };
    for (const event of events) hearFleet(this.#state, event, context);
  }

  /** What was settled before tells a duplicate, so intake waits until that has been read. */
  #admit(partition: TopicPartition, tell: () => void): void {
    if (this.#isAdmitting) {
      tell();
      return;
    }
    this.#untold.push(tell);
    pauseReading(this.#state, partition);
  }

  admitOnceOutcomesAreRead(): void {
    if (this.#isAdmitting || this.#ended.signal.aborted) return;
    if (!hasReadOutcomes(this.#takeOver, this.#tools.views.outcomePositions)) return;
    this.#isAdmitting = true;
    for (const tell of this.#untold.splice(0)) tell();
    this.#tools.requestPass();
  }

  #readIntake(batch: ReadBatch): void {
    const { ports, settings, views } = this.#tools;
    const { fleet, known, brokerClock } = views;
    const times = { nowMs: ports.clock.monotonicMs(), brokerNowMs: brokerClock.nowMs() };
    readIntake({ state: this.#state, settings, fleet, known, ...times }, batch);
    const priority = priorityOfIntake(settings.topics, batch.topic);
    if (priority !== null) ports.metrics.read.inc({ priority }, batch.records.length);
  }

  #readDone(batch: ReadBatch): void {
    const { ports, settings, views } = this.#tools;
    const nowMs = ports.clock.monotonicMs();
    const news = readDone({ state: this.#state, settings, nowMs }, batch);
    for (const { priority, durationMs } of news.lengths) views.lengths.learn(priority, durationMs);
    for (const problem of news.problems) {
      ports.log.warn('foreign-done-record', { message: `${problem}; it is ignored` });
    }
  }

  #recordLoss(lost: LostRange): void {
    const { metrics, log } = this.#tools.ports;
    const ranges = recordLoss(this.#state, this.#tools.settings, lost);
    for (const { topic, partition, from, until } of ranges) {
      metrics.lost.inc(until - from);
      log.error('intake-lost', {
        message: `retention deleted offsets ${from} to ${until - 1} of ${topic}/${partition} before they were settled; they end as expired. Give the topic more retention or the lanes more workers`,
      });
    }
  }

  /** The outcome topics tell it as well, but later. */
  #settled(step: SettleStep): void {
    const { views, requestPass } = this.#tools;
    const brokerNowMs = views.brokerClock.nowMs();
    for (const { identity, accepted } of step.accepted) {
      views.known.remember(identity, accepted, brokerNowMs);
    }
    this.#state.index.noteHeldBack();
    this.#state.tallies.settled(step.entries);
    requestPass();
  }

  /** Draws what follows from all that was read, and from time. */
  pass(): void {
    const { ports, settings, views, laneSender, isSending } = this.#tools;
    const pass = this.#passNow();
    const mayAct = this.#mayAct();
    if (pass.nowMs - this.#lookedAtMs >= lookEveryMs) {
      this.#lookedAtMs = pass.nowMs;
      concludeTries(this.#state, views.fleet, pass.nowMs);
      if (mayAct) this.#expire(pass.brokerNowMs);
    }
    this.#wakeSettle();
    if (this.#isAdmitting) adjustWindow(this.#state, settings);
    if (!mayAct || !isSending()) return;
    const sent = dispatch(pass);
    if (sent.length === 0) return;
    for (const each of sent) countSent(ports.metrics, each);
    void laneSender.send(sent.map(({ record }) => record));
  }

  #expire(brokerNowMs: number): void {
    const { settings, retention, ports } = this.#tools;
    const rules = { settings, retentionMs: retention.current(), brokerNowMs };
    for (const { priority, cause, chunks } of expireWaiting(this.#state, rules)) {
      if (cause === 'deadline') ports.log.info('chunks-expired', { priority, cause, chunks });
      else {
        ports.log.error('chunks-expired', {
          message: `retention would soon have deleted these ${priority} chunks before they were settled. Give the topic more retention or the lanes more workers`,
          priority,
          cause,
          chunks,
        });
      }
    }
  }

  /** `null` while it is not known. */
  #demand(): Demand | null {
    if (!this.#mayAct()) return null;
    this.#demandSequence += 1;
    const demand = demandOfTerm(this.#passNow(), this.#demandSequence);
    const { ports, views, retention, settings } = this.#tools;
    const kept = retention.current();
    showDemand(ports.metrics, {
      demand,
      fleet: views.fleet,
      retentionMs: (priority) => kept.get(settings.topics.intake(priority)) ?? null,
    });
    return demand;
  }

  /** Only then is it known what waits and what does not. */
  #mayAct(): boolean {
    const { views, ports } = this.#tools;
    const { term } = this.#state;
    if (!this.#isDispatching) {
      this.#isDispatching = isReadyToDispatch(this.#takeOver, {
        fleet: views.fleet,
        outcomePositions: views.outcomePositions,
        hasReadDone: hasReadDone(this.#state),
      });
      if (!this.#isDispatching) return false;
      const unsettled = this.#state.entries.size;
      ports.log.info('dispatching', { term: term.term, unsettled });
    }
    return views.brokerClock.isSet() && term.isOwnershipFresh();
  }

  #passNow(): DispatchPass {
    const { ports, settings, views } = this.#tools;
    const brokerNowMs = views.brokerClock.nowMs();
    return {
      state: this.#state,
      settings,
      fleet: views.fleet,
      speeds: views.speeds,
      directive: views.directive.at(brokerNowMs),
      nowMs: ports.clock.monotonicMs(),
      brokerNowMs,
    };
  }
}
