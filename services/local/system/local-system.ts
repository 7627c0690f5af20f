import { join } from 'node:path';
import type { Clock } from '../../shared/clock/ports.ts';
import type { Keeper } from '../processes/keeper.ts';
import type { LogLine } from '../processes/log-lines.ts';
import { SupervisedProgram } from '../processes/supervise.ts';
import type { SupervisionReport } from '../processes/supervise.ts';
import { projectFolder } from '../project-folder.ts';

export interface LocalSystemOptions {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  /** Folder of claim checks, which the submitting programs know too. */
  readonly claimRoot: string;
  /** Folders of models besides the demo's. */
  readonly modelRepositories: readonly string[];
  readonly dispatchers: number;
  readonly cpuWorkers: number;
  /** Variables for all programs: how to log in to the brokers, limits, objectives. */
  readonly environment: Readonly<Record<string, string>>;
  readonly keeper: Keeper;
  readonly clock: Clock;
  readonly onLog: (program: string, line: LogLine) => void;
  readonly report: (report: SupervisionReport) => void;
}

/** The programs of one installation on this machine, kept running until `stop`. */
export interface LocalSystem {
  readonly dispatchers: readonly SupervisedProgram[];
  readonly workers: readonly SupervisedProgram[];
  /** Resolves with the name of a program that cannot be kept running; never, if all goes well. */
  readonly broken: Promise<string>;
  /** Workers first, so that what they give back is still noted. */
  stop(): Promise<void>;
}

export const demoModel = 'traffic-demo';

/** Within the grace that a person at a terminal has: executors are given back undone after it. */
const drainSeconds = 3;
const stopGraceMs = 8000;

export function startLocalSystem(options: LocalSystemOptions): LocalSystem {
  const program = (folder: string, name: string, own: Readonly<Record<string, string>>) =>
    new SupervisedProgram({
      name,
      entryFile: join(projectFolder(), 'dist', 'services', folder, 'main.js'),
      environment: { ...commonEnvironment(options), ...own },
      keeper: options.keeper,
      clock: options.clock,
      onLog: (line) => options.onLog(name, line),
      report: options.report,
    });
  const numbered = (count: number, start: (number: number) => SupervisedProgram) =>
    Array.from({ length: count }, (_, index) => start(index + 1));
  const dispatchers = numbered(options.dispatchers, (number) =>
    program('dispatcher', `dispatcher-${number}`, {}),
  );
  const workers = numbered(options.cpuWorkers, (number) =>
    program('worker', `cpu-worker-${number}`, workerEnvironment(options)),
  );
  const all = [...workers, ...dispatchers];
  let isStopping = false;
  return {
    dispatchers,
    workers,
    broken: new Promise((resolve) => {
      for (const { name, ended } of all) {
        void ended.then(() => {
          if (!isStopping) resolve(name);
        });
      }
    }),
    async stop() {
      isStopping = true;
      await Promise.all(workers.map((worker) => worker.stop(stopGraceMs)));
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop(stopGraceMs)));
    },
  };
}

function commonEnvironment(options: LocalSystemOptions): Readonly<Record<string, string>> {
  return {
    ...options.environment,
    KAFKA_BROKERS: options.brokers.join(','),
    SPILLWAY_TOPIC_PREFIX: options.topicPrefix,
    SPILLWAY_HTTP_ADDRESS: '127.0.0.1',
    SPILLWAY_HTTP_PORT: '0',
    SPILLWAY_DRAIN_SECONDS: String(drainSeconds),
  };
}

function workerEnvironment(options: LocalSystemOptions): Readonly<Record<string, string>> {
  const demoRepository = join(projectFolder(), 'services/worker/demo-model/repository');
  return {
    SPILLWAY_WORKER_KIND: 'cpu',
    SPILLWAY_WORKER_POOL: 'local',
    SPILLWAY_CLAIM_ROOT: options.claimRoot,
    SPILLWAY_DEFAULT_MODEL: demoModel,
    SPILLWAY_MODEL_REPOSITORIES: [demoRepository, ...options.modelRepositories].join(','),
  };
}
