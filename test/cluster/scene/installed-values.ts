import { kafkaAddresses } from '../../support/broker.ts';
import type { Values } from './release.ts';

/** Whose size the scaler sets. */
export interface PoolScale {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name: string;
}

export interface TestPool {
  readonly name: string;
  readonly scale: PoolScale;
  readonly nodesMax?: number;
  /** More keys of the chart's pool. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface InstalledOptions {
  readonly topicPrefix: string;
  /** Who starts and stops workers; KEDA if nothing is said. */
  readonly mode?: 'keda' | 'writer';
  readonly pools: readonly TestPool[];
  readonly scalerAnnotations?: Readonly<Record<string, string>>;
  readonly scalerSettings?: Readonly<Record<string, unknown>>;
}

/** Seconds of video in a second of one slot: the GPU's ten times the CPU's. */
const gpuSpeed = 20;
const cpuSpeed = 2;

const slotsPerGpuWorker = 2;
export const cpuWorkers = { min: 1, max: 3 } as const;

/**
 * Of a small installation whose workers compute really and take as long as their devices would: small
 * requests, since all of it runs on one machine, and times that fit a test.
 */
export function installedValues(options: InstalledOptions): Values {
  return {
    kafka: { brokers: kafkaAddresses() },
    topicPrefix: options.topicPrefix,
    // As the tests' own installation makes them, which finds them there.
    topics: {
      partitions: { intake: 2, gpu: 4, cpu: 4, done: 1, outcomes: 1 },
      replication: 1,
    },
    scaler: {
      settings: { tickSeconds: 1, directiveSeconds: 10, ...options.scalerSettings },
      podAnnotations: options.scalerAnnotations ?? {},
    },
    gpuWorkers: {
      settings: { drainSeconds: 3, defaultModel: 'traffic-demo' },
      pools: options.pools.map(({ name, scale, nodesMax, more }) => ({
        name,
        nodesMax: nodesMax ?? 2,
        slots: slotsPerGpuWorker,
        slotSpeed: gpuSpeed,
        bootSeconds: 12,
        launchSeconds: 10,
        scale,
        emulated: { speed: gpuSpeed, executors: 1 },
        resources: { requests: { cpu: '1', memory: '1Gi' } },
        ...more,
      })),
    },
    cpuWorkers: {
      ...cpuWorkers,
      slots: 1,
      emulated: { speed: cpuSpeed, executors: 1 },
      settings: { drainSeconds: 3, defaultModel: 'traffic-demo' },
      resources: { requests: { cpu: '1', memory: '1Gi' } },
    },
    autoscaling:
      options.mode === 'writer'
        ? { mode: 'writer' }
        : {
            mode: 'keda',
            keda: { pollingIntervalSeconds: 2, fallback: { failureThreshold: 3 } },
          },
  };
}
