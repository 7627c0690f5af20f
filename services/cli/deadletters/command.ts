import { Option } from 'commander';
import type { Command } from 'commander';
import { deadLetterReasons } from '../../shared/chunk/reasons.ts';
import { exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { readWhole } from '../read-whole.ts';
import { listLetters } from './list.ts';
import type { ListOptions } from './list.ts';
import { retryLetters } from './retry.ts';
import type { RetryOptions } from './retry.ts';

const listExamples = `
Examples:
  $ spillway deadletters list
  $ spillway deadletters list --reason corrupt --json | jq -r .coordinates
${exitCodesHelp}`;

const retryExamples = `
The record is appended to the intake it came from as it was, as a chunk of its own: with a new id,
with the header retry-of that names the old one, and submitted now, since its old deadline is over;
where the producer had set time and deadline, there is as much time between them again.

--all leaves out duplicates, whose accepted twins are computed already. A letter whose retry has
ended is not retried again without --again. A retry that has not ended cannot be seen; sent twice
within the hour in which identities are remembered, the second one ends as a duplicate.

Examples:
  $ spillway deadletters retry --reason worker-lost --dry-run
  $ spillway deadletters retry --id live/0/17
  $ spillway deadletters retry --all
${exitCodesHelp}`;

const limitDefault = 100;
const limitMax = 1_000_000;

/** Adds `spillway deadletters list` and `spillway deadletters retry`. */
export function addDeadLetters(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  const letters = program
    .command('deadletters')
    .description('Looks after chunks that could not be computed.');
  letters
    .command('list')
    .summary('print dead letters, the newest last')
    .description('Prints dead letters and why they are, the newest last.')
    .addOption(reasonOption())
    .option('-n, --limit <number>', 'only the newest', readWhole(1, limitMax), limitDefault)
    .option('--json', 'print one JSON object per line and nothing else')
    .addHelpText('after', listExamples)
    .action(async (options: ListOptions) => {
      finish(await listLetters(options, tools));
    });
  letters
    .command('retry')
    .summary('submit dead letters again')
    .description('Submits dead letters again.')
    .addOption(reasonOption())
    .addOption(
      new Option('--id <name>', 'only those with this id or these coordinates; repeatable')
        .argParser((name: string, before: readonly string[]) => [...before, name])
        .default([], 'none'),
    )
    .option('--all', 'every dead letter but duplicates')
    .option('--again', 'also those that were retried before')
    .option('--dry-run', 'say what would be retried, and submit nothing')
    .option('--json', 'print one JSON object per line and nothing else')
    .addHelpText('after', retryExamples)
    .action(async (options: RetryOptions) => {
      finish(await retryLetters(options, tools));
    });
}

const reasonOption = (): Option =>
  new Option('-r, --reason <code>', 'only those with this reason').choices(deadLetterReasons);
