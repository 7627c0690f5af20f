import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import { outcomeHeaders } from '../../shared/chunk/outcome.ts';
import { formatRfc3339, parseRfc3339 } from '../../shared/chunk/rfc3339.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import { headerTexts, textHeaders } from '../../shared/kafka/record-headers.ts';
import type { OutgoingRecord, RecordHeaders } from '../../shared/kafka/ports.ts';
import type { Letter } from './letter.ts';

/** Names the chunk that this one is another try of, by its id. */
const retryOfHeader = 'retry-of';

/**
 * The id of a letter's retry. It follows from the letter, so that two people who retry the same
 * letter submit the same chunk, and the second one ends as a duplicate.
 *
 * @param number from 1.
 */
export const retryId = (letter: Pick<Letter, 'coordinates'>, number: number): string =>
  `retry-${number}-of-${coordinatesKey(letter.coordinates)}`;

/**
 * The record as it was submitted, as a chunk of its own: a new id, and submitted now. Its old
 * deadline is over, so it gets the same time from submission again where the producer had set both,
 * else the priority's objective.
 */
export function retryRecord(
  letter: Letter,
  retry: { readonly number: number; readonly nowMs: number; readonly topics: Topics },
): OutgoingRecord {
  const { record, outcome, coordinates } = letter;
  const original = originalHeaders(record.headers);
  const replaced = new Set(['ce_id', 'ce_time', 'ce_deadline', retryOfHeader]);
  const deadlineMs = deadlineSpanMs(original);
  return {
    topic: retry.topics.intake(coordinates.priority),
    key: record.key,
    value: record.value,
    headers: [
      ...original.filter(([name]) => !replaced.has(name)),
      ...textHeaders([
        ['ce_id', retryId(letter, retry.number)],
        ['ce_time', formatRfc3339(retry.nowMs)],
        ...(deadlineMs === null
          ? []
          : [['ce_deadline', formatRfc3339(retry.nowMs + deadlineMs)] as const]),
        [retryOfHeader, outcome.id],
      ]),
    ],
  };
}

/** The dispatcher appends its own to those of the producer, the source first. */
function originalHeaders(headers: RecordHeaders): RecordHeaders {
  const own = headers.findLastIndex(([name]) => name === outcomeHeaders.source);
  return own === -1 ? headers : headers.slice(0, own);
}

function deadlineSpanMs(headers: RecordHeaders): number | null {
  const texts = headerTexts(headers);
  const submittedAtMs = parseRfc3339(texts.get('ce_time') ?? '');
  const deadlineAtMs = parseRfc3339(texts.get('ce_deadline') ?? '');
  if (submittedAtMs === null || deadlineAtMs === null) return null;
  return deadlineAtMs > submittedAtMs ? deadlineAtMs - submittedAtMs : null;
}
