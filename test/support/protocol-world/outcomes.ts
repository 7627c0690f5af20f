import { coordinatesKey, parseCoordinates } from '../../../services/shared/chunk/coordinates.ts';
import { deadLetterHeaders, outcomeHeaders } from '../../../services/shared/chunk/outcome.ts';
import { parseRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
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
  /** Of what expired: the deadline, `null` where retention took it unread. */
  readonly deadlineAtMs: number | null;
  readonly publishedAtMs: number | null;
}

/** A range that retention took is an outcome of every chunk in it. */
export function outcomesIn(
  topics: Topics,
  record: ReceivedRecord | OutgoingRecord,
): readonly SeenOutcome[] {
  const publishedAtMs = 'timestampMs' in record ? record.timestampMs : null;
  if (record.topic === topics.expired) {
    return expiredIn(record.value?.toString('utf8') ?? '{}', publishedAtMs);
  }
  const headers = headerTexts(record.headers);
  return [
    {
      chunk: headers.get(outcomeHeaders.coordinates) ?? '',
      kind: record.topic === topics.results ? 'result' : 'dead-letter',
      reason: headers.get(deadLetterHeaders.reason) ?? null,
      accepted: headers.get(deadLetterHeaders.accepted) ?? null,
      deadlineAtMs: null,
      publishedAtMs,
    },
  ];
}

function expiredIn(json: string, publishedAtMs: number | null): readonly SeenOutcome[] {
  const { coordinates, lastOffset, deadline } = JSON.parse(json) as {
    readonly coordinates: string;
    readonly lastOffset: number;
    readonly deadline: string | null;
  };
  const first = parseCoordinates(coordinates);
  if (first === null) return [];
  return Array.from({ length: lastOffset - first.offset + 1 }, (_, index) => ({
    chunk: coordinatesKey({ ...first, offset: first.offset + index }),
    kind: 'expired',
    reason: null,
    accepted: null,
    deadlineAtMs: deadline === null ? null : parseRfc3339(deadline),
    publishedAtMs,
  }));
}
