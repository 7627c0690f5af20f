import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { readWhole } from '../read-whole.ts';
import { storySettings } from './story/story-plan.ts';
import { requireSense } from './system-options.ts';
import type { UpOptions } from './system-options.ts';
import { Up } from './up.ts';

const examples = `
The demo is a story: steady load, then a burst that the ready workers cannot finish in time. The
scaler orders GPU nodes, the dispatcher spills to CPU workers what the GPU would finish too late,
the nodes become ready, spill closes, the burst is cleared, nodes leave. GPU nodes and workers are
emulated: real decoding and inference, paced to the speed of a device. With --no-demo or models of
your own there are real CPU workers and no emulation, and it waits for your video.

With --until-done it ends with exit code 1 where the story did not go as it should; --no-spill and
--no-scaler show what those parts are for.

Without KAFKA_BROKERS it starts a real Apache Kafka of its own, for which Java 17 and Maven must be
there; the first time it is fetched (about 65 MB). Everything ends with Ctrl-C.

Examples:
  $ spillway up
  $ spillway up --until-done --json summary.json
  $ spillway up --until-done --no-spill
  $ spillway up --no-demo --model-repository models
${exitCodesHelp}`;

interface TypedOptions extends Omit<UpOptions, 'modelRepositories'> {
  readonly modelRepository: readonly string[];
}

const bootSecondsDefault = 20;

/** Adds `spillway up`. */
export function addUp(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  const { cpu, gpu } = storySettings;
  program
    .command('up')
    .summary('run the whole system on this machine, with a demo')
    .description(
      'Runs the whole system on this machine: Kafka, dispatchers, a scaler, workers, and a demo.',
    )
    .addOption(
      new Option('-r, --model-repository <dir>', 'folder of models, without the demo; repeatable')
        .argParser((path, before: readonly string[]) => [...before, resolve(path)])
        .default([], 'none'),
    )
    .option('--workers <number>', 'CPU workers', readWhole(1, 16), cpu.workers)
    .option(
      '--boot-seconds <number>',
      `boot of a GPU node, of which there are ${gpu.nodesMin} to ${gpu.nodesMax}`,
      readWhole(1, 600),
      bootSecondsDefault,
    )
    .option('--no-demo', 'submit no video; wait for yours')
    .option('--no-spill', 'keep spill shut: what the GPU finishes too late is late')
    .option('--no-scaler', 'order no nodes')
    .option('--until-done', 'play the demo once, print a summary and end')
    .option('--json <file>', 'with --until-done: write the summary to this file as JSON')
    .addHelpText('after', examples)
    .action(async ({ modelRepository, ...typed }: TypedOptions) => {
      const options = { ...typed, modelRepositories: modelRepository };
      requireSense(options);
      finish(await new Up(options, tools).run());
    });
}
