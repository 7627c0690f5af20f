import { z } from 'zod';
import { mebibyte } from '../shared/chunk/limits.ts';
import { workerKinds } from '../shared/chunk/words.ts';
import { chunkSettings } from '../shared/process/chunk-settings.ts';
import { group, parseEnvironment } from '../shared/process/environment.ts';
import type { ConfigOf } from '../shared/process/environment.ts';
import type { Environment } from '../shared/process/ports.ts';
import {
  choice,
  fromSchema,
  list,
  number,
  optional,
  seconds,
  text,
  wholeNumber,
} from '../shared/process/setting.ts';
import { kafkaSettings, processSettings } from '../shared/process/settings.ts';
import { variantNames } from './models/manifest.ts';

/** `null`: this worker computes as fast as it can, on what its kind says. */
const emulation = group(
  {
    speed: optional(
      number('SPILLWAY_EMULATED_SPEED', {
        purpose:
          'For machines without a GPU: compute on the CPU, then wait until a slot has taken as long ' +
          'as one of this speed, in seconds of video per second. Left out, nothing is emulated.',
        min: 0.01,
        max: 10_000,
      }),
    ),
    executors: optional(
      wholeNumber('SPILLWAY_EMULATED_EXECUTORS', {
        purpose:
          'Processes that the slots of an emulated worker share, since each computes for a part of ' +
          'its time only. Too few miss the pace, more take memory. Left out, each slot has its own.',
        min: 1,
        max: 64,
      }),
    ),
  },
  ({ speed, executors }, report) => {
    if (speed === null && executors !== null) {
      report(
        'SPILLWAY_EMULATED_EXECUTORS is set without SPILLWAY_EMULATED_SPEED: real slots share nothing.',
      );
    }
    return speed === null ? null : { speed, executors };
  },
);

export const settings = {
  kafka: kafkaSettings,
  ...processSettings,
  limits: chunkSettings,
  kind: choice('SPILLWAY_WORKER_KIND', {
    purpose:
      'Whose lanes to serve, and on what: a gpu worker never computes on the CPU, unless it is ' +
      'emulated.',
    choices: workerKinds,
  }),
  pool: text('SPILLWAY_WORKER_POOL', {
    purpose: 'Name of the node pool that this worker stands on, for results and sizing.',
    accepts: '1 to 64 letters, digits, dots, dashes and underscores',
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    default: 'default',
  }),
  node: optional(
    text('SPILLWAY_WORKER_NODE', {
      purpose: 'Name of the node, so that its boot can be timed up to the loaded model.',
      accepts: 'a name',
      pattern: /^\S{1,253}$/,
    }),
  ),
  slots: wholeNumber('SPILLWAY_WORKER_SLOTS', {
    purpose:
      'Chunks computed at a time, each in a process of its own with a copy of every model. Slots ' +
      'times threads should not exceed the cores.',
    min: 1,
    max: 64,
    default: 1,
  }),
  threads: wholeNumber('SPILLWAY_WORKER_THREADS', {
    purpose:
      'Threads of one slot. On shared nodes many slots of one thread do more than one slot of many.',
    min: 1,
    max: 64,
    default: 1,
  }),
  emulation,
  models: {
    repositories: list('SPILLWAY_MODEL_REPOSITORIES', {
      purpose: 'Folders that hold models as <model>/<version>/model.onnx with a manifest.json.',
      accepts: 'one or more paths, separated by commas',
      pattern: /^\S.*$/,
    }),
    default: optional(
      text('SPILLWAY_DEFAULT_MODEL', {
        purpose: 'Model of chunks that name none; needed only where there are several.',
        accepts: 'the name of a model',
        pattern: /^\S{1,200}$/,
      }),
    ),
    variants: fromSchema(
      'SPILLWAY_MODEL_VARIANTS',
      {
        purpose: 'Variants in order of preference; the first that a model has is served.',
        default: 'fp32',
      },
      {
        accepts: `${variantNames.join(', ')}, separated by commas`,
        inFiles: { type: 'array', items: { type: 'string', enum: variantNames }, minItems: 1 },
        schema: z
          .string()
          .transform((joined) => joined.split(',').map((part) => part.trim()))
          .pipe(z.array(z.enum(variantNames))),
      },
    ),
    batchMax: wholeNumber('SPILLWAY_BATCH_FRAMES_MAX', {
      purpose: 'Frames given at once to networks that take any number. More costs memory.',
      min: 1,
      max: 256,
      default: 8,
    }),
    loadMs: seconds('SPILLWAY_MODEL_LOAD_SECONDS', {
      purpose: 'Time for loading all models; a GPU may build engines for minutes the first time.',
      min: 1,
      max: 3600,
      default: 120,
    }),
  },
  claimRoot: optional(
    text('SPILLWAY_CLAIM_ROOT', {
      purpose: 'Folder of claim checks; file:// references outside of it are refused.',
      accepts: 'an absolute path',
      pattern: /^\/.+$/,
    }),
  ),
  chunk: {
    claimMebibytes: wholeNumber('SPILLWAY_CLAIM_MEBIBYTES', {
      purpose: 'Largest video behind a claim check.',
      min: 1,
      max: 16_384,
      default: 512,
    }),
    megapixels: wholeNumber('SPILLWAY_PICTURE_MEGAPIXELS', {
      purpose: 'Largest picture, width times height; 8 holds 3840 x 2160.',
      min: 1,
      max: 256,
      default: 9,
    }),
    framesMax: wholeNumber('SPILLWAY_CHUNK_FRAMES_MAX', {
      purpose: 'Most frames in one chunk, sampled or not.',
      min: 1,
      max: 10_000_000,
      default: 216_000,
    }),
    durationMsMax: seconds('SPILLWAY_CHUNK_SECONDS_MAX', {
      purpose: 'Longest video in one chunk.',
      min: 1,
      max: 86_400,
      default: 3600,
    }),
    executionMs: seconds('SPILLWAY_EXECUTION_SECONDS', {
      purpose: 'Wall time of one chunk, after which its executor is killed and the try has failed.',
      min: 1,
      max: 86_400,
      default: 120,
    }),
    memoryMebibytes: wholeNumber('SPILLWAY_EXECUTOR_MEMORY_MEBIBYTES', {
      purpose: 'Resident memory of one slot, above which it is killed and the try has failed.',
      min: 128,
      max: 262_144,
      default: 2048,
    }),
  },
};

export type WorkerConfig = ConfigOf<typeof settings>;

export function parseConfig(environment: Environment): WorkerConfig {
  return parseEnvironment(settings, environment);
}

export const claimBytesMax = ({ chunk }: WorkerConfig): number => chunk.claimMebibytes * mebibyte;
export const pixelsMax = ({ chunk }: WorkerConfig): number => chunk.megapixels * 1_000_000;
