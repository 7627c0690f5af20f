import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { laneTopics, topicsWithPrefix, workerGroup } from '../shared/chunk/topics.ts';
import { priorities } from '../shared/chunk/words.ts';
import { systemClock, systemRandom } from '../shared/clock/system.ts';
import { connectKafka } from '../shared/kafka/kafkajs/connect.ts';
import { createFileStore } from '../shared/object-store/file-store.ts';
import { nodeHost } from '../shared/process/node-host.ts';
import { run } from '../shared/process/run.ts';
import type { Service, ServiceTools } from '../shared/process/service.ts';
import { claimBytesMax, parseConfig, pixelsMax } from './config.ts';
import type { WorkerConfig } from './config.ts';
import { ExecutorPool } from './executor/pool.ts';
import { workerMetrics } from './metrics.ts';
import { Worker } from './worker.ts';

const sessionTimeoutMs = 6000;

await run({
  name: 'worker',
  environment: process.env,
  host: nodeHost(process),
  clock: systemClock,
  parseConfig,
  build,
});

async function build(config: WorkerConfig, tools: ServiceTools): Promise<Service> {
  const { kind, pool, node, slots, emulation, limits } = config;
  const { log } = tools;
  const topics = topicsWithPrefix(config.kafka.topicPrefix);
  const kafka = connectKafka({
    config: config.kafka,
    limits,
    clock: systemClock,
    random: systemRandom,
    log,
    clientId: `spillway-worker-${kind}`,
  });
  const ports = {
    clock: systemClock,
    lanes: kafka.laneSource({
      group: workerGroup(topics, kind),
      lanes: priorities.map((priority) => ({ priority, topic: topics.lane({ kind, priority }) })),
      sessionTimeoutMs,
      aheadBytesMax: 4 * limits.innerRecordBytesMax,
    }),
    sink: await kafka.recordSink(),
    store: createFileStore(config.claimRoot),
    openExecutor: () => openExecutor(config, tools),
    log,
    metrics: workerMetrics(tools.metrics),
  };
  const name = `${kind}-${pool}-${systemRandom.unique().slice(0, 8)}`;
  const settings = {
    name,
    kind,
    pool,
    node,
    topics,
    slots,
    emulatedSpeed: emulation?.speed ?? null,
    claimBytesMax: claimBytesMax(config),
  };
  const worker = new Worker(ports, settings, (error) => tools.fail(error));
  log.info('worker-named', { worker: name, lanes: laneTopics(topics, kind) });
  return {
    start: () => worker.start(),
    stopIntake: async () => worker.stopIntake(),
    drain: (signal) => worker.drain(signal),
    // Lane records are committed when they are taken; nothing is left to write down.
    commit: async () => undefined,
    close: () => worker.close(),
  };
}

function openExecutor(config: WorkerConfig, tools: ServiceTools): Promise<ExecutorPool> {
  const { chunk, models, kind, slots, threads, emulation } = config;
  const { log } = tools;
  const here = fileURLToPath(new URL('.', import.meta.url));
  return ExecutorPool.open(
    {
      childPath: join(here, 'executor', 'main.js'),
      settings: {
        repositories: models.repositories,
        kind,
        emulated: emulation !== null,
        variants: models.variants,
        batchMax: models.batchMax,
        defaultModel: models.default,
        threads,
        limits: {
          pixelsMax: pixelsMax(config),
          framesMax: chunk.framesMax,
          durationMsMax: chunk.durationMsMax,
        },
      },
      environment: {},
      executionMsMax: chunk.executionMs,
      loadMsMax: models.loadMs,
      memoryBytesMax: chunk.memoryMebibytes * 1024 * 1024,
      slots: Math.min(slots, emulation?.executors ?? slots),
      chunksPerHand: 1,
    },
    {
      clock: systemClock,
      listener: {
        onNotice: (message) => log.info('model-notice', { message }),
        onReplaced: (message) => log.warn('executor-replaced', { message }),
        onUnusable: (error) => tools.fail(error),
      },
    },
  );
}
