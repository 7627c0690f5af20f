import type { Command } from 'commander';
import { decisionsKept } from '../../shared/chunk/decision.ts';
import { exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { readWhole } from '../read-whole.ts';
import { watchSystem } from '../system-view/watch-system.ts';
import { explain, explanationLines } from './explanation.ts';

interface ExplainOptions {
  readonly last: number;
  readonly json?: true;
}

const lastDefault = 5;

const examples = `
A decision is kept when it differs from the one before it, ${decisionsKept} of them. Each says what was
seen, what bound the number of nodes, and which other numbers were refused and why.

Examples:
  $ spillway explain
  $ spillway explain --last ${decisionsKept}
  $ spillway explain --json | jq .present
${exitCodesHelp}`;

/** Adds `spillway explain`. */
export function addExplain(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('explain')
    .summary('why there are so many nodes, and why chunks are spilled or not')
    .description('Explains the last decisions on nodes, and why chunks are spilled now or not.')
    .option('-n, --last <number>', 'decisions to show', readWhole(1, decisionsKept), lastDefault)
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', examples)
    .action(async ({ last, json }: ExplainOptions) => {
      const { terminal } = tools;
      await watchSystem(tools, (look, { decisions }) => {
        const explanation = explain(look(), decisions.slice(-last));
        if (json === true) terminal.print(JSON.stringify(explanation));
        else
          for (const line of explanationLines(explanation, terminal.colours)) terminal.print(line);
        return Promise.resolve();
      });
      finish(0);
    });
}
