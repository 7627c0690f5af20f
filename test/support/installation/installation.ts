import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keeper } from '../../../services/local/processes/keeper.ts';
import type { LogLine } from '../../../services/local/processes/log-lines.ts';
import { Program } from '../../../services/local/processes/program.ts';
import { projectFolder } from '../../../services/local/project-folder.ts';
import { inlineBytesDefault, sizeLimits } from '../../../services/shared/chunk/limits.ts';
import {
  dispatcherGroup,
  intakeTopics,
  topicsWithPrefix,
} from '../../../services/shared/chunk/topics.ts';
import type { Topics } from '../../../services/shared/chunk/topics.ts';
import type { Priority } from '../../../services/shared/chunk/words.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import { connectKafka } from '../../../services/shared/kafka/kafkajs/connect.ts';
import type {
  KafkaConnection,
  LagReader,
  RecordSink,
} from '../../../services/shared/kafka/ports.ts';
import { prepareTopics } from '../../../services/shared/kafka/prepare-topics.ts';
import { eventually } from '../process-probe.ts';
import { Logged } from './logged.ts';
import { Outcomes } from './outcomes.ts';
import { Tries } from './tries.ts';

export interface InstallationOptions {
  readonly brokers: readonly string[];
  readonly prefix: string;
  /** Folders of models; by default the demo's. */
  readonly modelRepositories?: readonly string[];
  readonly inlineMebibytes?: number;
  /** For all programs, over the defaults. */
  readonly environment?: Readonly<Record<string, string>>;
  /** For dispatchers, over the above. */
  readonly dispatcherEnvironment?: Readonly<Record<string, string>>;
  /** Copies of each topic, for clusters of several brokers. */
  readonly replication?: number;
  /** Hears every line of every program, for a look at what went wrong. */
  readonly onLog?: (program: string, line: LogLine) => void;
}

/** A record for intake. */
export interface SubmittedChunk {
  readonly value: Buffer | null;
  /** As a list where one name is to come several times. */
  readonly headers?:
    Readonly<Record<string, string | Buffer>> | readonly (readonly [string, string | Buffer])[];
  readonly key?: string;
  readonly partition?: number;
  readonly priority?: Priority;
}

const silent = (): void => undefined;
const silentLog = { debug: silent, info: silent, warn: silent, error: silent };
export const demoRepository = join(projectFolder(), 'services/worker/demo-model/repository');

/**
 * Real dispatchers and workers, as processes, on topics of their own: what a test starts, kills and
 * asks. Everything that it started ends with `stop`, or with the test process.
 */
export class Installation {
  readonly topics: Topics;
  readonly kafka: KafkaConnection;
  readonly outcomes: Outcomes;
  readonly tries = new Tries();
  readonly logged = new Logged();
  readonly claimRoot: string;
  readonly #options: InstallationOptions;
  readonly #keeper = new Keeper();
  readonly #programs: Program[] = [];
  readonly #sink: RecordSink;
  readonly #lag: LagReader;

  static async open(options: InstallationOptions): Promise<Installation> {
    const limits = sizeLimits((options.inlineMebibytes ?? 8) * 1024 * 1024);
    const kafka = connectKafka({
      config: { brokers: options.brokers, tls: null, sasl: null },
      clientId: 'spillway-test',
      limits,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    });
    const admin = await kafka.topicAdmin();
    await prepareTopics(admin, {
      topics: topicsWithPrefix(options.prefix),
      limits,
      partitions: { intake: 2, lane: { gpu: 4, cpu: 4 }, done: 1, outcomes: 1 },
      replication: options.replication ?? 1,
    });
    await admin.close();
    const [sink, lag] = await Promise.all([kafka.recordSink(), kafka.lagReader()]);
    const outcomes = new Outcomes(kafka.topicFollower(), topicsWithPrefix(options.prefix));
    await outcomes.start();
    return new Installation(options, { kafka, sink, lag, outcomes });
  }

  private constructor(
    options: InstallationOptions,
    parts: {
      readonly kafka: KafkaConnection;
      readonly sink: RecordSink;
      readonly lag: LagReader;
      readonly outcomes: Outcomes;
    },
  ) {
    this.#options = options;
    this.topics = topicsWithPrefix(options.prefix);
    this.kafka = parts.kafka;
    this.outcomes = parts.outcomes;
    this.#sink = parts.sink;
    this.#lag = parts.lag;
    this.claimRoot = mkdtempSync(join(tmpdir(), 'spillway-claims-'));
    this.#keeper.removeAtEnd(this.claimRoot);
  }

  startDispatcher(name = 'dispatcher'): Program {
    return this.#start('dispatcher', name, this.#options.dispatcherEnvironment ?? {});
  }

  startWorker(name = 'worker', environment: Readonly<Record<string, string>> = {}): Program {
    const repositories = this.#options.modelRepositories ?? [demoRepository];
    return this.#start('worker', name, {
      SPILLWAY_WORKER_KIND: 'cpu',
      SPILLWAY_MODEL_REPOSITORIES: repositories.join(','),
      SPILLWAY_CLAIM_ROOT: this.claimRoot,
      ...environment,
    });
  }

  startScaler(name: string, environment: Readonly<Record<string, string>>): Program {
    return this.#start('scaler', name, environment);
  }

  /** A dispatcher and `workers` workers, resolved when the dispatcher sends and the workers are ready. */
  async startAll(workers = 1): Promise<{ dispatcher: Program; workers: readonly Program[] }> {
    const dispatcher = this.startDispatcher();
    const started = Array.from({ length: workers }, (_, index) =>
      this.startWorker(`worker-${index + 1}`),
    );
    await Promise.all([dispatching(dispatcher), ...started.map((worker) => running(worker))]);
    return { dispatcher, workers: started };
  }

  /** Appends chunks to intake; `null` for a header leaves it out. */
  async submit(chunks: readonly SubmittedChunk[]): Promise<readonly string[]> {
    const appended = await this.#sink.send(
      chunks.map(({ value, headers, key, partition, priority }) => ({
        topic: this.topics.intake(priority ?? 'live'),
        ...(partition === undefined ? {} : { partition }),
        key: key === undefined ? null : Buffer.from(key),
        value,
        headers: (isList(headers) ? headers : Object.entries(headers ?? {})).map(
          ([name, text]) => [name, Buffer.from(text)] as const,
        ),
      })),
    );
    return appended.map(
      ({ topic, partition, offset }) => `${topic.split('intake.')[1] ?? ''}/${partition}/${offset}`,
    );
  }

  /** Unsettled offsets over all of intake, and whatever is left of `done`. */
  async lag(): Promise<{ readonly intake: number; readonly done: number }> {
    const topics = [...intakeTopics(this.topics), this.topics.done];
    const partitions = await this.#lag.read(dispatcherGroup(this.topics), topics);
    const sum = (isCounted: (topic: string) => boolean): number =>
      partitions.filter(({ topic }) => isCounted(topic)).reduce((total, { lag }) => total + lag, 0);
    return {
      intake: sum((topic) => topic !== this.topics.done),
      done: sum((topic) => topic === this.topics.done),
    };
  }

  /** Resolves when the lag of intake is exactly 0. */
  settled(withinMs = 20_000): Promise<void> {
    return this.#lagIs('the lag of intake is 0', ({ intake }) => intake === 0, withinMs);
  }

  /** Resolves when nothing is left to read or to settle, in intake and in `done`. */
  drained(withinMs = 20_000): Promise<void> {
    const isZero = ({ intake, done }: { intake: number; done: number }): boolean =>
      intake === 0 && done === 0;
    return this.#lagIs('the lags of intake and of done are 0', isZero, withinMs);
  }

  async stop(): Promise<void> {
    for (const program of this.#programs) program.kill('SIGKILL');
    await Promise.all(this.#programs.map(({ exited }) => exited));
    await this.outcomes.stop();
    await Promise.all([this.#sink.close(), this.#lag.close()]);
    await this.#keeper.close();
  }

  async #lagIs(
    what: string,
    isTrue: (lag: { readonly intake: number; readonly done: number }) => boolean,
    withinMs: number,
  ): Promise<void> {
    let isReached = false;
    let isAsking = false;
    await eventually(
      what,
      () => {
        if (!isAsking) {
          isAsking = true;
          void this.lag().then(
            (lag) => {
              isReached = isTrue(lag);
              isAsking = false;
            },
            // Asked again; a read that a stop cuts off is no failure of anybody.
            () => {
              isAsking = false;
            },
          );
        }
        return isReached;
      },
      withinMs,
    );
  }

  #start(folder: string, name: string, own: Readonly<Record<string, string>>): Program {
    const program = new Program({
      name,
      entryFile: join(projectFolder(), 'dist', 'services', folder, 'main.js'),
      environment: {
        KAFKA_BROKERS: this.#options.brokers.join(','),
        SPILLWAY_TOPIC_PREFIX: this.#options.prefix,
        SPILLWAY_HTTP_ADDRESS: '127.0.0.1',
        SPILLWAY_HTTP_PORT: '0',
        SPILLWAY_INLINE_MEBIBYTES: String(
          this.#options.inlineMebibytes ?? inlineBytesDefault / 1024 / 1024,
        ),
        ...this.#options.environment,
        ...own,
      },
      keeper: this.#keeper,
      clock: systemClock,
      onLog: (line) => {
        this.tries.note(line);
        this.logged.note(name, line);
        this.#options.onLog?.(name, line);
      },
    });
    this.#programs.push(program);
    return program;
  }
}

const startMsMax = 30_000;

const isList = <Item>(given: object | readonly Item[] | undefined): given is readonly Item[] =>
  Array.isArray(given);

/** Resolves when the dispatcher is the active one and sends. */
export async function dispatching(dispatcher: Program): Promise<void> {
  await dispatcher.waitForLog(({ fields }) => fields?.['event'] === 'dispatching', startMsMax);
}

/** Resolves when the worker serves its lanes. */
export async function running(worker: Program): Promise<void> {
  await worker.waitForLog(
    ({ fields }) => fields?.['event'] === 'process-state' && fields['state'] === 'running',
    startMsMax,
  );
}
