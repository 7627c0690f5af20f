import {
  dispatcherGroup,
  dispatcherTransactionalId,
  intakeTopics,
  topicsWithPrefix,
} from '../shared/chunk/topics.ts';
import { systemClock, systemRandom } from '../shared/clock/system.ts';
import { connectKafka } from '../shared/kafka/kafkajs/connect.ts';
import { nodeHost } from '../shared/process/node-host.ts';
import { run } from '../shared/process/run.ts';
import type { Service, ServiceTools } from '../shared/process/service.ts';
import { parseConfig, windowBytesMax } from './config.ts';
import type { DispatcherConfig } from './config.ts';
import { Dispatcher } from './dispatcher.ts';
import { dispatcherMetrics } from './telling/metrics.ts';

/** A stand-by takes over within this and one fencing (`decisions/`). */
const sessionTimeoutMs = 6000;

await run({
  name: 'dispatcher',
  environment: process.env,
  host: nodeHost(process),
  clock: systemClock,
  parseConfig,
  build,
});

async function build(config: DispatcherConfig, tools: ServiceTools): Promise<Service> {
  const { limits, objectiveMs, tenant, policy } = config;
  const { attemptsMax, identityWindowMs, startWithinMs, late } = config;
  const { log } = tools;
  const topics = topicsWithPrefix(config.kafka.topicPrefix);
  const kafka = connectKafka({
    config: config.kafka,
    limits,
    clock: systemClock,
    random: systemRandom,
    log,
    clientId: 'spillway-dispatcher',
  });
  const ports = {
    clock: systemClock,
    intake: kafka.roleSource({
      group: dispatcherGroup(topics),
      transactionalId: dispatcherTransactionalId(topics),
      workTopics: intakeTopics(topics),
      reportTopic: topics.done,
      sessionTimeoutMs,
    }),
    lanes: await kafka.recordSink(),
    fleet: kafka.topicFollower(),
    outcomes: kafka.topicFollower(),
    directive: kafka.topicFollower(),
    admin: await kafka.topicAdmin(),
    log,
    metrics: dispatcherMetrics(tools.metrics),
  };
  const settings = {
    topics,
    limits,
    attemptsMax,
    plan: policy,
    startWithinMs,
    late,
    defaults: { objectiveMs, tenant },
    windowBytesMax: windowBytesMax(config),
    identityWindowMs,
  };
  const dispatcher = new Dispatcher(ports, settings, (error) => tools.fail(error));
  return {
    start: () => dispatcher.start(),
    stopIntake: async () => dispatcher.stopSending(),
    drain: (signal) => dispatcher.lanesTaken(signal),
    // Each settling is a commit; what workers have in hand goes on, and a stand-by settles it.
    commit: async () => undefined,
    close: () => dispatcher.stop(),
  };
}
