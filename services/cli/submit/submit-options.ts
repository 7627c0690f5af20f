import { basename, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Priority } from '../../shared/chunk/words.ts';
import { CommandError } from '../command-error.ts';

/** What the person typed, checked one by one. */
export interface SubmitOptions {
  readonly priority: Priority;
  readonly model?: string;
  /** Milliseconds; 0 = whole files. */
  readonly chunkSeconds: number;
  readonly source?: string;
  /** Milliseconds. */
  readonly deadlineSeconds?: number;
  /** Milliseconds. */
  readonly timeoutSeconds: number;
  readonly wait?: true;
  readonly json?: true;
}

export interface NamedFile {
  readonly path: string;
  /** The stream that its chunks belong to. */
  readonly source: string;
}

/** Longest name that travels in a header and is echoed in messages. */
const nameLengthMax = 1024;

/** A day: more is a slip of the hand. */
const secondsMax = 86_400;

/** Seconds as people write them, milliseconds inside. */
export function readSeconds(least: number): (given: string) => number {
  return (given) => {
    const seconds = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
    if (seconds >= least && seconds <= secondsMax) return Math.round(seconds * 1000);
    throw new InvalidArgumentError(`It must be seconds from ${least} to ${secondsMax}.`);
  };
}

// oxlint-disable-next-line no-control-regex -- control characters are what this finds
const unprintable = /[\u0000-\u001f\u007f\ufffd]/;

/** For sources and models: what a header can carry and every reader accepts. */
export function readName(given: string): string {
  const isShort = given.length > 0 && given.length <= nameLengthMax;
  if (isShort && !unprintable.test(given)) return given;
  throw new InvalidArgumentError(`It must be 1 to ${nameLengthMax} printable characters.`);
}

/**
 * Which stream each file is. Chunks of two files under one source would claim the same places.
 *
 * @throws CommandError `usage`.
 */
export function nameFiles(
  paths: readonly string[],
  source: string | undefined,
): readonly NamedFile[] {
  if (source !== undefined && paths.length > 1) {
    const message = '--source names one stream and so takes one file; submit the files one by one';
    throw new CommandError('usage', message);
  }
  const named = paths.map((path) => ({ path, source: source ?? basename(resolve(path)) }));
  for (const [index, { path, source: name }] of named.entries()) {
    const twin = named.findIndex((other) => other.source === name);
    if (twin === index) continue;
    throw new CommandError(
      'usage',
      `${named[twin]?.path ?? name} and ${path} would be one stream, ${name}; ` +
        'submit them one by one and name one with --source',
    );
  }
  return named;
}
