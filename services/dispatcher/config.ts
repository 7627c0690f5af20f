import { mebibyte } from '../shared/chunk/limits.ts';
import { parseEnvironment } from '../shared/process/environment.ts';
import type { ConfigOf } from '../shared/process/environment.ts';
import type { Environment } from '../shared/process/ports.ts';
import { choice, number, seconds, text, wholeNumber } from '../shared/process/setting.ts';
import { chunkSettings } from '../shared/process/chunk-settings.ts';
import { objectiveSettings } from '../shared/process/objective-settings.ts';
import { kafkaSettings, processSettings } from '../shared/process/settings.ts';
import { lateRules } from './knowledge/term-state.ts';

const policy = {
  laneHorizonMs: seconds('SPILLWAY_LANE_HORIZON_SECONDS', {
    purpose:
      'Work kept in a lane. Too low starves workers, too high binds chunks long before they start.',
    min: 0.1,
    max: 30,
    default: 2,
  }),
  otherWorkerWaitMs: seconds('SPILLWAY_OTHER_WORKER_WAIT_SECONDS', {
    purpose: 'How long another worker is preferred over one that failed on a chunk.',
    min: 0,
    max: 300,
    default: 5,
  }),
  pathMs: seconds('SPILLWAY_PATH_SECONDS', {
    purpose:
      'What a chunk needs besides waiting and computing, over its lane and back. Too low makes ' +
      'chunks late that were to be just in time, too high spills what GPU workers would do.',
    min: 0,
    max: 30,
    default: 0.5,
  }),
  overloadHoldMs: seconds('SPILLWAY_OVERLOAD_HOLD_SECONDS', {
    purpose:
      'How long priority goes before deadline after the last moment at which not all could be in ' +
      'time. Too low lets the order flap.',
    min: 0,
    max: 600,
    default: 10,
  }),
  spillHorizonMs: seconds('SPILLWAY_SPILL_HORIZON_SECONDS', {
    purpose:
      'Work kept in the lane of a CPU worker while there are GPU workers. More puts what was ' +
      'spilled first in the way of what is urgent.',
    min: 0,
    max: 30,
    default: 0.5,
  }),
  marginFraction: {
    gpu: number('SPILLWAY_GPU_MARGIN_FRACTION', {
      purpose:
        'Share by which the reckoned time of a GPU worker is stretched: what it would have done in ' +
        'the last moment is spilled.',
      min: 0,
      max: 5,
      default: 0.1,
    }),
    cpu: number('SPILLWAY_CPU_MARGIN_FRACTION', {
      purpose: 'The same for a CPU worker, before a chunk is spilled to it.',
      min: 0,
      max: 5,
      default: 0.2,
    }),
  },
  floors: {
    standard: number('SPILLWAY_FLOOR_STANDARD_FRACTION', {
      purpose:
        'Share of the video dispatched in a minute that standard chunks get while they wait, however much live work there is.',
      min: 0,
      max: 0.5,
      default: 0.1,
    }),
    bulk: number('SPILLWAY_FLOOR_BULK_FRACTION', {
      purpose: 'The same for bulk chunks.',
      min: 0,
      max: 0.5,
      default: 0.05,
    }),
  },
  unmeasuredSpeed: {
    gpu: number('SPILLWAY_UNMEASURED_SPEED_GPU', {
      purpose:
        'Milliseconds of video that a slot of a GPU worker does in a millisecond, until one was ' +
        'measured. Too high spills nothing while the first chunks take longer than was thought.',
      min: 0.01,
      max: 10_000,
      default: 2,
    }),
    cpu: number('SPILLWAY_UNMEASURED_SPEED_CPU', {
      purpose:
        'The same of a CPU worker. Too low spills nothing to it, so that it is never measured.',
      min: 0.01,
      max: 10_000,
      default: 1,
    }),
  },
};

export const settings = {
  kafka: kafkaSettings,
  ...processSettings,
  limits: chunkSettings,
  objectiveMs: objectiveSettings,
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
  policy,
  late: {
    live: choice('SPILLWAY_LATE_LIVE', {
      purpose:
        'What becomes of a live chunk that still waits when its deadline passes: it goes last, or it expires.',
      choices: lateRules,
      default: 'last',
    }),
    standard: choice('SPILLWAY_LATE_STANDARD', {
      purpose: 'The same for standard chunks.',
      choices: lateRules,
      default: 'last',
    }),
    bulk: choice('SPILLWAY_LATE_BULK', {
      purpose: 'The same for bulk chunks.',
      choices: lateRules,
      default: 'last',
    }),
  },
  startWithinMs: seconds('SPILLWAY_START_WITHIN_SECONDS', {
    purpose:
      'From sending a chunk to the last moment of starting it; later it goes elsewhere. More than ' +
      'the lane horizon, or chunks that only waited their turn are done twice.',
    min: 0.5,
    max: 60,
    default: 3.5,
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
