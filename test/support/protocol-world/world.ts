import { Registry } from 'prom-client';
import { Dispatcher } from '../../../services/dispatcher/dispatcher.ts';
import { dispatcherMetrics } from '../../../services/dispatcher/telling/metrics.ts';
import {
  dispatcherGroup,
  dispatcherTransactionalId,
  intakeTopics,
  laneTopics,
  workerGroup,
} from '../../../services/shared/chunk/topics.ts';
import { directiveKeys, encodeDirective } from '../../../services/shared/chunk/directive.ts';
import { priorities } from '../../../services/shared/chunk/words.ts';
import type { WorkerKind } from '../../../services/shared/chunk/words.ts';
import { ManualClock, seededRandom } from '../../../services/shared/clock/manual.ts';
import type { Random } from '../../../services/shared/clock/ports.ts';
import { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import type { LagReader, RecordSink } from '../../../services/shared/kafka/ports.ts';
import { createFileStore } from '../../../services/shared/object-store/file-store.ts';
import { recordedLog } from '../../../services/shared/process/recorded-log.ts';
import type { LogFields, Logger } from '../../../services/shared/process/ports.ts';
import { workerMetrics } from '../../../services/worker/metrics.ts';
import { Worker } from '../../../services/worker/worker.ts';
import { History } from './history.ts';
import { checkEnd, endAtMs } from './invariants.ts';
import { between, faultsEndAtMs } from './options.ts';
import type { PlannedChunk, PlannedDirective, WorldOptions } from './options.ts';
import type { Sabotage } from './sabotage.ts';
import { plannedDirective, plannedRecord } from './planned-records.ts';
import { dispatchSettings, ensureTopics, sessionTimeoutMs, topics } from './settings.ts';
import { simulatedExecutor } from './simulated-executor.ts';
import type { SimulatedExecutor } from './simulated-executor.ts';
import { SimulatedProcess } from './simulated-process.ts';
import {
  unreliableAdmin,
  unreliableFollower,
  unreliableIntake,
  unreliableLanes,
  unreliableSink,
} from './unreliable-ports.ts';

export interface RunningWorker {
  readonly process: SimulatedProcess;
  readonly worker: Worker;
  readonly plan: WorldOptions['workers'][number];
  executor: SimulatedExecutor | null;
  isDraining: boolean;
}

export interface RunningDispatcher {
  readonly process: SimulatedProcess;
  readonly dispatcher: Dispatcher;
}

/** After everything is settled, so long is watched that it stays so. */
const quietMs = 8000;
const stepMs = 500;

/** The real dispatchers and workers on the twin of Kafka, on one clock, with every chance from a seed. */
export class World {
  readonly clock = new ManualClock(1_760_000_000_000);
  readonly kafka: MemoryKafka;
  readonly history: History;
  readonly random: Random;
  readonly options: WorldOptions;
  readonly #sabotage: Sabotage;
  workers: RunningWorker[] = [];
  dispatchers: RunningDispatcher[] = [];
  fleetStalledUntilMs = 0;
  outcomesStalledUntilMs = 0;
  intakeStalledUntilMs = 0;
  #started = 0;

  constructor(options: WorldOptions, sabotage: Sabotage = {}) {
    this.options = options;
    this.#sabotage = sabotage;
    this.random = seededRandom(options.seed + 1_000_003);
    const random = seededRandom(options.seed + 2_000_003);
    this.kafka = new MemoryKafka({ clock: this.clock, random });
    this.history = new History({ clock: this.clock, kafka: this.kafka, topics });
  }

  /** Runs to the end; `onFault` is called for each fault at its time. */
  async run(onFault: (world: World, index: number) => void): Promise<History> {
    await ensureTopics(this.kafka, this.options.partitions);
    for (const plan of this.options.workers) this.startWorker(plan);
    for (let count = 0; count < this.options.dispatchers; count += 1) this.startDispatcher();
    for (const chunk of this.options.chunks) {
      this.clock.after(chunk.atMs, () => this.#produce(chunk));
    }
    for (const directive of this.options.directives) {
      this.clock.after(directive.atMs, () => this.#direct(directive));
    }
    for (const [index, { atMs }] of this.options.faults.entries()) {
      this.clock.after(atMs, () => onFault(this, index));
    }
    const lags = await this.kafka.connect().lagReader();
    let quietSinceMs: number | null = null;
    while (this.clock.monotonicMs() < endAtMs) {
      await this.clock.elapseMs(stepMs);
      const nowMs = this.clock.monotonicMs();
      const isQuiet = nowMs > faultsEndAtMs && (await this.#lag(lags)) === 0;
      quietSinceMs = isQuiet ? (quietSinceMs ?? nowMs) : null;
      if (quietSinceMs !== null && nowMs - quietSinceMs >= quietMs) break;
    }
    if (quietSinceMs === null) this.history.violate('lag-left', String(await this.#lag(lags)));
    checkEnd(this.history, this.options);
    return this.history;
  }

  /** Of intake and of `done`: both must come to their ends. */
  async #lag(lags: LagReader): Promise<number> {
    const partitions = await lags.read(dispatcherGroup(topics), [
      ...intakeTopics(topics),
      topics.done,
    ]);
    return partitions.reduce((sum, { lag }) => sum + lag, 0);
  }

  startDispatcher(): void {
    const process = this.#process('dispatcher');
    const { connection } = process;
    const { history, random } = this;
    const usual = dispatcherTransactionalId(topics);
    const intake = connection.roleSource({
      group: dispatcherGroup(topics),
      transactionalId: this.#sabotage.transactionalId?.(usual, process.name) ?? usual,
      workTopics: intakeTopics(topics),
      reportTopic: topics.done,
      sessionTimeoutMs,
    });
    const stalledUntilMs = (): number => this.intakeStalledUntilMs;
    const unreliable = unreliableIntake(process, intake, { history, random, stalledUntilMs });
    const fleet = unreliableFollower(
      process,
      connection.topicFollower(),
      () => this.fleetStalledUntilMs,
    );
    const outcomes = unreliableFollower(
      process,
      connection.topicFollower(),
      () => this.outcomesStalledUntilMs,
    );
    const directive = unreliableFollower(process, connection.topicFollower(), () => 0);
    const ports = {
      clock: process.clock,
      directive: this.#sabotage.directive?.(directive) ?? directive,
      admin: unreliableAdmin(process),
      intake: this.#sabotage.intake?.(unreliable) ?? unreliable,
      lanes: this.#lanes(process),
      fleet: this.#sabotage.fleet?.(fleet) ?? fleet,
      outcomes: this.#sabotage.outcomes?.(outcomes) ?? outcomes,
      log: this.#log(process),
      metrics: dispatcherMetrics(new Registry()),
    };
    const settings = dispatchSettings(this.options.windowBytesMax, this.options.late);
    const onFatal = (error: unknown): void => history.violate('dispatcher-fatal', String(error));
    const dispatcher = new Dispatcher(ports, settings, onFatal);
    this.dispatchers.push({ process, dispatcher });
    this.#launch(process, () => dispatcher.start());
  }

  /** What a dispatcher sends is checked at the moment of sending. */
  #lanes(process: SimulatedProcess): RecordSink {
    const { history } = this;
    const sink = this.#sink(process);
    return {
      send: (records) => {
        if (process.isAlive && !process.isPaused) history.sending(process, records);
        return sink.send(records);
      },
      close: () => sink.close(),
    };
  }

  startWorker(plan: WorldOptions['workers'][number]): void {
    const { kind, slots } = plan;
    const process = this.#process(kind);
    const { history } = this;
    const sink = this.#sink(process);
    const told: RecordSink = {
      send: (records) => {
        if (process.isAlive) history.saying(process, records);
        return sink.send(records);
      },
      close: () => sink.close(),
    };
    const lanes = unreliableLanes(process, this.#laneSource(process, kind));
    const ports = {
      clock: process.clock,
      lanes: this.#sabotage.lanes?.(lanes) ?? lanes,
      sink: this.#sabotage.workerSink?.(told) ?? told,
      store: createFileStore(null),
      openExecutor: async () => {
        await process.clock.sleepMs(between(this.random, 0, 2000));
        const { random } = this;
        running.executor = simulatedExecutor({ clock: process.clock, random, history }, slots, () =>
          this.killWorker(running),
        );
        return running.executor;
      },
      log: this.#log(process),
      metrics: workerMetrics(new Registry()),
    };
    const settings = {
      name: process.name,
      kind,
      pool: 'world',
      node: null,
      topics,
      slots,
      emulatedSpeed: null,
      claimBytesMax: 1_000_000,
    };
    const onFatal = (error: unknown): void => history.violate('worker-fatal', String(error));
    const worker = new Worker(ports, settings, onFatal);
    const running: RunningWorker = { process, worker, plan, executor: null, isDraining: false };
    this.workers.push(running);
    this.#launch(process, () => worker.start());
  }

  killWorker(running: RunningWorker): void {
    const { process, plan } = running;
    if (!process.isAlive) return;
    this.history.note(process.name, 'dies');
    this.history.blameless(process);
    process.kill();
    const restartMs = between(this.random, 300, 4000);
    this.clock.after(restartMs, () => {
      this.workers = this.workers.filter((other) => other !== running);
      this.startWorker(plan);
    });
  }

  killDispatcher(running: RunningDispatcher, forMs: number): void {
    if (!running.process.isAlive) return;
    this.history.note(running.process.name, 'dies');
    running.process.kill();
    // The dead do nothing any more; this only spares the simulation their idle turns.
    void running.dispatcher.stop();
    this.clock.after(forMs, () => {
      this.dispatchers = this.dispatchers.filter((other) => other !== running);
      this.startDispatcher();
    });
  }

  #process(role: string): SimulatedProcess {
    this.#started += 1;
    return new SimulatedProcess(`${role}-${this.#started}`, {
      world: this.clock,
      random: this.random,
      connection: this.kafka.connect(),
    });
  }

  #sink(process: SimulatedProcess): RecordSink {
    const opening = process.connection.recordSink();
    return unreliableSink(process, {
      send: async (records) => (await opening).send(records),
      close: async () => (await opening).close(),
    });
  }

  #laneSource(process: SimulatedProcess, kind: WorkerKind) {
    return process.connection.laneSource({
      group: workerGroup(topics, kind),
      lanes: laneTopics(topics, kind).map((topic, index) => ({
        topic,
        priority: priorities[index] ?? 'bulk',
      })),
      sessionTimeoutMs,
      aheadBytesMax: 1_000_000,
    });
  }

  /** A start that fails for want of the network ends the process, and another one comes. */
  #launch(process: SimulatedProcess, start: () => Promise<void>): void {
    void start().catch((error: unknown) => {
      this.history.note(process.name, `start failed: ${String(error)}`);
      const worker = this.workers.find((running) => running.process === process);
      if (worker !== undefined) this.killWorker(worker);
      const dispatcher = this.dispatchers.find((running) => running.process === process);
      if (dispatcher !== undefined) this.killDispatcher(dispatcher, 1000);
    });
  }

  #log(process: SimulatedProcess): Logger {
    const { history } = this;
    const info = (event: string, fields: LogFields = {}): void => {
      if (!process.isAlive) return;
      if (event === 'chunk.started') history.starts(process, String(fields['assignment']));
      else if (event === 'chunk.finished') history.finishes(process, String(fields['assignment']));
      else history.note(process.name, event);
    };
    const warn = (event: string, fields: LogFields = {}): void => {
      history.note(
        process.name,
        `${event} ${fields.message ?? ''} ${fields.error instanceof Error ? fields.error.message : ''}`,
      );
    };
    return { ...recordedLog(), info, warn, error: warn };
  }

  #produce(planned: PlannedChunk): void {
    const { id, priority, nature, computeMs, producer } = planned;
    this.history.note('producer', `${id} ${nature} ${computeMs} ms to ${priority}, ${producer}`);
    const end = this.kafka.openTransaction([plannedRecord(planned, this.clock.nowMs())]);
    const openMs = producer === 'plain' ? 0 : between(this.random, 0, 1500);
    this.clock.after(openMs, () => end(producer === 'aborts' ? 'aborted' : 'committed'));
  }

  #direct(planned: PlannedDirective): void {
    const directive = plannedDirective(planned, this.clock.nowMs());
    this.history.directed(directive);
    const key = Buffer.from(directiveKeys.directive);
    const value = Buffer.from(encodeDirective(directive));
    this.kafka.openTransaction([{ topic: topics.directive, key, value, headers: [] }])('committed');
  }
}
