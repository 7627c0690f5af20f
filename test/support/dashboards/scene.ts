import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine } from '../../../services/local/processes/log-lines.ts';
import { Keeper } from '../../../services/local/processes/keeper.ts';
import { startLocalSystem } from '../../../services/local/system/local-system.ts';
import type { LocalSystem } from '../../../services/local/system/local-system.ts';
import { priorities } from '../../../services/shared/chunk/words.ts';
import type { Priority } from '../../../services/shared/chunk/words.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import { kafkaAddresses, uniqueTopicPrefix } from '../broker.ts';
import { Installation } from '../installation/installation.ts';
import { resultOf } from '../installation/outcomes.ts';
import type { Outcome } from '../installation/outcomes.ts';
import { dueChunk } from '../installation/paced-work.ts';
import { kedaClient } from '../keda/keda-client.ts';
import { eventually } from '../process-probe.ts';
import { alertsFile } from './dashboard.ts';
import { startPrometheus } from './prometheus.ts';
import type { RunningPrometheus, TargetLabels, TimeSpan } from './prometheus.ts';

/** What was scraped while a whole installation had calm, a burst and the time after it. */
export interface DashboardScene {
  /** One as compose sets it up, one as Kubernetes does: the labels of processes differ. */
  readonly watchers: readonly Watcher[];
  readonly span: TimeSpan;
  /** Names that some program's /metrics declares, with samples or without. */
  readonly declared: ReadonlySet<string>;
  /** Share of the chunks that ended in time, as their outcomes on Kafka say, by priority. */
  readonly onTime: ReadonlyMap<Priority, number>;
  stop(): Promise<void>;
}

export interface Watcher {
  readonly prometheus: RunningPrometheus;
  /** What a person would choose there. */
  readonly namespace: string;
}

const pool = 'gpu';

/** Words of two worlds for the same process. */
const labellings: readonly {
  readonly name: string;
  readonly namespace: string;
  readonly labelsOf: (program: string, job: string) => TargetLabels;
}[] = [
  { name: 'compose', namespace: '.*', labelsOf: (_, job) => ({ job }) },
  {
    name: 'kubernetes',
    namespace: 'video',
    labelsOf: (program, job) => ({ job, namespace: 'video', pod: program, container: job }),
  },
];

export async function playDashboardScene(): Promise<DashboardScene> {
  const brokers = kafkaAddresses();
  const prefix = uniqueTopicPrefix();
  const keeper = new Keeper();
  const installation = await Installation.open({ brokers, prefix });
  const watchers = await Promise.all(
    labellings.map(async ({ name, namespace, labelsOf }) => ({
      prometheus: await startPrometheus(name, { rulesFile: alertsFile, keeper }),
      namespace,
      labelsOf,
    })),
  );
  const ports = new Map<string, number>();
  const kedaPorts: number[] = [];
  const hear = (program: string, { fields }: LogLine): void => {
    const port = fields?.['port'];
    if (fields?.['event'] === 'keda-listening') kedaPorts.push(Number(port));
    if (fields?.['event'] !== 'http-listening') return;
    ports.set(program, Number(port));
    for (const { prometheus, labelsOf } of watchers) {
      prometheus.scrape(
        new Map(
          Array.from(ports, ([name, at]) => [`127.0.0.1:${at}`, labelsOf(name, jobOf(name))]),
        ),
      );
    }
  };
  const fromSeconds = systemClock.nowMs() / 1000;
  const system = await startSystem({ installation, prefix, keeper, hear });
  const scraped = async (): Promise<void> => {
    await Promise.all(watchers.map(({ prometheus }) => prometheus.scraped()));
  };
  const watched = async (): Promise<void> => {
    await Promise.all(
      watchers.map(({ prometheus }) =>
        prometheus.hasSeen('count(spillway_dispatcher_results_total{deadline="met"}) == 6'),
      ),
    );
  };
  const stop = async (): Promise<void> => {
    await system.stop();
    await installation.stop();
    await keeper.close();
  };
  try {
    await play({ installation, system, prefix, kedaPorts, watched, scraped });
    // The new active dispatcher tells what it has each second, from its first one on.
    for (const { prometheus } of watchers) {
      await prometheus.hasSeen('spillway_dispatcher_oldest_chunk_age_seconds');
    }
    await scraped();
    const span = { fromSeconds, toSeconds: systemClock.nowMs() / 1000 };
    const declared = await declaredBy([...ports.values()]);
    return { watchers, span, declared, onTime: onTimeOf(installation.outcomes.all), stop };
  } catch (error) {
    const words = installation.logged.all.filter(({ fields }) => Number(fields['level']) >= 40);
    console.warn(words.map((word) => JSON.stringify(word)).join('\n'));
    await stop();
    throw error;
  }
}

function onTimeOf(outcomes: readonly Outcome[]): ReadonlyMap<Priority, number> {
  const inTime = (outcome: Outcome): boolean =>
    outcome.kind === 'result' && resultOf(outcome).deadlineMet;
  return new Map(
    priorities.map((priority) => {
      const wanted = outcomes.filter(({ kind, coordinates }) => {
        return kind !== 'dead-letter' && coordinates.startsWith(`${priority}/`);
      });
      return [priority, wanted.filter(inTime).length / wanted.length];
    }),
  );
}

async function declaredBy(ports: readonly number[]): Promise<ReadonlySet<string>> {
  const texts = await Promise.all(
    ports.map(async (port) =>
      fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.text(),
        // A GPU node that has left.
        () => '',
      ),
    ),
  );
  const types = texts.flatMap((text) => Array.from(text.matchAll(/^# TYPE (\S+)/gm)));
  return new Set(types.map(([, name]) => name ?? ''));
}

/** As the chart's PodMonitors name them. */
function jobOf(program: string): string {
  if (program.startsWith('dispatcher')) return 'dispatcher';
  if (program.startsWith('scaler')) return 'scaler';
  return program.startsWith('cpu') ? 'cpu-worker' : 'gpu-worker';
}

function startSystem(parts: {
  readonly installation: Installation;
  readonly prefix: string;
  readonly keeper: Keeper;
  readonly hear: (program: string, line: LogLine) => void;
}): Promise<LocalSystem> {
  const { installation, prefix, keeper, hear } = parts;
  const claimRoot = mkdtempSync(join(tmpdir(), 'spillway-claims-'));
  keeper.removeAtEnd(claimRoot);
  return startLocalSystem({
    brokers: kafkaAddresses(),
    topicPrefix: prefix,
    claimRoot,
    modelRepositories: [],
    dispatchers: 2,
    scalers: 2,
    cpu: { workers: 1, slots: 2, emulatedSpeed: 1.5 },
    gpu: {
      pool,
      nodesMin: 1,
      nodesMax: 3,
      nodesAtStart: 1,
      bootMs: 4000,
      slotsPerNode: 2,
      emulatedSpeed: 4,
      pricePerHour: 3.6,
    },
    spill: 'auto',
    tickMs: 500,
    environment: {},
    ownEnvironment: {
      // Something expires; both scalers answer KEDA.
      dispatcher: { SPILLWAY_LATE_BULK: 'expire' },
      scaler: {
        SPILLWAY_KEDA_PORT: '0',
        SPILLWAY_KEDA_ADDRESS: '127.0.0.1',
        SPILLWAY_CPU_WORKERS_MIN: '0',
        SPILLWAY_CPU_WORKERS_MAX: '2',
        SPILLWAY_CPU_WORKER_SLOTS: '2',
      },
    },
    keeper,
    clock: systemClock,
    random: systemRandom,
    onLog: (program, line) => {
      installation.logged.note(program, line);
      hear(program, line);
    },
    report: () => undefined,
  });
}

interface Stage {
  readonly installation: Installation;
  readonly system: LocalSystem;
  readonly prefix: string;
  readonly kedaPorts: readonly number[];
  /** Resolves when Prometheus has seen what both dispatchers count, three priorities each. */
  readonly watched: () => Promise<void>;
  /** Resolves when all that has happened so far can be seen in Prometheus. */
  readonly scraped: () => Promise<void>;
}

/** Calm work, a burst that wants more nodes than there are, what cannot be done, and the end of it. */
async function play(stage: Stage): Promise<void> {
  const { installation, watched, scraped } = stage;
  const { logged } = installation;
  const isThere = (event: string, count: number) => () => logged.of(event).length >= count;
  await eventually('a dispatcher sends', isThere('dispatching', 1), 30_000);
  await eventually('a scaler leads', isThere('leading', 1), 30_000);
  await eventually('both workers have loaded', isThere('models-loaded', 2), 30_000);
  // What was counted before the first look is no growth.
  await watched();
  const calm = await installation.submit(
    priorities.flatMap((priority) => [0, 1].map(() => dueChunk(1, 30_000, { priority }))),
  );
  await installation.outcomes.of(calm);
  const burst = await installation.submit([
    ...Array.from({ length: 60 }, (_, index) => dueChunk(4, 6000 + 200 * index)),
    ...Array.from({ length: 6 }, () => dueChunk(4, 9000, { priority: 'standard' })),
    ...Array.from({ length: 4 }, () => dueChunk(4, 1500, { priority: 'bulk' })),
    // Nobody can be in time, and nobody can do it at all.
    dueChunk(4, 500),
    { value: null, priority: 'live' as const },
  ]);
  await eventually('a node was ordered and has loaded', isThere('models-loaded', 3), 30_000);
  await callAsKeda(stage);
  await installation.outcomes.of(burst, 40_000);
  await installation.settled();
  // What a process counted dies with it.
  await scraped();
  await takeOver(stage);
}

/** The active dispatcher dies; the other one goes on, and the dead one comes back to stand by. */
async function takeOver({ installation, system }: Stage): Promise<void> {
  const sending = () => installation.logged.of('dispatching');
  const listening = () => installation.logged.of('http-listening');
  const [before, listenedBefore] = [sending().length, listening().length];
  const active = sending().at(-1)?.program;
  system.dispatchers.find(({ name }) => name === active)?.program.kill('SIGKILL');
  await eventually('the other dispatcher sends', () => sending().length > before, 30_000);
  await eventually('the dead one is back', () => listening().length > listenedBefore, 30_000);
  await installation.outcomes.of(await installation.submit([dueChunk(1, 30_000)]));
}

/** What KEDA asks when all is well, and with a ScaledObject that names a pool which is not there. */
async function callAsKeda({ kedaPorts, prefix, scraped }: Stage): Promise<void> {
  const clients = kedaPorts.map((port) => kedaClient(`127.0.0.1:${port}`));
  const pollAll = () =>
    Promise.all(
      clients.flatMap((client) =>
        [pool, 'another'].map((asked) =>
          client.poll({
            name: 'gpu-workers',
            metadata: { kind: 'gpu', pool: asked, topicPrefix: prefix },
          }),
        ),
      ),
    );
  // A rate needs two samples of a series, and the first call of each kind begins one.
  await pollAll();
  await scraped();
  await pollAll();
  for (const client of clients) client.close();
}
