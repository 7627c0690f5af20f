/**
 * What can go wrong in the shell of a process.
 *
 * - `config-invalid`: the environment does not describe a runnable process; a person corrects it.
 * - `port-unavailable`: the HTTP port is taken or forbidden; choose another, or 0 for a free one.
 */
export type ProcessErrorCode = 'config-invalid' | 'port-unavailable';

export class ProcessError extends Error {
  override readonly name = 'ProcessError';
  readonly code: ProcessErrorCode;
  /** One clear line per thing that is wrong; at least one. */
  readonly problems: readonly string[];

  constructor(code: ProcessErrorCode, problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.code = code;
    this.problems = problems;
  }
}
