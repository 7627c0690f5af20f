import { Command, CommanderError } from 'commander';
import { ProcessError } from '../shared/process/errors.ts';
import { CommandError, exitCodeOf, exitCodesHelp } from './command-error.ts';
import type { ExitCode } from './command-error.ts';
import type { CommandTools } from './command-tools.ts';
import { addCheck } from './check/command.ts';
import { addDeadLetters } from './deadletters/command.ts';
import { addExplain } from './explain/command.ts';
import { addPause } from './pause/command.ts';
import { addResults } from './results/command.ts';
import { addResume } from './resume/command.ts';
import { addSpill } from './spill/command.ts';
import { addSubmit } from './submit/command.ts';
import { addTop } from './top/command.ts';
import { addTopics } from './topics/command.ts';
import { addUp } from './up/command.ts';

const examples = `
Examples:
  $ spillway up
  $ spillway topics ensure
  $ spillway submit camera.mp4 --wait
  $ spillway results --follow --json
  $ spillway top
  $ spillway explain
  $ spillway pause l4 --for 2h
  $ spillway spill off --for 30m

Kafka is found by KAFKA_BROKERS (KAFKA_TLS, KAFKA_SASL_MECHANISM, …) or, where that is not set, by
the system that \`spillway up\` runs on this machine.
${exitCodesHelp}`;

/** Adds one command to the program; its action calls `finish` with the exit code. */
export type AddCommand = (
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
) => void;

const commands: readonly AddCommand[] = [
  addUp,
  addSubmit,
  addResults,
  addTop,
  addCheck,
  addExplain,
  addPause,
  addResume,
  addSpill,
  addDeadLetters,
  addTopics,
];

/**
 * Runs one command to its end. Never rejects: every error is a line on standard error and an exit
 * code.
 *
 * @param words what was typed after `spillway`.
 */
export async function runCommandLine(
  words: readonly string[],
  tools: CommandTools,
  version: string,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command('spillway')
    .description('Video inference on Kafka that orders the GPUs its deadlines need.')
    .version(version)
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => tools.terminal.print(text.trimEnd()),
      writeErr: (text) => tools.terminal.note(text.trimEnd()),
      outputError: (text, write) =>
        write(
          text
            .replace(/^error: /, 'spillway: ')
            .trim()
            .replaceAll(/\s*\n\s*/g, ' '),
        ),
    });
  const finish = (code: ExitCode): void => {
    exitCode = code;
  };
  for (const add of commands) add(program, tools, finish);
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error, tools);
  }
}

/** Errors of usage were printed by commander already, and asking for help is none. */
function explain(error: unknown, { terminal, environment }: CommandTools): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isDebugging = environment['SPILLWAY_LOG_LEVEL'] === 'debug';
  if (isDebugging && error instanceof Error) terminal.note(withCauses(error));
  if (error instanceof CommandError || error instanceof ProcessError) {
    for (const line of error.message.split('\n')) {
      terminal.note(terminal.noteColours.bad(`spillway: ${line}`));
    }
    return error instanceof CommandError ? exitCodeOf(error.code) : 2;
  }
  const reason = error instanceof Error ? error.message : String(error);
  const advice = isDebugging ? '' : '; SPILLWAY_LOG_LEVEL=debug shows more';
  terminal.note(
    terminal.noteColours.bad(`spillway: this should not happen: ${reason.split('\n')[0]}${advice}`),
  );
  return 70;
}

function withCauses(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by ${withCauses(error.cause)}` : stack;
}
