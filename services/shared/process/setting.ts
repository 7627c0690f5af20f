import { z } from 'zod';
import { secret } from './secret.ts';
import type { Secret } from './secret.ts';

/**
 * One environment variable: its name, what it accepts, and how its text becomes a value.
 * `Value` is what the process gets: milliseconds where people write seconds, for example.
 */
export interface Setting<Value> {
  readonly kind: 'setting';
  readonly name: string;
  /** What it is for, and what too low and too high do. One or two sentences for the manual. */
  readonly purpose: string;
  /** What is accepted, with unit and range, as it stands in an error line: `1 to 65535`. */
  readonly accepts: string;
  /** The text assumed when the variable is not set; `null` where there is none. */
  readonly defaultText: string | null;
  /** Set or defaulted it must be; false where the value may be `null`. */
  readonly isRequired: boolean;
  /** Its value appears in no error line and in no log. */
  readonly isSecret: boolean;
  /** What is accepted where a file holds the value; `null`: no file may, since it is secret. */
  readonly inFiles: FileValue | null;
  /** The value of a text, or of the variable's absence (`null`), where that is accepted. */
  read(text: string | null): Reading<Value>;
}

/**
 * A value as files write it, a number as a number and a list as a list, in the words of JSON Schema;
 * as text in the environment it is the setting's.
 */
export type FileValue =
  | { readonly type: 'boolean' }
  | {
      readonly type: 'integer' | 'number';
      readonly minimum: number;
      readonly maximum: number;
    }
  | { readonly type: 'string'; readonly pattern: string }
  | { readonly type: 'string'; readonly enum: readonly string[] }
  | { readonly type: 'array'; readonly items: FileValue; readonly minItems: number };

export type Reading<Value> =
  { readonly isAccepted: true; readonly value: Value } | { readonly isAccepted: false };

/** Without a default the variable must be set, unless `optional` is put around the setting. */
export interface SettingOptions<Default> {
  readonly purpose: string;
  readonly default?: Default;
}

export interface NumberOptions extends SettingOptions<number> {
  readonly min: number;
  readonly max: number;
}

export interface PatternOptions extends SettingOptions<string> {
  /** Names in words what the pattern asks for. */
  readonly accepts: string;
  readonly pattern: RegExp;
}

/** The value is `null` where the variable is not set. */
export function optional<Value>(setting: Setting<Value>): Setting<Value | null> {
  return {
    ...setting,
    isRequired: false,
    read: (given) => (given === null ? { isAccepted: true, value: null } : setting.read(given)),
  };
}

export function text(name: string, options: PatternOptions): Setting<string> {
  const { accepts, pattern } = options;
  const inFiles = { type: 'string', pattern: pattern.source } as const;
  return fromSchema(name, options, { accepts, inFiles, schema: z.string().regex(pattern) });
}

export function secretText(name: string, options: { readonly purpose: string }): Setting<Secret> {
  const accepts = 'any text (kept secret)';
  const schema = z.string().transform(secret);
  return { ...fromSchema(name, options, { accepts, inFiles: null, schema }), isSecret: true };
}

/** One or more texts between commas, each matching `pattern`; blanks around them are ignored. */
export function list(name: string, options: PatternOptions): Setting<readonly string[]> {
  const schema = z
    .string()
    .transform((joined) => joined.split(',').map((part) => part.trim()))
    .pipe(z.array(z.string().regex(options.pattern)));
  const { accepts, pattern } = options;
  const inFiles = {
    type: 'array',
    items: { type: 'string', pattern: pattern.source },
    minItems: 1,
  } as const;
  return fromSchema(name, options, { accepts, inFiles, schema });
}

export function choice<const Choice extends string>(
  name: string,
  options: SettingOptions<NoInfer<Choice>> & { readonly choices: readonly Choice[] },
): Setting<Choice> {
  const accepts = options.choices.join(' or ');
  const inFiles = { type: 'string', enum: options.choices } as const;
  return fromSchema(name, options, { accepts, inFiles, schema: z.enum(options.choices) });
}

export function flag(name: string, options: SettingOptions<'true' | 'false'>): Setting<boolean> {
  const schema = z.enum(['true', 'false']).transform((word) => word === 'true');
  return fromSchema(name, options, {
    accepts: 'true or false',
    inFiles: { type: 'boolean' },
    schema,
  });
}

export function wholeNumber(name: string, options: NumberOptions): Setting<number> {
  const accepts = `a whole number from ${options.min} to ${options.max}`;
  const inFiles = inRange('integer', options);
  return fromSchema(name, options, { accepts, inFiles, schema: decimal(options).pipe(z.int()) });
}

export function number(name: string, options: NumberOptions): Setting<number> {
  const accepts = `a number from ${options.min} to ${options.max}`;
  const inFiles = inRange('number', options);
  return fromSchema(name, options, { accepts, inFiles, schema: decimal(options) });
}

/** Seconds outside (`min`, `max` and `default` too), milliseconds inside. */
export function seconds(name: string, options: NumberOptions): Setting<number> {
  const accepts = `seconds from ${options.min} to ${options.max}`;
  // Rounded, so that 0.1 s is 100 ms and not 100.00000000000001.
  const schema = decimal(options).transform((value) => Math.round(value * 1e6) / 1e3);
  return fromSchema(name, options, { accepts, inFiles: inRange('number', options), schema });
}

function inRange(
  type: 'integer' | 'number',
  { min, max }: { readonly min: number; readonly max: number },
): FileValue {
  return { type, minimum: min, maximum: max };
}

/** Only plain decimals: what JavaScript takes besides (`1e3`, `0x10`, `Infinity`) is a mistake. */
function decimal(range: { readonly min: number; readonly max: number }): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number)
    .pipe(z.number().min(range.min).max(range.max));
}

/** For a variable that none of the others fits. */
export function fromSchema<Value>(
  name: string,
  options: SettingOptions<string | number>,
  reading: {
    readonly accepts: string;
    readonly inFiles: FileValue | null;
    readonly schema: z.ZodType<Value, string>;
  },
): Setting<Value> {
  const defaultText = options.default === undefined ? null : String(options.default);
  return {
    kind: 'setting',
    name,
    purpose: options.purpose,
    accepts: reading.accepts,
    defaultText,
    isRequired: true,
    isSecret: false,
    inFiles: reading.inFiles,
    read: (given) => {
      const result = reading.schema.safeParse(given ?? defaultText);
      return result.success ? { isAccepted: true, value: result.data } : { isAccepted: false };
    },
  };
}
