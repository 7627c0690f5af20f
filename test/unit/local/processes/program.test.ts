import { expect, it, onTestFinished } from 'vitest';
import { Keeper } from '../../../../services/local/processes/keeper.ts';
import { Program } from '../../../../services/local/processes/program.ts';
import { systemClock } from '../../../../services/shared/clock/system.ts';
import { eventually, isRunning } from '../../../support/process-probe.ts';
import {
  forkingProgram,
  programFile,
  stubbornProgram,
  waitingProgram,
} from '../../../support/program-file.ts';

const lineTimeoutMs = 4_000;
const graceMs = 4_000;

function start(source: string, environment: Readonly<Record<string, string>> = {}): Program {
  const keeper = new Keeper();
  onTestFinished(() => keeper.close());
  return new Program({
    name: 'under-test',
    entryFile: programFile(source),
    environment,
    keeper,
    clock: systemClock,
  });
}

async function untilReady(program: Program): Promise<Readonly<Record<string, unknown>>> {
  const line = await program.waitForLog(
    ({ fields }) => fields?.['event'] === 'ready',
    lineTimeoutMs,
  );
  return line.fields ?? {};
}

it('stops a program that obeys, well before the grace is over', async () => {
  const program = start(waitingProgram);
  await untilReady(program);
  expect(await program.stop(60_000)).toEqual({ kind: 'signalled', signal: 'SIGTERM' });
  expect(program.hasEnded).toBe(true);
});

it('kills a program that does not obey once the grace is over', async () => {
  const program = start(stubbornProgram);
  await untilReady(program);
  expect(await program.stop(100)).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
  expect(program.lastLines()).toContain('not yet');
});

it('stops a program that is paused', async () => {
  const program = start(waitingProgram);
  await untilReady(program);
  program.pause();
  expect(await program.stop(60_000)).toEqual({ kind: 'signalled', signal: 'SIGTERM' });
});

it('ends what a program forked once the program itself has ended', async () => {
  const program = start(forkingProgram);
  const { childPid } = await untilReady(program);
  expect(isRunning(Number(childPid))).toBe(true);
  program.kill('SIGKILL');
  expect(await program.exited).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
  await eventually('the forked process has ended', () => !isRunning(Number(childPid)));
});

it('gives a program the environment that was named and nothing else', async () => {
  const program = start(
    `console.log(JSON.stringify({ event: 'ready', names: Object.keys(process.env) }))`,
    { ONLY_THIS: 'yes' },
  );
  expect((await untilReady(program))['names']).toEqual(['ONLY_THIS']);
  expect(await program.exited).toEqual({ kind: 'exited', code: 0 });
});

it('finds a line that was written before anybody waited for it', async () => {
  const program = start(`console.error('early'); process.exitCode = 3;`);
  expect(await program.exited).toEqual({ kind: 'exited', code: 3 });
  const line = await program.waitForLog(({ text }) => text === 'early', lineTimeoutMs);
  expect(line.stream).toBe('stderr');
});

it('says how the program ended and what it wrote last when an awaited line never comes', async () => {
  const program = start(`console.log('out of luck'); process.exitCode = 7;`);
  await expect(program.waitForLog(() => false, lineTimeoutMs)).rejects.toThrow(
    /under-test did not write .* before it ended \(exit code 7\); its last lines: out of luck/,
  );
});

it('says that an awaited line did not come in time while the program runs on', async () => {
  const program = start(waitingProgram);
  await untilReady(program);
  await expect(program.waitForLog(() => false, 10)).rejects.toThrow(/within 10 ms/);
  await program.stop(graceMs);
});
