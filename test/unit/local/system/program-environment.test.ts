import { expect, it } from 'vitest';
import {
  commonEnvironment,
  scalerEnvironment,
  workerEnvironment,
} from '../../../../services/local/system/program-environment.ts';
import type { ToldOptions } from '../../../../services/local/system/program-environment.ts';
import type { LocalGpuOptions } from '../../../../services/local/system/system-options.ts';
import {
  parseConfig as parseScalerConfig,
  scalingSettings,
} from '../../../../services/scaler/config.ts';
import { parseConfig as parseWorkerConfig } from '../../../../services/worker/config.ts';

const gpu: LocalGpuOptions = {
  pool: 'gpus',
  nodesMin: 1,
  nodesMax: 4,
  nodesAtStart: 1,
  bootMs: 20_000,
  slotsPerNode: 4,
  emulatedSpeed: 20,
  pricePerHour: 1.2,
};

const options: ToldOptions = {
  brokers: ['127.0.0.1:9092'],
  topicPrefix: 'test.',
  claimRoot: '/tmp/claims',
  modelRepositories: ['/models'],
  dispatchers: 1,
  cpu: { workers: 2, slots: 3, emulatedSpeed: 1.5 },
  gpu,
  scalers: 2,
  spill: 'shut',
  tickMs: 1500,
  environment: {},
  ownEnvironment: {},
};

const common = commonEnvironment(options);

it('tells a GPU worker where it stands and what it stands for, in its own names', () => {
  const { slotsPerNode: slots, emulatedSpeed, pool } = gpu;
  const place = { kind: 'gpu', pool, node: 'gpus-1', slots, emulatedSpeed } as const;
  const config = parseWorkerConfig({ ...common, ...workerEnvironment(options, place) });
  expect(config).toMatchObject({
    kind: 'gpu',
    pool: 'gpus',
    node: 'gpus-1',
    slots: 4,
    // 4 slots of 20 ask for 80 s of video a second, of which one process should do 33.
    emulation: { speed: 20, executors: 3 },
    claimRoot: '/tmp/claims',
  });
});

it('tells a worker that is not emulated nothing of emulation', () => {
  const place = { kind: 'cpu', pool: 'local', node: null, slots: 3, emulatedSpeed: null } as const;
  const config = parseWorkerConfig({ ...common, ...workerEnvironment(options, place) });
  expect(config).toMatchObject({ kind: 'cpu', node: null, slots: 3, emulation: null });
});

it('gives slow slots one process to share, and fast ones no more processes than slots', () => {
  const executorsOf = (slots: number, emulatedSpeed: number): number | null | undefined => {
    const place = { kind: 'cpu', pool: 'local', node: null, slots, emulatedSpeed } as const;
    return parseWorkerConfig({ ...common, ...workerEnvironment(options, place) }).emulation
      ?.executors;
  };
  expect([executorsOf(4, 2), executorsOf(2, 1000), executorsOf(1, 0.5)]).toEqual([1, 2, 1]);
});

it('tells scalers of the pool and its agent, in their own names', () => {
  const agent = { url: 'http://127.0.0.1:41234', gpu };
  const config = parseScalerConfig({ ...common, ...scalerEnvironment(options, agent) });
  expect(JSON.stringify(config)).toContain('http://127.0.0.1:41234');
  expect(config.pace).toMatchObject({ tickMs: 1500 });
  expect(scalingSettings(config)).toMatchObject({
    spill: 'shut',
    cpuSlotSpeedPrior: 1.5,
    pools: [
      {
        pool: 'gpus',
        nodesMin: 1,
        nodesMax: 4,
        pricePerHour: 1.2,
        slotsPerNode: 4,
        bootMsPrior: 22_000,
        slotSpeedPrior: 20,
      },
    ],
  });
});

it('tells scalers of no pool where there is none', () => {
  const config = parseScalerConfig({ ...common, ...scalerEnvironment(options, null) });
  expect(scalingSettings(config)).toMatchObject({ spill: 'shut', pools: [] });
});
