/**
 * Why a command ends without having done all it was asked for.
 *
 * - `usage`: what was typed cannot be done as it stands.
 * - `configuration`: the environment is wrong or names no Kafka.
 * - `input`: a file is missing, unreadable, or no video that can be submitted.
 * - `topics-missing`: the installation's topics are not there yet.
 * - `kafka`: Kafka cannot be reached, or refuses.
 * - `interrupted`: the person pressed Ctrl-C.
 */
export type CommandErrorCode =
  'usage' | 'configuration' | 'input' | 'topics-missing' | 'kafka' | 'interrupted';

/**
 * 0 all fine; 1 some chunk ended without a result, or what was asked for is not so; 2 wrong usage, configuration or input; 3 Kafka
 * cannot be reached or refuses; 70 a defect of this program; 130 interrupted.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 70 | 130;

export const exitCodesHelp = `
Exit codes:
  0    all is well
  1    some chunk ended without a result (dead letter, expired, or no outcome in time), the demo did
       not show what it is for, or a dead letter that was named is not retried
  2    wrong usage, configuration or input file; nothing was submitted
  3    Kafka cannot be reached, or refuses
  130  interrupted`;

/** The message is what a person reads: what is wrong and what to do, each problem in one line. */
export class CommandError extends Error {
  readonly code: CommandErrorCode;

  constructor(code: CommandErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'CommandError';
    this.code = code;
  }
}

export function exitCodeOf(code: CommandErrorCode): ExitCode {
  switch (code) {
    case 'usage':
    case 'configuration':
    case 'input':
    case 'topics-missing':
      return 2;
    case 'kafka':
      return 3;
    case 'interrupted':
      return 130;
  }
}
