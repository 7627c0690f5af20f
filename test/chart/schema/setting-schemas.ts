import { settings as dispatcher } from '../../../services/dispatcher/config.ts';
import { settings as scaler } from '../../../services/scaler/config.ts';
import { listSettings } from '../../../services/shared/process/environment.ts';
import type { Setting } from '../../../services/shared/process/setting.ts';
import { settings as worker } from '../../../services/worker/config.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export const programs = {
  dispatcher: listSettings(dispatcher),
  scaler: listSettings(scaler),
  worker: listSettings(worker),
} as const;
export type Program = keyof typeof programs;

const prefix = 'SPILLWAY_';

/**
 * What the chart's templates set by themselves, from other values or from the pod's own place: under
 * `settings` a second word would contradict the first. Names, or the beginnings of names.
 */
export const ownedByTemplates: readonly string[] = [
  'KAFKA_',
  'SPILLWAY_TOPIC_PREFIX',
  'SPILLWAY_INLINE_MEBIBYTES',
  'SPILLWAY_HTTP_',
  'SPILLWAY_OBJECTIVE_',
  'SPILLWAY_POOLS',
  'SPILLWAY_KEDA_',
  'SPILLWAY_REPLICAS',
  'SPILLWAY_CPU_WORKER',
  'SPILLWAY_WORKER_KIND',
  'SPILLWAY_WORKER_POOL',
  'SPILLWAY_WORKER_NODE',
  'SPILLWAY_WORKER_PODS_',
  'SPILLWAY_WORKER_SLOTS',
  'SPILLWAY_EMULATED_',
  'SPILLWAY_MODEL_REPOSITORIES',
  'SPILLWAY_CLAIM_ROOT',
];

/** SPILLWAY_LANE_HORIZON_SECONDS is laneHorizonSeconds in values. */
export function valueName(variable: string): string {
  return variable
    .slice(prefix.length)
    .toLowerCase()
    .replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The other way round. */
export function variableName(value: string): string {
  return prefix + value.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Those that `<program>.settings` takes, in their order. */
export function settingsInValues(program: Program): readonly Setting<unknown>[] {
  return programs[program].filter(
    ({ name, inFiles }) =>
      inFiles !== null && !ownedByTemplates.some((owned) => name.startsWith(owned)),
  );
}

/** Of `<program>.settings`: what is not there is unknown to the program, and refused. */
export function settingsSchema(program: Program): JsonSchema {
  const entries = settingsInValues(program).map((setting) => [
    valueName(setting.name),
    settingSchema(setting),
  ]);
  return {
    type: 'object',
    description: `Settings of the ${program}; what is left out has the program's default.`,
    additionalProperties: false,
    properties: Object.fromEntries(entries),
  };
}

/** Of one variable, by its name, for values that the templates hand on. */
export function schemaOf(variable: string): JsonSchema {
  const found = Object.values(programs)
    .flat()
    .find(({ name }) => name === variable);
  if (found === undefined) throw new Error(`No program has a setting ${variable}.`);
  return settingSchema(found);
}

function settingSchema({ purpose, inFiles, defaultText }: Setting<unknown>): JsonSchema {
  const shown = defaultText === null ? {} : { default: defaultValue(inFiles, defaultText) };
  return { description: purpose, ...inFiles, ...shown };
}

/** As a file writes it. */
export function defaultValue(inFiles: Setting<unknown>['inFiles'], text: string): unknown {
  switch (inFiles?.type) {
    case 'boolean':
      return text === 'true';
    case 'integer':
    case 'number':
      return Number(text);
    case 'array':
      return text.split(',').map((part) => part.trim());
    case 'string':
    case undefined:
      return text;
  }
}
