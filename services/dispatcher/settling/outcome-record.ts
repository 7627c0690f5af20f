import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import {
  encodeDeadLetterHeaders,
  encodeExpired,
  outcomeIdentityHeaders,
} from '../../shared/chunk/outcome.ts';
import { joinResult, resultHead } from '../../shared/chunk/result.ts';
import type { ResultHead } from '../../shared/chunk/result.ts';
import type { OutgoingRecord } from '../../shared/kafka/ports.ts';
import { textHeaders } from '../../shared/kafka/record-headers.ts';
import type { Ending, Entry } from '../knowledge/entry.ts';
import type { DispatchSettings } from '../knowledge/term-state.ts';

/**
 * What is published of a chunk that has ended.
 *
 * @throws Error for one that has not: nothing may be settled without an outcome.
 */
export function outcomeRecord(entry: Entry, { topics }: DispatchSettings): OutgoingRecord {
  const { ending } = entry;
  switch (ending?.kind) {
    case 'result':
      return {
        topic: topics.results,
        ...ownOutcome(entry, joinResult(headOf(entry, ending), ending.body.toString('utf8'))),
      };
    case 'expired':
      return { topic: topics.expired, ...ownOutcome(entry, expiredBody(entry, ending)) };
    case 'dead-letter':
      return { topic: topics.deadLetters, ...deadLetter(entry, ending) };
    case undefined:
      throw withoutOutcome(entry);
  }
}

type EndingOf<Kind extends Ending['kind']> = Extract<Ending, { readonly kind: Kind }>;

/** An outcome whose body is ours, and JSON. */
function ownOutcome({ identity }: Entry, json: string): Omit<OutgoingRecord, 'topic'> {
  return {
    key: Buffer.from(identity.source, 'utf8'),
    value: Buffer.from(json, 'utf8'),
    headers: textHeaders([
      ['content-type', 'application/json'],
      ...outcomeIdentityHeaders(identity),
    ]),
  };
}

function headOf(entry: Entry, { finishedAtMs }: EndingOf<'result'>): ResultHead {
  if (entry.chunk === null) throw withoutOutcome(entry);
  return resultHead(entry.chunk, finishedAtMs);
}

function expiredBody(
  { identity, coordinates, chunk }: Entry,
  { waitedIn, message }: EndingOf<'expired'>,
): string {
  return encodeExpired({
    identity,
    coordinates,
    lastOffset: coordinates.offset,
    deadlineAtMs: chunk?.deadlineAtMs ?? null,
    waitedIn,
    message,
  });
}

/** The original record, unchanged, with headers that say why. */
function deadLetter(
  { identity, record, failedTries }: Entry,
  { reason, message, worker, accepted }: EndingOf<'dead-letter'>,
): Omit<OutgoingRecord, 'topic'> {
  const attempts = failedTries.size;
  const letter = { identity, reason, message, attempts, worker, accepted };
  return {
    key: record.key,
    value: record.value,
    headers: [...record.headers, ...textHeaders(encodeDeadLetterHeaders(letter))],
  };
}

const withoutOutcome = ({ coordinates }: Entry): Error =>
  new Error(`chunk ${coordinatesKey(coordinates)} is settled without an outcome`);
