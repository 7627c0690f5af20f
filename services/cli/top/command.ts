import type { Command } from 'commander';
import { exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { watchSystem } from '../system-view/watch-system.ts';
import { viewLines } from '../system-view/view-lines.ts';
import type { SystemView } from '../system-view/system-view.ts';

interface TopOptions {
  readonly once?: true;
  readonly json?: true;
}

const examples = `
All of it is read from Kafka: what dispatchers say of the queue, scalers of capacity and spill, and
workers of themselves. ON TIME, LATE, SPILLED and EXPIRED count since the present dispatcher took over.
Ends with Ctrl-C; --once shows the present and ends.

Examples:
  $ spillway top
  $ spillway top --once
  $ spillway top --json | jq -c '.priorities[] | {priority, lagChunks, oldestAgeMs}'
${exitCodesHelp}`;

/** Adds `spillway top`. */
export function addTop(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('top')
    .summary('live table: queue, workers, nodes that come, spill, last decision')
    .description(
      'Shows the queue, the workers, the capacity that comes, spill and the last decision.',
    )
    .option('--once', 'show the present and end')
    .option('--json', 'print one JSON object per line and nothing else')
    .addHelpText('after', examples)
    .action(async (options: TopOptions) => {
      finish(await top(options, tools));
    });
}

const watchedEveryMs = 500;
/** Where lines stay, fewer are easier to read; programs take one a second. */
const unwatchedEveryMs = 5000;
const jsonEveryMs = 1000;

async function top(options: TopOptions, tools: CommandTools): Promise<ExitCode> {
  const { clock, interrupted, terminal } = tools;
  const isLive = options.json !== true && terminal.isWatched && options.once !== true;
  const everyMs = options.json === true ? jsonEveryMs : isLive ? watchedEveryMs : unwatchedEveryMs;
  await watchSystem(tools, async (look) => {
    do {
      const view = look();
      if (isLive) terminal.show(viewLines(view, terminal.noteColours).join('\n'));
      else print(view, options, tools);
      if (options.once === true) return;
      await clock.sleepMs(everyMs, interrupted);
    } while (!interrupted.aborted);
    terminal.show(null);
  });
  return 0;
}

function print(view: SystemView, options: TopOptions, { terminal }: CommandTools): void {
  if (options.json === true) terminal.print(JSON.stringify(view));
  else for (const line of viewLines(view, terminal.colours)) terminal.print(line);
}
