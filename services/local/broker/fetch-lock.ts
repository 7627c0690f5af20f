import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../shared/clock/ports.ts';

export interface FetchLockOptions {
  readonly lockFile: string;
  readonly clock: Clock;
  /** Called once, with the holder's process id, when somebody else is fetching. */
  readonly onWait: (pid: number) => void;
  /** Whether there is nothing left to do, since the other one has finished. */
  readonly isDone: () => boolean;
}

const pollMs = 200;

/**
 * A fetch takes a minute. A lock this old was left by a process that is gone, even if its number
 * belongs to another process by now.
 */
const lockAgeMsMax = 600_000;

/**
 * Lets one process fetch while others wait for its result. It is a courtesy that saves a download:
 * should two come through, which a lock left by a killed process allows for an instant, each works
 * in a folder of its own and the rename decides.
 *
 * Resolves to `false` when the other one has finished the work.
 */
export async function takeFetchLock(options: FetchLockOptions): Promise<boolean> {
  let hasSaidSo = false;
  for (;;) {
    if (options.isDone()) return false;
    if (tryToLock(options.lockFile)) return true;
    const holder = readHolder(options.lockFile, options.clock);
    if (holder === null || !isAlive(holder)) {
      rmSync(options.lockFile, { force: true });
      continue;
    }
    if (!hasSaidSo) options.onWait(holder);
    hasSaidSo = true;
    await options.clock.sleepMs(pollMs);
  }
}

export function releaseFetchLock(lockFile: string): void {
  rmSync(lockFile, { force: true });
}

function tryToLock(lockFile: string): boolean {
  try {
    writeFileSync(lockFile, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** `null`: unreadable, gone or too old to be true. */
function readHolder(lockFile: string, clock: Clock): number | null {
  try {
    if (clock.nowMs() - statSync(lockFile).mtimeMs > lockAgeMsMax) return null;
    const pid = Number(readFileSync(lockFile, 'utf8').trim());
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not allowed to signal it means that it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
