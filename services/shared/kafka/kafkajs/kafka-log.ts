import kafkajs from 'kafkajs';
import type { LogEntry, Logger, logCreator } from 'kafkajs';
import loggers from 'kafkajs/src/loggers/index.js';

/**
 * Where this adapter tells what happens to it. `event` is a constant in kebab-case, `fields` carry
 * the numbers and one `message` for a person.
 */
export type KafkaLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  event: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

/**
 * kafkajs's own lines. It logs each failed request as an error, also those that are tried again and
 * succeed, and each connection that is closed on purpose; what matters comes to our callers as an
 * error, so its own words are for those who work on the code.
 */
export function kafkajsLogCreator(log: KafkaLog): logCreator {
  return () =>
    ({ namespace, log: entry }: LogEntry) => {
      const { message, broker, groupId, clientId } = entry;
      log('debug', 'kafkajs-log', { namespace, message, broker, groupId, clientId });
    };
}

export const kafkajsLogger = (log: KafkaLog): Logger =>
  loggers.createLogger({ level: kafkajs.logLevel.WARN, logCreator: kafkajsLogCreator(log) });
