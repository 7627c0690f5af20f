import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Keeper } from '../../../../services/local/processes/keeper.ts';
import { eventually, isRunning } from '../../../support/process-probe.ts';
import { temporaryFolder } from '../../../support/program-file.ts';

function startSleeper(): ChildProcess & { readonly pid: number } {
  const sleeper = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  const { pid } = sleeper;
  if (pid === undefined) throw new Error('sleep did not start');
  onTestFinished(() => void sleeper.kill('SIGKILL'));
  return Object.assign(sleeper, { pid });
}

it('kills the groups and removes the folders that it was told of, and nothing else', async () => {
  const keeper = new Keeper();
  const doomed = startSleeper();
  const spared = startSleeper();
  const stranger = startSleeper();
  const folders = temporaryFolder();
  const removed = join(folders, "a name with spaces, * and 'quotes'");
  const kept = join(folders, 'kept');
  for (const folder of [removed, kept]) {
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), 'content');
  }
  keeper.killAtEnd(doomed.pid);
  keeper.killAtEnd(spared.pid);
  keeper.spare(spared.pid);
  keeper.removeAtEnd(removed);

  await keeper.close();
  await eventually('the registered process has ended', () => !isRunning(doomed.pid));
  expect(isRunning(spared.pid)).toBe(true);
  expect(isRunning(stranger.pid)).toBe(true);
  expect(existsSync(removed)).toBe(false);
  expect(existsSync(join(kept, 'file'))).toBe(true);
});

it('ends a process that is stopped and cannot react to anything', async () => {
  const keeper = new Keeper();
  const sleeper = startSleeper();
  keeper.killAtEnd(sleeper.pid);
  sleeper.kill('SIGSTOP');
  await keeper.close();
  await eventually('the stopped process has ended', () => !isRunning(sleeper.pid));
});

it('is replaced by one that knows everything when somebody ends it', async () => {
  const keeper = new Keeper();
  const sleeper = startSleeper();
  const folder = join(temporaryFolder(), 'registered');
  mkdirSync(folder);
  keeper.killAtEnd(sleeper.pid);
  keeper.removeAtEnd(folder);
  const firstPid = keeper.pid ?? 0;
  process.kill(firstPid, 'SIGKILL');
  await eventually('another keeper runs', () => keeper.pid !== firstPid);
  expect(isRunning(sleeper.pid)).toBe(true);

  await keeper.close();
  await eventually('the registered process has ended', () => !isRunning(sleeper.pid));
  expect(existsSync(folder)).toBe(false);
});

it('does not react to the signals that end a session', async () => {
  const keeper = new Keeper();
  const sleeper = startSleeper();
  keeper.killAtEnd(sleeper.pid);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
    process.kill(keeper.pid ?? 0, signal);
  await keeper.close();
  await eventually('the registered process has ended', () => !isRunning(sleeper.pid));
});

it('refuses to remove what is not an absolute path on one line', async () => {
  const keeper = new Keeper();
  for (const path of ['', 'relative', '/', '/with\nnewline', ' /led-by-space']) {
    expect(() => keeper.removeAtEnd(path), JSON.stringify(path)).toThrow(/absolute paths/);
  }
  await keeper.close();
});
