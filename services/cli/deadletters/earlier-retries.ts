import { deadLetterHeaders, outcomeHeaders } from '../../shared/chunk/outcome.ts';
import { outcomeTopics } from '../../shared/chunk/topics.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import type { KafkaConnection } from '../../shared/kafka/ports.ts';
import { headerTexts } from '../../shared/kafka/record-headers.ts';
import { readToEnd } from '../read-to-end.ts';

/** How the retries of one letter ended, by their number. */
export interface EarlierRetries {
  /** The highest number that has an outcome. */
  readonly number: number;
  /** How that one ended. */
  readonly ended: 'result' | 'dead-letter' | 'expired';
}

const idPattern = /^retry-([1-9]\d{0,8})-of-((?:live|standard|bulk)\/\d+\/\d+)$/;

/**
 * The retries that have ended, by the coordinates of the letter that they are of. One that is still
 * under way has no outcome and is not seen.
 */
export async function findEarlierRetries(
  connection: KafkaConnection,
  options: {
    readonly topics: Topics;
    readonly sinceMs: number;
    readonly interrupted: AbortSignal;
  },
): Promise<ReadonlyMap<string, EarlierRetries>> {
  const { topics, sinceMs, interrupted } = options;
  const found = new Map<string, EarlierRetries>();
  await readToEnd(connection.topicFollower(), {
    topics: outcomeTopics(topics),
    from: { sinceMs },
    interrupted,
    onBatch: ({ topic, records }) => {
      const ended =
        topic === topics.results
          ? 'result'
          : topic === topics.deadLetters
            ? 'dead-letter'
            : 'expired';
      for (const { headers } of records) {
        const texts = headerTexts(headers);
        // The same retry sent twice: the other one says how it ended.
        if (texts.get(deadLetterHeaders.reason) === 'duplicate') continue;
        const match = idPattern.exec(texts.get(outcomeHeaders.id) ?? '');
        const [, digits = '', coordinates = ''] = match ?? [];
        const number = Number(digits);
        if (match === null || (found.get(coordinates)?.number ?? 0) >= number) continue;
        found.set(coordinates, { number, ended });
      }
    },
  });
  return found;
}
