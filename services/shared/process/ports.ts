/**
 * What a log line carries besides its event. Values are plain data with units in their names.
 * `error` is shown with its code, its stack and its causes. `message` is one sentence for a person:
 * a warning says what follows from it and what to do, an error what failed, why and the remedy.
 */
export interface LogFields {
  readonly message?: string;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

/**
 * One line per event. `event` is a constant in kebab-case (`lane-opened`): people search for it, so
 * it holds no numbers or names. Log a change of state once, not each time that it is looked at.
 */
export interface Logger {
  /** For those who work on the code. */
  debug(event: string, fields?: LogFields): void;
  /** Something changed, as it should. */
  info(event: string, fields?: LogFields): void;
  /** Something is wrong and is being handled; says what follows. */
  warn(event: string, fields?: LogFields): void;
  /** Something failed and stays failed; says what, why and the remedy. */
  error(event: string, fields?: LogFields): void;
  /** The process ends because of this. */
  fatal(event: string, fields?: LogFields): void;
  /** The same log, with `fields` on each line. */
  with(fields: LogFields): Logger;
}

/** Variables as the operating system gives them; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type StopSignal = 'SIGTERM' | 'SIGINT';

export interface Crash {
  readonly origin: 'uncaught-exception' | 'unhandled-rejection';
  readonly error: unknown;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Stands on each line as `process`. */
  readonly process: string;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What a process needs from the operating system around it. */
export interface Host {
  /** Calls `listener` for each signal, which then no longer ends the process by itself. */
  onSignal(listener: (signal: StopSignal) => void): void;
  /** Calls `listener` for what no code caught, which then no longer ends the process by itself. */
  onCrash(listener: (crash: Crash) => void): void;
  openLog(options: LogOptions): Logger;
  /** Plain text for a person, for the time before there is a log. */
  writeError(text: string): void;
  /** Ends the process at once. */
  exit(code: number): void;
}
