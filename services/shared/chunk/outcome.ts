import { coordinatesKey } from './coordinates.ts';
import type { Coordinates } from './coordinates.ts';
import type { Identity } from './envelope.ts';
import type { DeadLetterReason } from './reasons.ts';
import { formatRfc3339 } from './rfc3339.ts';

/**
 * Headers that every outcome carries, so that a stand-by can keep the window of known identities
 * without reading bodies, and a reader can find the chunk.
 */
export const outcomeHeaders = {
  source: 'spillway-source',
  id: 'spillway-id',
  coordinates: 'spillway-coordinates',
  digest: 'spillway-digest',
} as const;

export interface OutcomeIdentity extends Identity {
  readonly coordinates: Coordinates;
  /** SHA-256 of the video, or of the claim check if that has no digest; lower-case hexadecimal. */
  readonly digest: string;
}

export function outcomeIdentityHeaders(identity: OutcomeIdentity): readonly [string, string][] {
  return [
    [outcomeHeaders.source, identity.source],
    [outcomeHeaders.id, identity.id],
    [outcomeHeaders.coordinates, coordinatesKey(identity.coordinates)],
    [outcomeHeaders.digest, identity.digest],
  ];
}

/** Headers of a dead letter; the original record's key, value and headers stand beside them, unchanged. */
export const deadLetterHeaders = {
  reason: 'spillway-reason',
  message: 'spillway-message',
  attempts: 'spillway-attempts',
  worker: 'spillway-worker',
  /** Of a duplicate or conflict: where the record lies that was accepted under this identity. */
  accepted: 'spillway-accepted',
  acceptedDigest: 'spillway-accepted-digest',
} as const;

/** The record that was accepted under an identity. */
export interface AcceptedRecord {
  readonly coordinates: Coordinates;
  readonly digest: string;
}

export interface DeadLetter {
  readonly identity: OutcomeIdentity;
  readonly reason: DeadLetterReason;
  readonly message: string;
  readonly attempts: number;
  readonly worker: string | null;
  readonly accepted: AcceptedRecord | null;
}

export function encodeDeadLetterHeaders(letter: DeadLetter): readonly [string, string][] {
  return [
    ...outcomeIdentityHeaders(letter.identity),
    [deadLetterHeaders.reason, letter.reason],
    [deadLetterHeaders.message, letter.message],
    [deadLetterHeaders.attempts, String(letter.attempts)],
    ...optionalHeader(deadLetterHeaders.worker, letter.worker),
    ...acceptedHeaders(letter.accepted),
  ];
}

const optionalHeader = (name: string, value: string | null): readonly [string, string][] =>
  value === null ? [] : [[name, value]];

function acceptedHeaders(accepted: AcceptedRecord | null): readonly [string, string][] {
  if (accepted === null) return [];
  return [
    [deadLetterHeaders.accepted, coordinatesKey(accepted.coordinates)],
    [deadLetterHeaders.acceptedDigest, accepted.digest],
  ];
}

const expiredType = 'spillway.expired.v1';

/** A chunk that ended unserved because time was up, or a range that retention took from intake. */
export interface Expired {
  readonly identity: Identity;
  readonly coordinates: Coordinates;
  /** Equal to the offset of `coordinates`, except for a range lost to retention. */
  readonly lastOffset: number;
  readonly deadlineAtMs: number | null;
  readonly waitedIn: 'intake' | 'lane';
  readonly message: string;
}

export function encodeExpired(expired: Expired): string {
  return JSON.stringify({
    type: expiredType,
    source: expired.identity.source,
    id: expired.identity.id,
    coordinates: coordinatesKey(expired.coordinates),
    lastOffset: expired.lastOffset,
    deadline: expired.deadlineAtMs === null ? null : formatRfc3339(expired.deadlineAtMs),
    waitedIn: expired.waitedIn,
    message: expired.message,
  });
}
