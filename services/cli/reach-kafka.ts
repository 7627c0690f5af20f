import { KafkaPortError } from '../shared/kafka/ports.ts';
import type { KafkaConnection } from '../shared/kafka/ports.ts';
import { CommandError } from './command-error.ts';
import type { CommandTools } from './command-tools.ts';
import type { KafkaPlace } from './kafka-place.ts';

/** A person at a terminal waits no longer to learn that an address is wrong. */
const reachWithinMs = 5_000;

export interface ReachOptions {
  readonly place: KafkaPlace;
  readonly tools: Pick<CommandTools, 'clock' | 'probeBrokers'>;
}

/**
 * Asks Kafka for the topics, as the first thing of each command: what is wrong with address, login
 * or installation shows here, within five seconds.
 *
 * @throws CommandError `kafka` or `topics-missing`.
 */
export async function requireTopics(
  connection: KafkaConnection,
  names: readonly string[],
  options: ReachOptions,
): Promise<void> {
  const counts = await reach(options, async () => {
    const admin = await connection.topicAdmin();
    try {
      return await admin.partitionCounts(names);
    } finally {
      await admin.close();
    }
  });
  const missing = names.filter((name) => (counts.get(name) ?? null) === null);
  if (missing.length === 0) return;
  const shown = missing.length === 1 ? `topic ${missing[0]} is` : `${missing.length} topics are`;
  throw new CommandError(
    'topics-missing',
    `${shown} missing at ${options.place.brokers.join(',')} (first: ${missing[0]}); ` +
      'run `spillway topics ensure`, or correct SPILLWAY_TOPIC_PREFIX',
  );
}

/** The answer of the first question to Kafka, or a refusal within five seconds. */
async function reach<T>({ place, tools }: ReachOptions, ask: () => Promise<T>): Promise<T> {
  const answered = new AbortController();
  const asked = ask().then((value) => ({ value }));
  const late = tools.clock
    .sleepMs(reachWithinMs, answered.signal)
    .then(() => 'no answer within 5 s');
  const refused = tools.probeBrokers(place.brokers).then((reason) => reason ?? late);
  try {
    const first = await Promise.race([asked, late, refused]);
    if (typeof first !== 'string') return first.value;
    // Its failure comes later and means nothing any more.
    asked.catch(() => undefined);
    throw new CommandError('kafka', unreachableLine(place, first));
  } catch (error) {
    throw asCommandError(error, place);
  } finally {
    answered.abort();
  }
}

/** What an error of Kafka's port means for the person; others are passed on. */
export function asCommandError(error: unknown, place: KafkaPlace): unknown {
  if (!(error instanceof KafkaPortError)) return error;
  switch (error.code) {
    case 'unreachable':
      return new CommandError('kafka', unreachableLine(place, error.message), error);
    case 'topic-missing':
      return new CommandError('topics-missing', error.message, error);
    case 'fenced':
    case 'ownership-lost':
    case 'record-too-large':
    case 'unauthorized':
    case 'progress-lost':
    case 'unexpected':
      return new CommandError(
        'kafka',
        `Kafka at ${place.brokers.join(',')}: ${error.message}`,
        error,
      );
  }
}

function unreachableLine({ brokers }: KafkaPlace, reason: string): string {
  const where = brokers.join(',');
  return `Kafka cannot be reached at ${where}: ${reason}; start it, or correct KAFKA_BROKERS`;
}
