import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { count, fields, list, parseJson, text } from '../shared/chunk/shape.ts';
import { CommandError } from './command-error.ts';

/** What a running `spillway up` lets other commands know. */
export interface RunningSystem {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  /** Folder of claim checks that its workers read. */
  readonly claimRoot: string;
  readonly pid: number;
  /** RFC 3339. */
  readonly startedAt: string;
}

const shape = fields({
  brokers: list(text),
  topicPrefix: text,
  claimRoot: text,
  pid: count,
  startedAt: text,
});

/** Readers see the old file or the new one, never a part. Only its owner may read it. */
export async function writeRunningSystem(file: string, system: RunningSystem): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.${system.pid}.partial`;
  await writeFile(partial, `${JSON.stringify(system)}\n`, { mode: 0o600 });
  await rename(partial, file);
}

/** Takes the file away unless another system has written its own meanwhile. */
export async function removeRunningSystem(file: string, pid: number): Promise<void> {
  const system = await readSystem(file);
  if (system?.pid === pid) await rm(file, { force: true });
}

/**
 * The system that runs on this machine, `null` where none was started or the last one ended well.
 *
 * @throws CommandError `configuration` when one was started and is gone without a word, or when the
 *   file is not ours.
 */
export async function findRunningSystem(file: string): Promise<RunningSystem | null> {
  const system = await readSystem(file);
  if (system === null || isAlive(system.pid)) return system;
  throw new CommandError(
    'configuration',
    `the system that \`spillway up\` started at ${system.startedAt} is gone (process ${system.pid}); ` +
      'start it again with `spillway up`, or set KAFKA_BROKERS',
  );
}

async function readSystem(file: string): Promise<RunningSystem | null> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError('configuration', `${file} cannot be read: ${reason}`, error);
  }
  const parsed = parseJson(content, shape);
  if (parsed.ok) return parsed.value;
  throw new CommandError(
    'configuration',
    `${file} does not describe a running system (${parsed.problem}); remove it, or set KAFKA_BROKERS`,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process is alive as well.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
