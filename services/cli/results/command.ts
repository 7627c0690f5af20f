import type { Command } from 'commander';
import { outcomeTopics } from '../../shared/chunk/topics.ts';
import type { FollowOptions, ReadBatch, TopicFollower } from '../../shared/kafka/ports.ts';
import { aborted } from '../aborted.ts';
import { exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import { findKafka } from '../kafka-place.ts';
import { describeOutcome } from '../outcomes/describe-outcome.ts';
import { outcomeJson, readOutcome } from '../outcomes/read-outcome.ts';
import type { Outcome } from '../outcomes/read-outcome.ts';
import { asCommandError, requireTopics } from '../reach-kafka.ts';
import { readToEnd } from '../read-to-end.ts';
import { readName } from '../submit/submit-options.ts';
import { readSpan } from './read-span.ts';

interface ResultsOptions {
  readonly follow?: true;
  readonly json?: true;
  readonly source?: string;
  /** Milliseconds. */
  readonly since?: number;
}

const examples = `
Results, dead letters and expired chunks of one stream may come out of order; --json has the
sequence and the place of each. Without --follow it prints what is there and ends.

Examples:
  $ spillway results --follow
  $ spillway results --since 10m --source gate.mp4
  $ spillway results --follow --json | jq -c 'select(.type == "spillway.result.v1")'
${exitCodesHelp}`;

/** Adds `spillway results`. */
export function addResults(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('results')
    .summary('print outcomes: results, dead letters, expired')
    .description('Prints outcomes as they come: results, dead letters, expired chunks.')
    .option('-f, --follow', 'go on until Ctrl-C; without --since from this moment on')
    .option('-s, --source <name>', 'only those of one stream', readName)
    .option('--since <span>', 'from so long ago: 30s, 10m, 2h, 1d (default: all kept)', readSpan)
    .option('--json', 'print one JSON object per line and nothing else')
    .addHelpText('after', examples)
    .action(async (options: ResultsOptions) => {
      finish(await results(options, tools));
    });
}

async function results(options: ResultsOptions, tools: CommandTools): Promise<ExitCode> {
  const place = await findKafka(parseConfig(tools.environment));
  const { topics } = place;
  const names = outcomeTopics(topics);
  const connection = tools.connect(place);
  const { interrupted } = tools;
  const onBatch = (batch: ReadBatch): void => {
    for (const record of batch.records) {
      const outcome = readOutcome(record, topics);
      if (outcome !== null) print(outcome, options, tools);
    }
  };
  try {
    await requireTopics(connection, names, { place, tools });
    const reading = { topics: names, from: startOf(options, tools), onBatch };
    const follower = connection.topicFollower();
    if (options.follow === true) await readOn(follower, reading, interrupted);
    else await readToEnd(follower, { ...reading, interrupted });
    return 0;
  } catch (error) {
    throw asCommandError(error, place);
  }
}

/** Reads on until interrupted. */
async function readOn(
  follower: TopicFollower,
  reading: Omit<FollowOptions, 'onFatal'>,
  interrupted: AbortSignal,
): Promise<void> {
  let onFatal: (error: Error) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    onFatal = reject;
  });
  try {
    await follower.start({ ...reading, onFatal: (error) => onFatal(error) });
    await Promise.race([aborted(interrupted), broken]);
  } finally {
    await follower.stop();
  }
}

function startOf(
  { follow, since }: ResultsOptions,
  { clock }: CommandTools,
): FollowOptions['from'] {
  if (since !== undefined) return { sinceMs: clock.nowMs() - since };
  return follow === true ? 'end' : 'beginning';
}

function print(outcome: Outcome, options: ResultsOptions, { terminal }: CommandTools): void {
  if (options.source !== undefined && outcome.source !== options.source) return;
  const isJson = options.json === true;
  terminal.print(isJson ? outcomeJson(outcome) : describeOutcome(outcome, terminal.colours));
}
