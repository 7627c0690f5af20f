import type { ScalingSettings } from '../policy/scaling/settings.ts';
import { chunkSettings } from '../shared/process/chunk-settings.ts';
import { group, parseEnvironment } from '../shared/process/environment.ts';
import type { ConfigOf } from '../shared/process/environment.ts';
import { objectiveSettings } from '../shared/process/objective-settings.ts';
import type { Environment } from '../shared/process/ports.ts';
import { choice, number, seconds } from '../shared/process/setting.ts';
import { kafkaSettings, processSettings } from '../shared/process/settings.ts';
import { cpuWorkerSettings } from './cpu-worker-settings.ts';
import { kedaSettings } from './keda/keda-settings.ts';
import type { Trigger } from './keda/trigger.ts';
import { nodePoolSettings } from './node-pool-settings.ts';
import { replicaSettings } from './replicas/replica-settings.ts';

/** One missed tick must not end a directive, nor the seconds in which a stand-by takes over. */
const ticksPerDirective = 3;

const pace = group(
  {
    tickMs: seconds('SPILLWAY_TICK_SECONDS', {
      purpose:
        'Time between two looks of the scaler. Too high orders nodes late, too low loads the brokers ' +
        'and whoever holds the nodes.',
      min: 0.5,
      max: 60,
      default: 5,
    }),
    directiveMs: seconds('SPILLWAY_DIRECTIVE_SECONDS', {
      purpose:
        'How long dispatchers follow a directive; then they spill by deadline alone. Too low expires ' +
        'while a stand-by takes over (15 s), too high keeps a word that nobody stands by.',
      min: 5,
      max: 600,
      default: 30,
    }),
  },
  (given, report) => {
    const { tickMs, directiveMs } = given;
    if (directiveMs < ticksPerDirective * tickMs) {
      report(
        `SPILLWAY_DIRECTIVE_SECONDS is ${directiveMs / 1000}, less than ${ticksPerDirective} times ` +
          `SPILLWAY_TICK_SECONDS (${tickMs / 1000}): directives would expire between ticks.`,
      );
    }
    return given;
  },
);

export const settings = {
  kafka: kafkaSettings,
  ...processSettings,
  limits: chunkSettings,
  pace,
  nodes: nodePoolSettings,
  cpuWorkers: cpuWorkerSettings,
  keda: kedaSettings,
  replicas: replicaSettings,
  objectiveMs: objectiveSettings,
  spill: choice('SPILLWAY_SPILL', {
    purpose:
      'Whether dispatchers may spill to CPU workers: auto while the GPU workers, with those that ' +
      'boot, are too late; open always, shut never.',
    choices: ['auto', 'open', 'shut'],
    default: 'auto',
  }),
  cpuSlotSpeedPrior: number('SPILLWAY_CPU_SLOT_SPEED', {
    purpose: 'Seconds of video that a CPU slot does in a second, until that was measured.',
    min: 0.001,
    max: 100_000,
    default: 2,
  }),
  mediaMsPrior: seconds('SPILLWAY_CHUNK_SECONDS', {
    purpose: 'Length of video of a chunk, until chunks were read.',
    min: 0.01,
    max: 86_400,
    default: 2,
  }),
  holdBoots: number('SPILLWAY_HOLD_BOOTS', {
    purpose:
      'How long fewer nodes must do before one is let go, in boots of its pool. Too low orders ' +
      'again what it has just let go, too high pays for idle nodes.',
    min: 0,
    max: 100,
    default: 2,
  }),
  marginFraction: number('SPILLWAY_MARGIN_FRACTION', {
    purpose:
      'Share that is added to what is expected to arrive. Too low is late when more comes, too high ' +
      'pays for nodes that wait.',
    min: 0,
    max: 10,
    default: 0.1,
  }),
  persistenceBoots: number('SPILLWAY_PERSISTENCE_BOOTS', {
    purpose:
      'How long a burst is taken to go on, in boots. At 0 only what is there already orders nodes.',
    min: 0,
    max: 100,
    default: 1,
  }),
  backOffMs: seconds('SPILLWAY_BACK_OFF_SECONDS', {
    purpose:
      'First pause of a pool whose nodes did not come; it doubles up to six times that. Too low ' +
      'asks a cloud without capacity again and again.',
    min: 1,
    max: 86_400,
    default: 300,
  }),
};

export type ScalerConfig = ConfigOf<typeof settings>;

export function parseConfig(environment: Environment): ScalerConfig {
  return parseEnvironment(settings, environment);
}

/** The groups of workers whose replicas the directive tells. */
export function sizedGroups({ nodes, cpuWorkers }: ScalerConfig): readonly Trigger[] {
  const gpu = nodes.pools.map(({ pool }) => ({ kind: 'gpu' as const, pool }));
  return cpuWorkers === null ? gpu : [...gpu, { kind: 'cpu', pool: null }];
}

export function scalingSettings(config: ScalerConfig): ScalingSettings {
  const { nodes, cpuWorkers, cpuSlotSpeedPrior, objectiveMs, mediaMsPrior, holdBoots } = config;
  const { marginFraction, persistenceBoots, backOffMs, spill } = config;
  return {
    pools: nodes.pools,
    cpuWorkers,
    cpuSlotSpeedPrior,
    objectiveMs,
    mediaMsPrior,
    holdBoots,
    marginFraction,
    persistenceBoots,
    backOffMs,
    spill,
  };
}
