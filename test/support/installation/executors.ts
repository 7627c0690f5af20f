import { readFileSync } from 'node:fs';
import type { Program } from '../../../services/local/processes/program.ts';
import type { Installation } from './installation.ts';
import { nameOf } from './traces.ts';

/** Process ids of a worker's executor children, as Linux knows them. */
export function executorsOf(worker: Program): readonly number[] {
  if (worker.pid === null || worker.hasEnded) return [];
  const children = readFileSync(`/proc/${worker.pid}/task/${worker.pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/**
 * Stops the executors for as long as a test wants, so that what they have or get next stays in
 * hand; their parent goes on. It costs no time of the machine, however long the work "takes".
 */
export function holdExecutors(worker: Program): void {
  signalExecutors(worker, 'SIGSTOP');
}

export function letExecutorsGo(worker: Program): void {
  signalExecutors(worker, 'SIGCONT');
}

export function killExecutors(worker: Program): void {
  signalExecutors(worker, 'SIGKILL');
}

function signalExecutors(worker: Program, signal: NodeJS.Signals): void {
  for (const pid of executorsOf(worker)) process.kill(pid, signal);
}

/** Kills the executor of each worker that starts the chunk; answers how many it killed. */
export async function killWhoeverStarts(options: {
  readonly installation: Installation;
  readonly workers: readonly Program[];
  readonly id: string;
}): Promise<() => number> {
  const { installation, workers, id } = options;
  let deaths = 0;
  const byName = new Map<string, Program>();
  for (const worker of workers) byName.set(await nameOf(worker), worker);
  installation.tries.onStarted((started) => {
    const worker = byName.get(started.worker);
    if (started.id !== id || worker === undefined) return;
    deaths += 1;
    killExecutors(worker);
  });
  return () => deaths;
}
