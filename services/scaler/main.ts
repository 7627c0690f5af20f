import { systemClock } from '../shared/clock/system.ts';
import { nodeHost } from '../shared/process/node-host.ts';
import { run } from '../shared/process/run.ts';
import type { Service, ServiceTools } from '../shared/process/service.ts';
import { scalerAdapters } from './adapters.ts';
import { parseConfig, scalingSettings, sizedGroups } from './config.ts';
import type { ScalerConfig } from './config.ts';
import { kedaMetrics } from './keda/keda-metrics.ts';
import { openKedaServer } from './keda/keda-server.ts';
import type { KedaServer } from './keda/keda-server.ts';
import { Scaler } from './scaler.ts';

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
  const { keda: kedaConfig } = config;
  const adapters = await scalerAdapters(config, tools);
  const { topics, ports } = adapters;
  const settings = { topics, ...config.pace, scaling: scalingSettings(config) };
  const scaler = new Scaler(ports, settings, (error) => tools.fail(error));
  let keda: KedaServer | null = null;
  return {
    start: async () => {
      adapters.start();
      await scaler.start();
      if (kedaConfig === null) return;
      keda = await openKedaServer({
        ...kedaConfig,
        topics,
        sized: sizedGroups(config),
        clock: systemClock,
        brokerClock: scaler.brokerClock,
        follower: adapters.follower(),
        log,
        metrics: kedaMetrics(tools.metrics),
        onFatal: (error) => tools.fail(error),
      });
    },
    stopIntake: async () => scaler.stopTicking(),
    drain: () => scaler.ticked(),
    // Each tick is a commit.
    commit: async () => undefined,
    close: async () => {
      await keda?.close();
      await scaler.stop();
      await adapters.close();
    },
  };
}
