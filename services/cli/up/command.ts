import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { readWhole } from './read-whole.ts';
import { Up } from './up.ts';
import type { UpOptions } from './up.ts';

const examples = `
Without KAFKA_BROKERS it starts a real Apache Kafka of its own, for which Java 17 and Maven must be
there; the first time it is fetched (about 65 MB). Everything ends with Ctrl-C.

Examples:
  $ spillway up
  $ spillway up --until-done --json summary.json
  $ spillway up --no-demo --model-repository models
${exitCodesHelp}`;

interface TypedOptions extends Omit<UpOptions, 'modelRepositories'> {
  readonly modelRepository: readonly string[];
}

/** Adds `spillway up`. */
export function addUp(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('up')
    .summary('run the whole system on this machine, with demo video')
    .description(
      'Runs the whole system on this machine: Kafka, a dispatcher with a stand-by, CPU workers and demo video.',
    )
    .addOption(
      new Option(
        '-r, --model-repository <dir>',
        'folder of models, besides the demo model; repeatable',
      )
        .argParser((path, before: readonly string[]) => [...before, resolve(path)])
        .default([], 'none'),
    )
    .addOption(
      new Option('--workers <number>', 'CPU workers').argParser(readWhole(1, 16)).default(2),
    )
    .option('--no-demo', 'submit no video; wait for yours')
    .option('--until-done', 'submit the demo once, print a summary and end')
    .option('--json <file>', 'with --until-done: write the summary to this file as JSON')
    .addHelpText('after', examples)
    .action(async ({ modelRepository, ...options }: TypedOptions) => {
      finish(await new Up({ ...options, modelRepositories: modelRepository }, tools).run());
    });
}
