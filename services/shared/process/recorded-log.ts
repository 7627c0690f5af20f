import type { LogFields, LogLevel, Logger } from './ports.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

export interface RecordedLog extends Logger {
  /** Every line so far, of this log and of all that came from it through `with`. */
  readonly lines: readonly LogLine[];
}

/** The twin of the pino log that keeps its lines in memory. */
export function recordedLog(): RecordedLog {
  const lines: LogLine[] = [];
  return { ...open(lines, {}), lines };
}

function open(lines: LogLine[], base: LogFields): Logger {
  const record =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, event, fields: { ...base, ...fields } });
    };
  return {
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    fatal: record('fatal'),
    with: (fields) => open(lines, { ...base, ...fields }),
  };
}
