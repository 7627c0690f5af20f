import type { Command } from 'commander';
import { encodePauseWord } from '../../shared/chunk/operator.ts';
import type { PauseWord } from '../../shared/chunk/operator.ts';
import { CommandError, exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import { report } from '../operator/report.ts';
import { pauseKeyOf, withSpeaker } from '../operator/say.ts';
import { unknownPoolWarnings } from '../operator/known-pools.ts';
import { readLifetime, readNote, readPool } from '../operator/word-options.ts';
import { readWhole } from '../read-whole.ts';

interface PauseOptions {
  readonly scaleIn?: true;
  readonly scaleOut?: true;
  readonly nodes?: number;
  /** Milliseconds. */
  readonly for?: number;
  readonly note?: string;
  readonly json?: true;
}

const nodesMax = 10_000;

const examples = `
A pool that is paused keeps the nodes it has; its size moves again after \`spillway resume\`, or when
the time of --for is over. Without POOL it is said of every pool that has no word of its own. A new
word on the same pool takes the place of the old one. Workers and spill go on by themselves.

Examples:
  $ spillway pause l4 --for 2h --note 'driver update'
  $ spillway pause l4 --scale-in
  $ spillway pause --nodes 0 --note 'budget is used up'
${exitCodesHelp}`;

/** Adds `spillway pause`. */
export function addPause(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('pause')
    .summary('keep the number of nodes of a pool, or of all, as it is')
    .description('Keeps the number of nodes as it is, whatever is due.')
    .argument('[pool]', 'one of SPILLWAY_POOLS; all without it', readPool)
    .option('--scale-in', 'only no fewer nodes; more may come')
    .option('--scale-out', 'only no more nodes; some may go')
    .option(
      '--nodes <n>',
      'exactly so many, instead of those that are there',
      readWhole(0, nodesMax),
    )
    .option(
      '--for <span>',
      'until so long from now: 30s, 10m, 2h, 1d (default: for good)',
      readLifetime,
    )
    .option('--note <text>', 'for those who read of it later', readNote)
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', examples)
    .action(async (pool: string | undefined, options: PauseOptions) => {
      await pause(pool ?? null, options, tools);
      finish(0);
    });
}

async function pause(
  pool: string | null,
  options: PauseOptions,
  tools: CommandTools,
): Promise<void> {
  const { scaleIn, scaleOut, nodes } = options;
  const isOneSided = scaleIn === true || scaleOut === true;
  if (nodes !== undefined && isOneSided) {
    const message = '--nodes says exactly how many; leave out --scale-in and --scale-out';
    throw new CommandError('usage', message);
  }
  const by = parseConfig(tools.environment).operator;
  await withSpeaker(tools, async (speaker) => {
    const { knowledge, nowMs } = speaker;
    const word: PauseWord = {
      by,
      atMs: nowMs,
      untilMs: options.for === undefined ? null : nowMs + options.for,
      note: options.note ?? null,
      scaleIn: !isOneSided || scaleIn === true,
      scaleOut: !isOneSided || scaleOut === true,
      nodes: nodes ?? null,
    };
    await speaker.say(pauseKeyOf(pool), encodePauseWord(word));
    knowledge.pauseWords.set(pool, word);
    const done = pool === null ? 'all pools are paused' : `pool ${pool} is paused`;
    const warnings = pool === null ? [] : unknownPoolWarnings(knowledge, pool);
    report(speaker, { done, warnings }, { ...tools, json: options.json === true });
  });
}
