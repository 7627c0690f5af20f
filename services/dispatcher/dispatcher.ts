import { createBrokerClock } from '../shared/clock/broker-clock.ts';
import type { Clock } from '../shared/clock/ports.ts';
import { outcomeTopics } from '../shared/chunk/topics.ts';
import { partitionKey } from '../shared/kafka/ports.ts';
import type {
  ActiveTerm,
  RoleSource,
  ReadBatch,
  RecordSink,
  TopicFollower,
  TopicPartition,
} from '../shared/kafka/ports.ts';
import type { Logger } from '../shared/process/ports.ts';
import type { Activity } from './activity.ts';
import { concludeTries, dispatch } from './dispatch-pass.ts';
import type { DispatchPass } from './dispatch-pass.ts';
import { createFleetView } from './fleet-view.ts';
import { followOutcomes } from './follow-outcomes.ts';
import { hearFleet } from './hear-fleet.ts';
import { createKnownIdentities } from './known-identities.ts';
import { createMediaLengths } from './media-lengths.ts';
import type { DispatcherMetrics } from './metrics.ts';
import { createLaneSender } from './lane-sender.ts';
import { readDone } from './read-done.ts';
import { readIntake } from './read-intake.ts';
import { recordLoss } from './record-loss.ts';
import type { LostRange } from './record-loss.ts';
import { settleLoop } from './settle-loop.ts';
import type { SettleStep } from './settle-step.ts';
import { beginTakeOver, hasReadOutcomes, isReadyToDispatch, learnEnds } from './take-over.ts';
import { createTermState, hasReadDone, hasUntaken, priorityOfIntake } from './term-state.ts';
import type { DispatchSettings, TermState } from './term-state.ts';
import { adjustWindow, pauseReading } from './window.ts';

/** The adapters of one dispatcher; `main.ts` builds them, `stop` closes them. */
export interface DispatcherPorts {
  readonly clock: Clock;
  readonly intake: RoleSource;
  readonly lanes: RecordSink;
  readonly fleet: TopicFollower;
  readonly outcomes: TopicFollower;
  readonly log: Logger;
  readonly metrics: DispatcherMetrics;
}

/** Time between looks at what only the passing of time changes: start-by, silence, other workers. */
const tickMs = 250;
const untakenLookMs = 50;

/** One process of the dispatcher role: active while the group says so, else standing by. */
export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #settings: DispatchSettings;
  readonly #onFatal: (error: unknown) => void;
  readonly #fleet = createFleetView();
  readonly #known = createKnownIdentities();
  readonly #lengths = createMediaLengths();
  readonly #brokerClock;
  readonly #laneSender;
  readonly #outcomePositions = new Map<string, number>();
  readonly #stopping = new AbortController();
  #activity: Activity | null = null;
  #isPassDue = false;
  #isSending = true;

  constructor(
    ports: DispatcherPorts,
    settings: DispatchSettings,
    onFatal: (error: unknown) => void,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#onFatal = onFatal;
    this.#brokerClock = createBrokerClock(ports.clock);
    this.#laneSender = createLaneSender(
      { ...ports, brokerClock: this.#brokerClock },
      settings.topics.fleet,
    );
  }

  async start(): Promise<void> {
    const { outcomes, fleet, intake } = this.#ports;
    const { topics, identityWindowMs } = this.#settings;
    await outcomes.start({
      topics: outcomeTopics(topics),
      from: { sinceMs: this.#ports.clock.nowMs() - identityWindowMs },
      onBatch: (batch) => this.#followOutcomes(batch),
      onFatal: this.#onFatal,
    });
    await fleet.start({
      topics: [topics.fleet],
      from: 'end',
      onBatch: (batch) => this.#followFleet(batch),
      onFatal: this.#onFatal,
    });
    void this.#tick();
    await intake.start({
      onActive: (term) => this.#becomeActive(term),
      onBatch: (term, batch) => this.#read(term, batch),
      onInactive: () => this.#standBy(),
      onLost: (term, lost) => this.#lose(term, lost),
      onFatal: (error) => {
        this.#endActivity();
        this.#onFatal(error);
      },
    });
  }

  /** Sends nothing from now on; what workers report is still settled. */
  stopSending(): void {
    this.#isSending = false;
  }

  /**
   * Resolves when nothing that was sent lies in a lane untaken, or when `signal` aborts: whoever takes
   * over knows only what workers have in hand, and would send the rest again.
   */
  async lanesTaken(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#activity !== null && hasUntaken(this.#activity.state)) {
      await this.#ports.clock.sleepMs(untakenLookMs, signal);
    }
  }

  async stop(): Promise<void> {
    const { intake, fleet, outcomes, lanes } = this.#ports;
    this.#stopping.abort();
    this.#endActivity();
    await intake.stop();
    await Promise.all([fleet.stop(), outcomes.stop(), lanes.close()]);
  }

  #becomeActive(term: ActiveTerm): void {
    const { clock, log, metrics } = this.#ports;
    this.#endActivity();
    const state = createTermState(term, this.#settings.topics, clock.monotonicMs());
    if (!('term' in state)) {
      this.#onFatal(state);
      return;
    }
    const ended = new AbortController();
    const takeOver = beginTakeOver(clock.monotonicMs());
    const context = { state, settings: this.#settings, clock, log, metrics, ended: ended.signal };
    const { wake } = settleLoop(context, { onSettled: (step) => this.#rememberSettled(step) });
    const stages = { untold: [], isAdmitting: false, isDispatching: false };
    this.#activity = { state, takeOver, ended, wakeSettle: wake, ...stages };
    metrics.activations.inc();
    metrics.active.set(1);
    log.info('active', { term: term.term, partitions: term.committed.length });
    void learnEnds(takeOver, this.#ports, ended.signal).then(() =>
      this.#admitOnceOutcomesAreRead(),
    );
    void this.#laneSender.keepTime(ended.signal);
  }

  #standBy(): void {
    if (this.#activity !== null) this.#ports.log.info('standing-by');
    this.#endActivity();
  }

  #endActivity(): void {
    this.#activity?.ended.abort();
    this.#activity = null;
    this.#ports.metrics.active.set(0);
  }

  #read(term: ActiveTerm, batch: ReadBatch): void {
    const activity = this.#activity;
    if (activity === null || activity.state.term !== term) return;
    if (batch.topic === this.#settings.topics.done) this.#readDone(activity.state, batch);
    else this.#admit(activity, batch, () => this.#readIntake(activity.state, batch));
    if (batch.records.length > 0) this.#requestPass();
  }

  /** What was settled before tells a duplicate, so intake waits until that has been read. */
  #admit(activity: Activity, partition: TopicPartition, tell: () => void): void {
    if (activity.isAdmitting) {
      tell();
      return;
    }
    activity.untold.push(tell);
    pauseReading(activity.state, partition);
  }

  #admitOnceOutcomesAreRead(): void {
    const activity = this.#activity;
    if (activity === null || activity.isAdmitting) return;
    if (!hasReadOutcomes(activity.takeOver, this.#outcomePositions)) return;
    activity.isAdmitting = true;
    for (const tell of activity.untold.splice(0)) tell();
    this.#requestPass();
  }

  #readIntake(state: TermState, batch: ReadBatch): void {
    const { clock, metrics } = this.#ports;
    const settings = this.#settings;
    const views = { fleet: this.#fleet, known: this.#known };
    const times = { nowMs: clock.monotonicMs(), brokerNowMs: this.#brokerClock.nowMs() };
    readIntake({ state, settings, ...views, ...times }, batch);
    const priority = priorityOfIntake(settings.topics, batch.topic);
    if (priority !== null) metrics.read.inc({ priority }, batch.records.length);
  }

  #readDone(state: TermState, batch: ReadBatch): void {
    const nowMs = this.#ports.clock.monotonicMs();
    const news = readDone({ state, settings: this.#settings, nowMs }, batch);
    for (const { priority, durationMs } of news.lengths) this.#lengths.learn(priority, durationMs);
    for (const problem of news.problems) {
      this.#ports.log.warn('foreign-done-record', { message: `${problem}; it is ignored` });
    }
  }

  #followFleet(batch: ReadBatch): void {
    const nowMs = this.#ports.clock.monotonicMs();
    const events = this.#fleet.apply(batch, nowMs);
    if (this.#activity === null || events.length === 0) return;
    const { attemptsMax } = this.#settings;
    for (const event of events) hearFleet(this.#activity.state, event, { attemptsMax, nowMs });
    this.#requestPass();
  }

  #followOutcomes(batch: ReadBatch): void {
    followOutcomes(this.#known, this.#settings.topics, batch);
    // A stand-by sends nothing and so does not know the broker's time but from what it reads: its
    // own clock may be wrong, and must not empty the window.
    const readAtMs = batch.records.at(-1)?.timestampMs ?? Number.NEGATIVE_INFINITY;
    const brokerNowMs = this.#brokerClock.isSet() ? this.#brokerClock.nowMs() : readAtMs;
    this.#known.forgetBefore(brokerNowMs - this.#settings.identityWindowMs);
    this.#outcomePositions.set(partitionKey(batch), batch.nextOffset);
    this.#admitOnceOutcomesAreRead();
  }

  /** The outcome topics tell it as well, but later. */
  #rememberSettled(step: SettleStep): void {
    const brokerNowMs = this.#brokerClock.nowMs();
    for (const { identity, accepted } of step.accepted) {
      this.#known.remember(identity, accepted, brokerNowMs);
    }
    this.#requestPass();
  }

  #lose(term: ActiveTerm, lost: LostRange): void {
    const activity = this.#activity;
    if (activity === null || activity.state.term !== term) return;
    this.#admit(activity, lost, () => this.#recordLoss(activity.state, lost));
    this.#requestPass();
  }

  #recordLoss(state: TermState, lost: LostRange): void {
    for (const { topic, partition, from, until } of recordLoss(state, this.#settings, lost)) {
      this.#ports.metrics.lost.inc(until - from);
      this.#ports.log.error('intake-lost', {
        message: `retention deleted offsets ${from} to ${until - 1} of ${topic}/${partition} before they were settled; they end as expired. Give the topic more retention or the lanes more workers`,
      });
    }
  }

  async #tick(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#ports.clock.sleepMs(tickMs, this.#stopping.signal);
      this.#pass();
    }
  }

  /** All events of one turn of the event loop lead to one pass. */
  #requestPass(): void {
    if (this.#isPassDue) return;
    this.#isPassDue = true;
    queueMicrotask(() => {
      this.#isPassDue = false;
      this.#pass();
    });
  }

  #pass(): void {
    // A stand-by judges as well, and forgets: its view counts from its first moment as active.
    const gone = this.#fleet.declareGone();
    const activity = this.#activity;
    if (activity === null) return;
    const { state } = activity;
    const { attemptsMax } = this.#settings;
    const pass = this.#passOver(state);
    for (const event of gone) hearFleet(state, event, { attemptsMax, nowMs: pass.nowMs });
    concludeTries(pass);
    activity.wakeSettle();
    if (activity.isAdmitting) adjustWindow(state, this.#settings);
    this.#ports.metrics.unsettled.set(state.entries.size);
    if (!this.#mayDispatch(activity)) return;
    const records = dispatch(pass);
    if (records.length === 0) return;
    this.#ports.metrics.dispatched.inc(records.length);
    void this.#laneSender.send(records);
  }

  #mayDispatch(activity: Activity): boolean {
    const { state, takeOver } = activity;
    if (!activity.isDispatching) {
      activity.isDispatching = isReadyToDispatch(takeOver, {
        fleet: this.#fleet,
        outcomePositions: this.#outcomePositions,
        hasReadDone: hasReadDone(state),
      });
      const { term } = state.term;
      const unsettled = state.entries.size;
      if (activity.isDispatching) this.#ports.log.info('dispatching', { term, unsettled });
    }
    const isAllowed = this.#isSending && activity.isDispatching;
    return isAllowed && this.#brokerClock.isSet() && state.term.isOwnershipFresh();
  }

  #passOver(state: TermState): DispatchPass {
    return {
      state,
      settings: this.#settings,
      fleet: this.#fleet,
      lengths: this.#lengths,
      nowMs: this.#ports.clock.monotonicMs(),
      brokerNowMs: this.#brokerClock.nowMs(),
    };
  }
}
