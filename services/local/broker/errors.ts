export type LocalBrokerErrorCode =
  | 'java-missing'
  | 'java-too-old'
  | 'maven-missing'
  | 'fetch-failed'
  | 'format-failed'
  | 'port-taken'
  | 'start-failed';

/** One line that says what to install or do, for the person who started the broker. */
export class LocalBrokerError extends Error {
  readonly code: LocalBrokerErrorCode;

  constructor(code: LocalBrokerErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LocalBrokerError';
    this.code = code;
  }
}

/**
 * Whether the machine lacks something that a person can install or connect: then what needs the
 * broker cannot run here, which is no fault of what was to run.
 */
export function isMissingPrerequisite(code: LocalBrokerErrorCode): boolean {
  switch (code) {
    case 'java-missing':
    case 'java-too-old':
    case 'maven-missing':
    case 'fetch-failed':
      return true;
    case 'format-failed':
    case 'port-taken':
    case 'start-failed':
      return false;
  }
}
