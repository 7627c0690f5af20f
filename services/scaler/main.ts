import { scalerGroup, scalerTransactionalId, topicsWithPrefix } from '../shared/chunk/topics.ts';
import { systemClock, systemRandom } from '../shared/clock/system.ts';
import { connectKafka } from '../shared/kafka/kafkajs/connect.ts';
import { nodeHost } from '../shared/process/node-host.ts';
import { run } from '../shared/process/run.ts';
import type { Service, ServiceTools } from '../shared/process/service.ts';
import { parseConfig, scalingSettings } from './config.ts';
import type { ScalerConfig } from './config.ts';
import { scalerMetrics } from './metrics.ts';
import { localAgentPools } from './pools/local-agent.ts';
import { Scaler } from './scaler.ts';

/** A stand-by leads within this and one fencing. */
const sessionTimeoutMs = 6000;

await run({
  name: 'scaler',
  environment: process.env,
  host: nodeHost(process),
  clock: systemClock,
  parseConfig,
  build,
});

async function build(config: ScalerConfig, tools: ServiceTools): Promise<Service> {
  const { log } = tools;
  const topics = topicsWithPrefix(config.kafka.topicPrefix);
  const kafka = connectKafka({
    config: config.kafka,
    limits: config.limits,
    clock: systemClock,
    random: systemRandom,
    log,
    clientId: 'spillway-scaler',
  });
  const address = config.nodes.agent;
  const ports = {
    clock: systemClock,
    role: kafka.roleSource({
      group: scalerGroup(topics),
      transactionalId: scalerTransactionalId(topics),
      workTopics: [],
      reportTopic: topics.directive,
      sessionTimeoutMs,
    }),
    fleet: kafka.topicFollower(),
    demand: kafka.topicFollower(),
    lag: await kafka.lagReader(),
    sink: await kafka.recordSink(),
    pools: address === null ? null : localAgentPools({ address, clock: systemClock }),
    log,
    metrics: scalerMetrics(tools.metrics),
  };
  const settings = { topics, ...config.pace, scaling: scalingSettings(config) };
  const scaler = new Scaler(ports, settings, (error) => tools.fail(error));
  return {
    start: () => scaler.start(),
    stopIntake: async () => scaler.stopTicking(),
    drain: () => scaler.ticked(),
    // Each tick is a commit.
    commit: async () => undefined,
    close: () => scaler.stop(),
  };
}
