import { mebibyte } from '../shared/chunk/limits.ts';
import { parseEnvironment } from '../shared/process/environment.ts';
import type { ConfigOf } from '../shared/process/environment.ts';
import type { Environment } from '../shared/process/ports.ts';
import { seconds, text, wholeNumber } from '../shared/process/setting.ts';
import { chunkSettings } from '../shared/process/chunk-settings.ts';
import { kafkaSettings, processSettings } from '../shared/process/settings.ts';

const settings = {
  kafka: kafkaSettings,
  ...processSettings,
  limits: chunkSettings,
  objectiveMs: {
    live: seconds('SPILLWAY_OBJECTIVE_LIVE_SECONDS', {
      purpose: 'Time from submission to deadline of live chunks that bring no deadline.',
      min: 1,
      max: 86_400,
      default: 30,
    }),
    standard: seconds('SPILLWAY_OBJECTIVE_STANDARD_SECONDS', {
      purpose: 'The same for standard chunks.',
      min: 1,
      max: 86_400,
      default: 300,
    }),
    bulk: seconds('SPILLWAY_OBJECTIVE_BULK_SECONDS', {
      purpose: 'The same for bulk chunks.',
      min: 1,
      max: 604_800,
      default: 3600,
    }),
  },
  tenant: text('SPILLWAY_DEFAULT_TENANT', {
    purpose: 'Who pays for chunks that name no tenant.',
    accepts: '1 to 64 letters, digits, dots, dashes and underscores',
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    default: 'default',
  }),
  attemptsMax: wholeNumber('SPILLWAY_ATTEMPTS_MAX', {
    purpose:
      'Failed tries after which a chunk is a dead letter. 1 gives up on the first crash of a worker.',
    min: 1,
    max: 20,
    default: 3,
  }),
  laneHorizonMs: seconds('SPILLWAY_LANE_HORIZON_SECONDS', {
    purpose:
      'Work kept in a lane. Too low starves workers, too high binds chunks long before they start.',
    min: 0.1,
    max: 30,
    default: 2,
  }),
  startWithinMs: seconds('SPILLWAY_START_WITHIN_SECONDS', {
    purpose:
      'From sending a chunk to the last moment of starting it; later it goes elsewhere. More than ' +
      'the lane horizon, or chunks that only waited their turn are done twice.',
    min: 0.5,
    max: 60,
    default: 4,
  }),
  otherWorkerWaitMs: seconds('SPILLWAY_OTHER_WORKER_WAIT_SECONDS', {
    purpose: 'How long another worker is preferred over one that failed on a chunk.',
    min: 0,
    max: 300,
    default: 5,
  }),
  windowMebibytes: wholeNumber('SPILLWAY_WINDOW_MEBIBYTES', {
    purpose: 'Video held in memory while its chunks wait or are computed.',
    min: 16,
    max: 65_536,
    default: 512,
  }),
  identityWindowMs: seconds('SPILLWAY_DUPLICATE_WINDOW_SECONDS', {
    purpose: 'How long after its outcome a chunk seen again is refused as a duplicate.',
    min: 60,
    max: 86_400,
    default: 3600,
  }),
};

export type DispatcherConfig = ConfigOf<typeof settings>;

export function parseConfig(environment: Environment): DispatcherConfig {
  return parseEnvironment(settings, environment);
}

export const windowBytesMax = (config: DispatcherConfig): number =>
  config.windowMebibytes * mebibyte;
