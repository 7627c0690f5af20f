import { join } from 'node:path';
import type { SizeLimits } from '../shared/chunk/limits.ts';
import { chunkSettings } from '../shared/process/chunk-settings.ts';
import { parseEnvironment } from '../shared/process/environment.ts';
import { ProcessError } from '../shared/process/errors.ts';
import type { Environment, LogLevel } from '../shared/process/ports.ts';
import { optional, text } from '../shared/process/setting.ts';
import { kafkaSettings, processSettings } from '../shared/process/settings.ts';
import type { Sasl, Tls } from '../shared/process/settings.ts';
import { CommandError } from './command-error.ts';

const folder = { accepts: 'an absolute path', pattern: /^\/.+$/ };

/** In a container without an entry for its user the home is `/`. */
const anyFolder = { ...folder, pattern: /^\// };

const operatorCharactersMax = 100;
const anyText = { accepts: 'a name', pattern: /^[^]+$/ };

/** A running `spillway up` answers what is not set here. */
const cliSettings = {
  brokers: optional(kafkaSettings.brokers),
  tls: kafkaSettings.tls,
  sasl: kafkaSettings.sasl,
  topicPrefix: optional(kafkaSettings.topicPrefix),
  limits: chunkSettings,
  logLevel: processSettings.log.level,
  claimRoot: optional(
    text('SPILLWAY_CLAIM_ROOT', {
      purpose: 'Folder, shared with the workers, for chunks too large to travel inside a record.',
      ...folder,
    }),
  ),
  cacheFolder: optional(
    text('SPILLWAY_CACHE_FOLDER', {
      purpose: 'Where `up` keeps the Apache Kafka that it fetched.',
      ...folder,
    }),
  ),
  stateHome: optional(
    text('XDG_STATE_HOME', { purpose: 'Where programs keep what they remember.', ...folder }),
  ),
  user: optional(text('USER', { purpose: 'Name of the person.', ...anyText })),
  login: optional(text('LOGNAME', { purpose: 'The same, where USER is not set.', ...anyText })),
  home: optional(text('HOME', { purpose: 'The home of the person.', ...anyFolder })),
};

export interface CliConfig {
  /** `null`: those of the running system. */
  readonly brokers: readonly string[] | null;
  readonly tls: Tls | null;
  readonly sasl: Sasl | null;
  readonly topicPrefix: string | null;
  readonly limits: SizeLimits;
  readonly claimRoot: string | null;
  readonly logLevel: LogLevel;
  /** Where a running `spillway up` says how to reach it. */
  readonly stateFile: string;
  /** Who types, as this machine names them; for those who read what was said. */
  readonly operator: string;
}

/** @throws CommandError `configuration` with one line for each problem. */
export function parseConfig(environment: Environment): CliConfig {
  try {
    const {
      home,
      user,
      login,
      stateHome,
      cacheFolder: _,
      ...config
    } = parseEnvironment(cliSettings, environment);
    const state = stateHome ?? join(home ?? '/', '.local', 'state');
    const operator = (user ?? login ?? 'somebody').slice(0, operatorCharactersMax);
    return { ...config, operator, stateFile: join(state, 'spillway', 'up.json') };
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new CommandError('configuration', error.problems.join('\n'), error);
  }
}
