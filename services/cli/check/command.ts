import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { readSeconds } from '../submit/submit-options.ts';
import { watchSystem } from '../system-view/watch-system.ts';
import { findingsOf } from './findings.ts';
import type { Finding } from './findings.ts';

interface CheckOptions {
  readonly workersMin: number;
  readonly waitSeconds: number;
  readonly json?: true;
}

const examples = `
All is well when Kafka answers, the topics are there, a dispatcher and a scaler speak, and enough
workers have loaded their models. It reads and writes nothing else.

Examples:
  $ spillway check
  $ spillway check --workers-min 4 --wait-seconds 120
${exitCodesHelp}`;

const lookEveryMs = 500;

/** Adds `spillway check`. */
export function addCheck(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('check')
    .summary('whether dispatcher, scaler and workers are at work')
    .description('Says whether dispatcher, scaler and workers are at work; exit code 1 if not.')
    .option('--workers-min <n>', 'least workers with loaded models', readCount, 1)
    .option('--wait-seconds <seconds>', 'time for all to become well', readSeconds(0), 0)
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', examples)
    .action(async (options: CheckOptions) => {
      finish(await check(options, tools));
    });
}

function readCount(given: string): number {
  const value = /^\d{1,6}$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

async function check(options: CheckOptions, tools: CommandTools): Promise<ExitCode> {
  const { clock, interrupted, terminal } = tools;
  // Seconds on the command line are milliseconds here.
  const endAtMs = clock.monotonicMs() + options.waitSeconds;
  let findings: readonly Finding[] = [];
  await watchSystem(tools, async (look) => {
    do {
      findings = findingsOf(look(), options);
      if (findings.every(({ isGood }) => isGood) || clock.monotonicMs() >= endAtMs) break;
      await clock.sleepMs(lookEveryMs, interrupted);
    } while (!interrupted.aborted);
  });
  const isWell = findings.length > 0 && findings.every(({ isGood }) => isGood);
  if (options.json === true) terminal.print(JSON.stringify({ isWell, findings }));
  else for (const { isGood, line } of findings) terminal.print(`${isGood ? 'ok ' : 'BAD'} ${line}`);
  return isWell ? 0 : 1;
}
