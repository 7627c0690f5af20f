import { parseCoordinates } from '../../shared/chunk/coordinates.ts';
import { deadLetterHeaders, outcomeHeaders } from '../../shared/chunk/outcome.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import type { ReadBatch, ReceivedRecord } from '../../shared/kafka/ports.ts';
import { headerTexts } from '../../shared/kafka/record-headers.ts';
import type { KnownIdentities } from './known-identities.ts';

/** Keeps the window of known identities from what was settled, by whichever dispatcher. */
export function followOutcomes(known: KnownIdentities, topics: Topics, batch: ReadBatch): void {
  for (const record of batch.records) {
    if (record.topic === topics.deadLetters) followDeadLetter(known, record);
    else followAccepted(known, record);
  }
}

/**
 * A twin's letter names the accepted record; a record that was refused when it was read, before any
 * try, was never accepted. Headers of these names may be the producer's, as when a dead letter is
 * sent again with all it carries: reason and attempts are always ours, the others only with them.
 */
function followDeadLetter(known: KnownIdentities, record: ReceivedRecord): void {
  const headers = headerTexts(record.headers);
  const reason = headers.get(deadLetterHeaders.reason);
  if (reason === 'duplicate' || reason === 'conflict') {
    followTwin(known, record);
    return;
  }
  if (headers.get(deadLetterHeaders.attempts) !== '0') followAccepted(known, record);
}

function followTwin(known: KnownIdentities, record: ReceivedRecord): void {
  const headers = headerTexts(record.headers);
  const coordinates = parseCoordinates(headers.get(deadLetterHeaders.accepted) ?? '');
  const digest = headers.get(deadLetterHeaders.acceptedDigest);
  const source = headers.get(outcomeHeaders.source);
  const id = headers.get(outcomeHeaders.id);
  if (coordinates === null || digest === undefined) return;
  if (source === undefined || id === undefined) return;
  known.remember({ source, id }, { coordinates, digest }, record.timestampMs);
}

function followAccepted(known: KnownIdentities, record: ReceivedRecord): void {
  const headers = headerTexts(record.headers);
  const source = headers.get(outcomeHeaders.source);
  const id = headers.get(outcomeHeaders.id);
  const digest = headers.get(outcomeHeaders.digest);
  const coordinates = parseCoordinates(headers.get(outcomeHeaders.coordinates) ?? '');
  if (source === undefined || id === undefined || digest === undefined) return;
  if (coordinates === null) return;
  known.remember({ source, id }, { coordinates, digest }, record.timestampMs);
}
