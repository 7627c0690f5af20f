import { expect, it } from 'vitest';
import type { Environment } from '../../../services/shared/process/ports.ts';
import { parseConfig } from '../../../services/worker/config.ts';

const least: Environment = {
  KAFKA_BROKERS: 'localhost:9092',
  SPILLWAY_WORKER_KIND: 'gpu',
  SPILLWAY_MODEL_REPOSITORIES: '/models',
};

it('emulates nothing unless it is told to by name', () => {
  expect(parseConfig(least).emulation).toBeNull();
  expect(parseConfig({ ...least, SPILLWAY_EMULATED_SPEED: '20' }).emulation).toEqual({
    speed: 20,
    executors: null,
  });
});

it('refuses a speed at which nothing moves, and emulated executors without emulation', () => {
  expect(() => parseConfig({ ...least, SPILLWAY_EMULATED_SPEED: '0' })).toThrow(
    'SPILLWAY_EMULATED_SPEED is "0"; it must be a number from 0.01 to 10000',
  );
  expect(() => parseConfig({ ...least, SPILLWAY_EMULATED_EXECUTORS: '1' })).toThrow(
    'SPILLWAY_EMULATED_EXECUTORS is set without SPILLWAY_EMULATED_SPEED',
  );
});
