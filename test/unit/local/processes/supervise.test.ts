import { expect, it, onTestFinished } from 'vitest';
import { Keeper } from '../../../../services/local/processes/keeper.ts';
import {
  describeSupervisionReport,
  SupervisedProgram,
  type SupervisionReport,
} from '../../../../services/local/processes/supervise.ts';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';
import { eventually } from '../../../support/process-probe.ts';
import { programFile, waitingProgram } from '../../../support/program-file.ts';

const graceMs = 60_000;

interface Supervised {
  readonly supervised: SupervisedProgram;
  readonly clock: ManualClock;
  readonly reports: SupervisionReport[];
}

function supervise(source: string): Supervised {
  const keeper = new Keeper();
  onTestFinished(() => keeper.close());
  const clock = new ManualClock(0);
  const reports: SupervisionReport[] = [];
  const supervised = new SupervisedProgram({
    name: 'worker',
    entryFile: programFile(source),
    environment: {},
    keeper,
    clock,
    report: (report) => reports.push(report),
  });
  return { supervised, clock, reports };
}

function kinds(reports: readonly SupervisionReport[]): readonly string[] {
  return reports.map((report) => report.kind);
}

it('starts a program again that was killed, after the wait and not before', async () => {
  const { supervised, clock, reports } = supervise(waitingProgram);
  const firstPid = supervised.program.pid;
  supervised.program.kill('SIGKILL');
  await eventually('the end was noticed', () => reports.length === 2);
  expect(kinds(reports)).toEqual(['started', 'restarting']);

  clock.advanceMs(499);
  expect(reports).toHaveLength(2);
  clock.advanceMs(1);
  await eventually('it was started again', () => reports.length === 3);
  expect(supervised.program.pid).not.toBe(firstPid);
  expect(describeSupervisionReport(reports[1] ?? reports[0] ?? unreachable())).toContain(
    'worker ended by itself (signal SIGKILL), failure 1 in a row',
  );
  await supervised.stop(graceMs);
  expect(kinds(reports)).toEqual(['started', 'restarting', 'started']);
});

it('starts nothing again after it was told to stop, also while it waits to do so', async () => {
  const { supervised, reports } = supervise('process.exitCode = 1;');
  await eventually('the end was noticed', () => reports.length === 2);
  await supervised.stop(graceMs);
  await supervised.ended;
  expect(kinds(reports)).toEqual(['started', 'restarting']);
});

it('gives up on a program whose configuration is wrong and passes on what it said', async () => {
  const { supervised, reports } = supervise(
    `console.error('BROKERS is empty'); process.exitCode = 2;`,
  );
  await supervised.ended;
  expect(kinds(reports)).toEqual(['started', 'gave-up']);
  expect(describeSupervisionReport(reports[1] ?? unreachable())).toMatch(
    /configuration is wrong.*BROKERS is empty/,
  );
});

function unreachable(): never {
  throw new Error('the report is missing');
}
