import { createWriteStream, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Keeper } from '../../local/processes/keeper.ts';
import type { LogLine } from '../../local/processes/log-lines.ts';

/** What one `up` keeps on this machine while it runs; gone with it, whatever ends it. */
export interface UpFolder {
  readonly claims: string;
  readonly clips: string;
  readonly logFile: string;
  /** Writes a line of a program to the log file. */
  log(program: string, line: LogLine): void;
}

export function openUpFolder(keeper: Keeper): UpFolder {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-up-'));
  keeper.removeAtEnd(folder);
  const claims = join(folder, 'claims');
  mkdirSync(claims);
  const logFile = join(folder, 'programs.log');
  const stream = createWriteStream(logFile);
  return {
    claims,
    clips: join(folder, 'clips'),
    logFile,
    log: (program, { text }) => stream.write(`${program} ${text}\n`),
  };
}

/** What a person should see of a program's log as a line: warnings and worse. */
export function noteworthy(program: string, { fields, stream, text }: LogLine): string | null {
  if (fields === null) return stream === 'stderr' ? `${program}: ${text}` : null;
  const { level, event, message, error } = fields;
  if (level !== 'warn' && level !== 'error' && level !== 'fatal') return null;
  const said = typeof message === 'string' ? message : String(event);
  const isError = typeof error === 'object' && error !== null && 'message' in error;
  return `${program}: ${said}${isError ? `: ${String(error.message)}` : ''}`;
}
