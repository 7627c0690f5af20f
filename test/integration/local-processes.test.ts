import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { Program } from '../../services/local/processes/program.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { systemClock } from '../../services/shared/clock/system.ts';
import { eventually, isRunning } from '../support/process-probe.ts';
import { forkingProgram, programFile } from '../support/program-file.ts';

it('a program and what it forked die with their parent that was killed', async () => {
  const keeper = new Keeper();
  onTestFinished(() => keeper.close());
  const parent = new Program({
    name: 'parent',
    entryFile: join(projectFolder(), 'test/support/parent-of-program.mjs'),
    programArguments: [programFile(forkingProgram)],
    environment: process.env,
    keeper,
    clock: systemClock,
  });
  const ready = await parent.waitForLog((line) => line.fields?.['event'] === 'ready', 10_000);
  const programPid = Number(ready.fields?.['pid']);
  const forkedPid = Number(ready.fields?.['childPid']);
  expect(isRunning(programPid)).toBe(true);
  expect(isRunning(forkedPid)).toBe(true);

  parent.kill('SIGKILL');
  await eventually('the program has ended', () => !isRunning(programPid));
  await eventually('what it forked has ended', () => !isRunning(forkedPid));
});
