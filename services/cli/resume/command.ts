import type { Command } from 'commander';
import { CommandError, exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { report } from '../operator/report.ts';
import { pauseKeyOf, withSpeaker } from '../operator/say.ts';
import { readPool } from '../operator/word-options.ts';
import type { Knowledge } from '../system-view/knowledge.ts';

interface ResumeOptions {
  readonly all?: true;
  readonly json?: true;
}

const examples = `
Takes back what \`spillway pause\` said of one pool, or without POOL what it said of all pools; then
words on single pools still hold. --all takes back every pause.

Examples:
  $ spillway resume l4
  $ spillway resume
  $ spillway resume --all
${exitCodesHelp}`;

/** Adds `spillway resume`. */
export function addResume(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('resume')
    .summary('let the number of nodes move again')
    .description('Takes back what `spillway pause` said.')
    .argument('[pool]', 'the pool that was paused by name', readPool)
    .option('--all', 'every pause, on all pools and on single ones')
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', examples)
    .action(async (pool: string | undefined, options: ResumeOptions) => {
      await resume(pool ?? null, options, tools);
      finish(0);
    });
}

async function resume(
  pool: string | null,
  options: ResumeOptions,
  tools: CommandTools,
): Promise<void> {
  if (pool !== null && options.all === true) {
    throw new CommandError('usage', `--all takes back every pause; leave out ${pool}, or --all`);
  }
  await withSpeaker(tools, async (speaker) => {
    const { knowledge } = speaker;
    const chosen = options.all === true ? [...knowledge.pauseWords.keys()] : [pool];
    const paused = chosen.filter((each) => knowledge.pauseWords.has(each));
    // Also where no pause is known: a word that cannot be read stands there unseen.
    for (const each of chosen) {
      await speaker.say(pauseKeyOf(each), null);
      knowledge.pauseWords.delete(each);
    }
    const warnings = stillPaused(knowledge, pool);
    report(
      speaker,
      { done: doneWords(paused), warnings },
      { ...tools, json: options.json === true },
    );
  });
}

function doneWords(resumed: readonly (string | null)[]): string {
  if (resumed.length === 0) return 'there was no such pause to take back';
  return `taken back: the pause of ${resumed.map((pool) => pool ?? 'all pools').join(', ')}`;
}

function stillPaused({ pauseWords }: Knowledge, pool: string | null): readonly string[] {
  if (pool === null || !pauseWords.has(null)) return [];
  return [`what was said of all pools now holds for ${pool}; \`spillway resume\` takes that back`];
}
