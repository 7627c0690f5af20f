import { runCommand } from '../processes/command.ts';
import type { LocalBrokerConfig } from './config.ts';
import { LocalBrokerError } from './errors.ts';

/** Kafka 4 brokers are compiled for it. */
const javaMajorMin = 17;

/** @throws LocalBrokerError `java-missing` or `java-too-old`, with what to install. */
export async function requireJava(config: LocalBrokerConfig): Promise<void> {
  const end = await runCommand({
    command: config.javaCommand,
    commandArguments: ['-version'],
    environment: config.environment,
  });
  const install = `install Java ${javaMajorMin} or later, or set KAFKA_BROKERS to your own broker`;
  if (end.outcome !== 'done') {
    throw new LocalBrokerError(
      'java-missing',
      `the local Kafka broker needs Java and '${config.javaCommand}' does not run: ${install}`,
    );
  }
  const major = parseJavaMajor(end.lines);
  if (major === null || major < javaMajorMin) {
    const found = major === null ? 'an unknown version' : `version ${major}`;
    throw new LocalBrokerError(
      'java-too-old',
      `the local Kafka broker needs Java ${javaMajorMin} and '${config.javaCommand}' is ` +
        `${found}: ${install}`,
    );
  }
}

/** 17 from `openjdk version "17.0.15"`, 8 from `java version "1.8.0_402"`, `null` from neither. */
export function parseJavaMajor(lines: readonly string[]): number | null {
  for (const line of lines) {
    const match = /version "(?:1\.)?(\d+)/.exec(line);
    if (match?.[1] !== undefined) return Number(match[1]);
  }
  return null;
}
