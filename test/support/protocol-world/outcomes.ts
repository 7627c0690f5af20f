import { coordinatesKey, parseCoordinates } from '../../../services/shared/chunk/coordinates.ts';
import { deadLetterHeaders, outcomeHeaders } from '../../../services/shared/chunk/outcome.ts';
import type { Topics } from '../../../services/shared/chunk/topics.ts';
import type { OutgoingRecord, ReceivedRecord } from '../../../services/shared/kafka/ports.ts';
import { headerTexts } from '../../../services/shared/kafka/record-headers.ts';

/** One published outcome of one chunk, as any reader of the outcome topics finds it. */
export interface SeenOutcome {
  readonly chunk: string;
  readonly kind: 'result' | 'dead-letter' | 'expired';
  /** Of a dead letter. */
  readonly reason: string | null;
  /** Of a duplicate or conflict: the record that was accepted in its place. */
  readonly accepted: string | null;
}

/** A range that retention took is an outcome of every chunk in it. */
export function outcomesIn(
  topics: Topics,
  record: ReceivedRecord | OutgoingRecord,
): readonly SeenOutcome[] {
  if (record.topic === topics.expired) return expiredIn(record.value?.toString('utf8') ?? '{}');
  const headers = headerTexts(record.headers);
  return [
    {
      chunk: headers.get(outcomeHeaders.coordinates) ?? '',
      kind: record.topic === topics.results ? 'result' : 'dead-letter',
      reason: headers.get(deadLetterHeaders.reason) ?? null,
      accepted: headers.get(deadLetterHeaders.accepted) ?? null,
    },
  ];
}

function expiredIn(json: string): readonly SeenOutcome[] {
  const { coordinates, lastOffset } = JSON.parse(json) as {
    readonly coordinates: string;
    readonly lastOffset: number;
  };
  const first = parseCoordinates(coordinates);
  if (first === null) return [];
  return Array.from({ length: lastOffset - first.offset + 1 }, (_, index) => ({
    chunk: coordinatesKey({ ...first, offset: first.offset + index }),
    kind: 'expired',
    reason: null,
    accepted: null,
  }));
}
