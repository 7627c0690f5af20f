import type { Clock } from '../shared/clock/ports.ts';
import { intakeTopics, outcomeTopics } from '../shared/chunk/topics.ts';
import { partitionKey } from '../shared/kafka/ports.ts';
import type { ActiveTerm, ReadBatch } from '../shared/kafka/ports.ts';
import { Activity, beginActivity } from './activity.ts';
import { hideDemand } from './telling/demand-metrics.ts';
import type { DispatcherPorts } from './dispatcher-ports.ts';
import { followOutcomes } from './reading/follow-outcomes.ts';
import { createIntakeRetention } from './reading/intake-retention.ts';
import { createLaneSender } from './dispatching/lane-sender.ts';
import { passSchedule } from './dispatching/pass-schedule.ts';
import type { DispatchSettings } from './knowledge/term-state.ts';
import { createViews } from './views.ts';

/** Time between looks at what only the passing of time changes: start-by, silence, other workers. */
const tickMs = 250;
const untakenLookMs = 50;

/** One process of the dispatcher role: active while the group says so, else standing by. */
export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #settings: DispatchSettings;
  readonly #onFatal: (error: unknown) => void;
  readonly #views;
  readonly #laneSender;
  readonly #retention;
  readonly #passes;
  readonly #stopping = new AbortController();
  #activity: Activity | null = null;
  #isSending = true;

  constructor(
    ports: DispatcherPorts,
    settings: DispatchSettings,
    onFatal: (error: unknown) => void,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#onFatal = onFatal;
    const { topics } = settings;
    this.#views = createViews(ports.clock, settings);
    const { brokerClock } = this.#views;
    this.#laneSender = createLaneSender({ ...ports, brokerClock }, topics.fleet);
    this.#retention = createIntakeRetention(ports, intakeTopics(topics));
    this.#passes = passSchedule(ports.clock, () => this.#pass());
  }

  async start(): Promise<void> {
    await this.#follow();
    void this.#retention.keepCurrent(this.#stopping.signal);
    void this.#tick(this.#ports.clock);
    await this.#ports.intake.start({
      onActive: (term) => this.#becomeActive(term),
      onBatch: (term, batch) => this.#activityOf(term)?.read(batch),
      onInactive: () => this.#standBy(),
      onLost: (term, lost) => this.#activityOf(term)?.lose(lost),
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
    while (!signal.aborted && this.#activity?.hasUntaken() === true) {
      await this.#ports.clock.sleepMs(untakenLookMs, signal);
    }
  }

  async stop(): Promise<void> {
    const { intake, fleet, outcomes, directive, lanes, admin } = this.#ports;
    this.#stopping.abort();
    this.#endActivity();
    await intake.stop();
    await Promise.all([
      ...[fleet, outcomes, directive].map((follower) => follower.stop()),
      ...[lanes, admin].map((opened) => opened.close()),
    ]);
  }

  /** What every dispatcher follows, active or standing by. */
  async #follow(): Promise<void> {
    const { outcomes, fleet, directive, clock } = this.#ports;
    const { topics, identityWindowMs } = this.#settings;
    const onFatal = this.#onFatal;
    await outcomes.start({
      topics: outcomeTopics(topics),
      from: { sinceMs: clock.nowMs() - identityWindowMs },
      onBatch: (batch) => this.#followOutcomes(batch),
      onFatal,
    });
    await fleet.start({
      topics: [topics.fleet],
      from: 'end',
      onBatch: (batch) => this.#followFleet(batch),
      onFatal,
    });
    await directive.start({
      topics: [topics.directive],
      from: 'beginning',
      onBatch: (batch) => this.#followDirective(batch),
      onFatal,
    });
  }

  #becomeActive(term: ActiveTerm): void {
    this.#endActivity();
    const activity = beginActivity(
      {
        ports: this.#ports,
        settings: this.#settings,
        views: this.#views,
        laneSender: this.#laneSender,
        retention: this.#retention,
        isSending: () => this.#isSending,
        requestPass: () => this.#passes.request(),
      },
      term,
    );
    if (activity instanceof Activity) this.#activity = activity;
    else this.#onFatal(activity);
  }

  #activityOf(term: ActiveTerm): Activity | null {
    return this.#activity?.isOf(term) === true ? this.#activity : null;
  }

  #standBy(): void {
    if (this.#activity !== null) this.#ports.log.info('standing-by');
    this.#endActivity();
  }

  #endActivity(): void {
    this.#activity?.end();
    this.#activity = null;
    const { metrics } = this.#ports;
    metrics.active.set(0);
    hideDemand(metrics);
  }

  #followFleet(batch: ReadBatch): void {
    const events = this.#views.fleet.apply(batch, this.#ports.clock.monotonicMs());
    if (this.#activity === null || events.length === 0) return;
    this.#activity.hearFleet(events);
    this.#passes.request();
  }

  #followDirective(batch: ReadBatch): void {
    for (const problem of this.#views.directive.apply(batch)) {
      this.#ports.log.warn('foreign-directive', {
        message: `${problem}; it is ignored, and the last directive holds until it expires`,
      });
    }
    if (batch.records.length > 0) this.#passes.request();
  }

  #followOutcomes(batch: ReadBatch): void {
    const { known, outcomePositions, brokerClock } = this.#views;
    followOutcomes(known, this.#settings.topics, batch);
    // A stand-by sends nothing and so does not know the broker's time but from what it reads: its
    // own clock may be wrong, and must not empty the window.
    const readAtMs = batch.records.at(-1)?.timestampMs ?? Number.NEGATIVE_INFINITY;
    const brokerNowMs = brokerClock.isSet() ? brokerClock.nowMs() : readAtMs;
    known.forgetBefore(brokerNowMs - this.#settings.identityWindowMs);
    outcomePositions.set(partitionKey(batch), batch.nextOffset);
    this.#activity?.admitOnceOutcomesAreRead();
  }

  async #tick(clock: Clock): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await clock.sleepMs(tickMs, this.#stopping.signal);
      this.#passes.request();
    }
  }

  #pass(): void {
    // A stand-by judges as well, and forgets: its view counts from its first moment as active.
    const gone = this.#views.fleet.declareGone();
    this.#activity?.hearFleet(gone);
    this.#activity?.pass();
  }
}
