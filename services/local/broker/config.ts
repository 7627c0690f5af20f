import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the local broker's files come from and go to. */
export interface LocalBrokerConfig {
  /** Apache Kafka's jars: fetched once, kept, shared by all runs. */
  readonly cacheFolder: string;
  readonly javaCommand: string;
  readonly mavenCommand: string;
  /** What Java and Maven get to see: both read proxies, certificates and options from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const kafkaVersion = '4.1.1';

/**
 * Reads `SPILLWAY_CACHE_FOLDER`, else `XDG_CACHE_HOME`, else `~/.cache`; `JAVA_HOME` as every Java
 * tool does. Takes the environment as a value, so the one who may read it passes it in.
 */
export function localBrokerConfig(
  environment: Readonly<Record<string, string | undefined>>,
): LocalBrokerConfig {
  const cacheRoot =
    nonEmpty(environment['SPILLWAY_CACHE_FOLDER']) ??
    join(nonEmpty(environment['XDG_CACHE_HOME']) ?? join(homedir(), '.cache'), 'spillway');
  const javaHome = nonEmpty(environment['JAVA_HOME']);
  return {
    cacheFolder: join(cacheRoot, `kafka-${kafkaVersion}`),
    javaCommand: javaHome === null ? 'java' : join(javaHome, 'bin', 'java'),
    mavenCommand: 'mvn',
    environment,
  };
}

function nonEmpty(value: string | undefined): string | null {
  return value === undefined || value.trim() === '' ? null : value;
}
