import { Argument } from 'commander';
import type { Command } from 'commander';
import { encodeSpillWord, operatorKeys } from '../../shared/chunk/operator.ts';
import type { SpillWord } from '../../shared/chunk/operator.ts';
import { CommandError, exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import { report } from '../operator/report.ts';
import { withSpeaker } from '../operator/say.ts';
import { readLifetime, readNote } from '../operator/word-options.ts';

interface SpillOptions {
  /** Milliseconds. */
  readonly for?: number;
  readonly note?: string;
  readonly json?: true;
}

const wishes = ['on', 'off', 'auto'] as const;
type Wish = (typeof wishes)[number];

const examples = `
on lets dispatchers spill whatever would be late, off keeps everything for the GPU workers, auto takes
the word back: then the scaler decides again, as SPILLWAY_SPILL says. While no scaler speaks,
dispatchers go by each chunk's deadline alone.

Examples:
  $ spillway spill off --for 30m --note 'CPU nodes are drained'
  $ spillway spill auto
${exitCodesHelp}`;

/** Adds `spillway spill`. */
export function addSpill(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('spill')
    .summary('open or shut spill to CPU workers, or leave it to the scaler')
    .description('Opens or shuts spill to CPU workers, or leaves it to the scaler.')
    .addArgument(new Argument('<wish>', 'what is to hold').choices(wishes))
    .option(
      '--for <span>',
      'until so long from now: 30s, 10m, 2h, 1d (default: for good)',
      readLifetime,
    )
    .option('--note <text>', 'for those who read of it later', readNote)
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', examples)
    .action(async (wish: Wish, options: SpillOptions) => {
      await spill(wish, options, tools);
      finish(0);
    });
}

async function spill(wish: Wish, options: SpillOptions, tools: CommandTools): Promise<void> {
  if (wish === 'auto' && (options.for !== undefined || options.note !== undefined)) {
    const message =
      'auto takes back what was said, at once and for good; leave out --for and --note';
    throw new CommandError('usage', message);
  }
  const by = parseConfig(tools.environment).operator;
  await withSpeaker(tools, async (speaker) => {
    const { knowledge, nowMs } = speaker;
    const word: SpillWord | null =
      wish === 'auto'
        ? null
        : {
            by,
            atMs: nowMs,
            untilMs: options.for === undefined ? null : nowMs + options.for,
            note: options.note ?? null,
            spill: wish === 'on' ? 'open' : 'shut',
          };
    await speaker.say(operatorKeys.spill, word === null ? null : encodeSpillWord(word));
    knowledge.spillWord = word;
    const done = word === null ? 'the scaler decides on spill' : `spill is kept ${word.spill}`;
    report(speaker, { done, warnings: [] }, { ...tools, json: options.json === true });
  });
}
