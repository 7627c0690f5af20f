import { join } from 'node:path';
import type { WorkerKind } from '../../shared/chunk/words.ts';
import { projectFolder } from '../project-folder.ts';
import type { LocalGpuOptions, LocalSystemOptions, Variables } from './system-options.ts';

export const demoModel = 'traffic-demo';

/** Within the grace that a person at a terminal has: executors are given back undone after it. */
const drainSeconds = 3;

/** From the start of a worker's process to its loaded model: 1 s on two idle cores, more on busy. */
const workerLoadSeconds = 2;

/**
 * Seconds of the demo's video that may be asked of one executor process in a second: half of the 66
 * that one on an idle core did, in chunks of 2 s that took 30 ms each.
 */
const executorSpeed = 33;

/** Of a real GPU, until the scaler has measured it; guessed. */
const slotSpeedGuessed = 10;

/** What programs are told of, without what their keepers need. */
export type ToldOptions = Omit<
  LocalSystemOptions,
  'keeper' | 'clock' | 'random' | 'onLog' | 'report'
>;

export function commonEnvironment(options: ToldOptions): Variables {
  return {
    ...options.environment,
    KAFKA_BROKERS: options.brokers.join(','),
    SPILLWAY_TOPIC_PREFIX: options.topicPrefix,
    SPILLWAY_HTTP_ADDRESS: '127.0.0.1',
    SPILLWAY_HTTP_PORT: '0',
    SPILLWAY_DRAIN_SECONDS: String(drainSeconds),
  };
}

interface WorkerPlace {
  readonly kind: WorkerKind;
  readonly pool: string;
  readonly node: string | null;
  readonly slots: number;
  readonly emulatedSpeed: number | null;
}

export function workerEnvironment(options: ToldOptions, place: WorkerPlace): Variables {
  const demoRepository = join(projectFolder(), 'services/worker/demo-model/repository');
  const { kind, pool, node, slots, emulatedSpeed } = place;
  return {
    SPILLWAY_WORKER_KIND: kind,
    SPILLWAY_WORKER_POOL: pool,
    SPILLWAY_WORKER_SLOTS: String(slots),
    SPILLWAY_CLAIM_ROOT: options.claimRoot,
    SPILLWAY_DEFAULT_MODEL: demoModel,
    SPILLWAY_MODEL_REPOSITORIES: [demoRepository, ...options.modelRepositories].join(','),
    ...(node === null ? {} : { SPILLWAY_WORKER_NODE: node }),
    ...(emulatedSpeed === null ? {} : emulation(slots, emulatedSpeed)),
  };
}

/** Each process takes 160 MB and half a second of a core to start: just enough of them. */
function emulation(slots: number, speed: number): Variables {
  const executors = Math.min(slots, Math.ceil((slots * speed) / executorSpeed));
  return {
    SPILLWAY_EMULATED_SPEED: String(speed),
    SPILLWAY_EMULATED_EXECUTORS: String(executors),
  };
}

export function scalerEnvironment(
  options: ToldOptions,
  agent: { readonly url: string; readonly gpu: LocalGpuOptions } | null,
): Variables {
  const { emulatedSpeed } = options.cpu;
  return {
    SPILLWAY_SPILL: options.spill,
    SPILLWAY_TICK_SECONDS: String(options.tickMs / 1000),
    ...(agent === null
      ? {}
      : {
          SPILLWAY_POOLS_AGENT: agent.url,
          SPILLWAY_POOLS: JSON.stringify([poolSettings(agent.gpu)]),
        }),
    ...(emulatedSpeed === null ? {} : { SPILLWAY_CPU_SLOT_SPEED: String(emulatedSpeed) }),
  };
}

function poolSettings(gpu: LocalGpuOptions): unknown {
  const { pool, nodesMin, nodesMax, pricePerHour, slotsPerNode } = gpu;
  return {
    pool,
    nodesMin,
    nodesMax,
    pricePerHour,
    slotsPerNode,
    bootSeconds: gpu.bootMs / 1000 + workerLoadSeconds,
    slotSpeed: gpu.emulatedSpeed ?? slotSpeedGuessed,
  };
}
