import { pino, stdSerializers, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import type { LogFields, LogOptions, Logger } from './ports.ts';

/**
 * JSON lines: level as a word, ISO time, process, process id, event, fields. Writing is synchronous
 * and without transport threads, so the last line before an exit is never lost.
 */
export function openPinoLog(options: LogOptions, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: { process: options.process, pid: process.pid },
    messageKey: 'message',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: stdSerializers.errWithCause },
  };
  return adapt(destination === undefined ? pino(settings) : pino(settings, destination));
}

function adapt(log: PinoLogger): Logger {
  return {
    debug: (event, fields) => log.debug(line(event, fields)),
    info: (event, fields) => log.info(line(event, fields)),
    warn: (event, fields) => log.warn(line(event, fields)),
    error: (event, fields) => log.error(line(event, fields)),
    fatal: (event, fields) => log.fatal(line(event, fields)),
    with: (fields) => adapt(log.child(fields)),
  };
}

function line(event: string, fields: LogFields = {}): object {
  // First in the line for a reader, and not to be overwritten by a field of the same name.
  return { event, ...fields, ...(fields['event'] === undefined ? {} : { event }) };
}
