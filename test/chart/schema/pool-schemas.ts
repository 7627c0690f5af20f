import {
  closed,
  graceSeconds,
  labels,
  numeric,
  objectName,
  orNull,
  placement,
  whole,
} from './kubernetes-schemas.ts';
import { schemaOf } from './setting-schemas.ts';
import type { JsonSchema } from './setting-schemas.ts';

const workerSettings: JsonSchema = { $ref: '#/$defs/workerSettings' };

const emulated = (): JsonSchema => ({
  ...closed({
    speed: schemaOf('SPILLWAY_EMULATED_SPEED'),
    executors: schemaOf('SPILLWAY_EMULATED_EXECUTORS'),
  }),
  dependentRequired: { executors: ['speed'] },
});

/** A share of a GPU: by a device plugin, by a claim, or none. */
const gpu: JsonSchema = {
  ...closed({
    resource: { type: 'string', pattern: '^[a-z0-9.-]+/[A-Za-z0-9._-]+$' },
    deviceClass: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' },
    driver: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' },
    count: whole(1, 64),
  }),
  dependentRequired: { deviceClass: ['driver'], driver: ['deviceClass'] },
  not: {
    type: 'object',
    properties: { resource: true, deviceClass: true },
    required: ['resource', 'deviceClass'],
  },
};

/** Whose size the scaler sets: any object that has a `scale` subresource. */
const scale = closed(
  {
    group: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' },
    version: { type: 'string', pattern: '^v[0-9][a-z0-9]*$' },
    plural: { type: 'string', pattern: '^[a-z][a-z0-9]*$' },
    name: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$' },
    namespace: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' },
    context: { type: 'string', minLength: 1 },
    nodesContext: orNull({ type: 'string', minLength: 1 }),
  },
  ['group', 'version', 'plural', 'name'],
);

const replicas = whole(0, 10_000);

/** Of gpuWorkers and cpuWorkers. */
export function workersSchema(): Record<string, JsonSchema> {
  const slots = schemaOf('SPILLWAY_WORKER_SLOTS');
  const pool = {
    nodesMin: whole(0, 10_000),
    nodesMax: whole(0, 10_000),
    pricePerHour: numeric(0, 1_000_000),
    workersPerNode: whole(1, 1024),
    slots,
    bootSeconds: numeric(0.1, 7200),
    launchSeconds: orNull(numeric(0.1, 7200)),
    drainSeconds: orNull(numeric(0, 86_400)),
    slotSpeed: numeric(0.001, 100_000),
    gpu,
    runtimeClassName: objectName,
    nodeLabels: labels,
    ...placement,
    emulated: emulated(),
    settings: workerSettings,
  };
  // It stands in the names of objects beside the release's.
  const name: JsonSchema = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?$' };
  return {
    gpuWorkers: closed({
      settings: workerSettings,
      poolDefaults: closed(pool),
      terminationGracePeriodSeconds: graceSeconds,
      pools: { type: 'array', items: closed({ name, ...pool, scale, replicas }, ['name']) },
    }),
    cpuWorkers: closed({
      min: replicas,
      max: replicas,
      replicas: orNull(replicas),
      slots,
      emulated: emulated(),
      settings: workerSettings,
      terminationGracePeriodSeconds: graceSeconds,
      ...placement,
    }),
  };
}
