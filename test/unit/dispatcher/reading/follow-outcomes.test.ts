import { describe, expect, it } from 'vitest';
import { followOutcomes } from '../../../../services/dispatcher/reading/follow-outcomes.ts';
import { createKnownIdentities } from '../../../../services/dispatcher/reading/known-identities.ts';
import type { AcceptedRecord } from '../../../../services/shared/chunk/outcome.ts';
import { encodeDeadLetterHeaders } from '../../../../services/shared/chunk/outcome.ts';
import type { DeadLetterReason } from '../../../../services/shared/chunk/reasons.ts';
import { topicsWithPrefix } from '../../../../services/shared/chunk/topics.ts';
import { textHeaders } from '../../../../services/shared/kafka/record-headers.ts';

const topics = topicsWithPrefix('t.');
const camera = { source: 'camera', id: '1' };
const at = (offset: number): AcceptedRecord => ({
  coordinates: { priority: 'live', partition: 0, offset },
  digest: `digest of ${offset}`,
});

/** What is known of the camera's chunk after a dead letter, with `theirs` in its original. */
function knownAfter(
  letter: { reason: DeadLetterReason; attempts: number; accepted?: AcceptedRecord },
  theirs: readonly (readonly [string, string])[] = [],
): AcceptedRecord | null {
  const known = createKnownIdentities();
  const { reason, attempts, accepted } = letter;
  const ours = encodeDeadLetterHeaders({
    identity: { ...camera, ...at(7) },
    reason,
    message: 'why',
    attempts,
    worker: null,
    accepted: accepted ?? null,
  });
  const record = {
    topic: topics.deadLetters,
    partition: 0,
    offset: 0,
    key: null,
    value: null,
    headers: textHeaders([...theirs, ...ours]),
    timestampMs: 1000,
  };
  followOutcomes(known, topics, {
    topic: topics.deadLetters,
    partition: 0,
    records: [record],
    fromOffset: 0,
    nextOffset: 1,
    caughtUp: true,
    askedAtMs: 0,
  });
  return known.find(camera);
}

describe('following dead letters', () => {
  it('knows a chunk that workers tried', () => {
    expect(knownAfter({ reason: 'corrupt', attempts: 1 })).toMatchObject(at(7));
    expect(knownAfter({ reason: 'digest-mismatch', attempts: 1 })).toMatchObject(at(7));
    expect(knownAfter({ reason: 'worker-lost', attempts: 3 })).toMatchObject(at(7));
  });

  it('does not know a record that was refused when it was read', () => {
    expect(knownAfter({ reason: 'bad-header', attempts: 0 })).toBeNull();
    expect(knownAfter({ reason: 'digest-mismatch', attempts: 0 })).toBeNull();
  });

  it('knows the accepted record by the letter of its twin', () => {
    const accepted = at(3);
    expect(knownAfter({ reason: 'duplicate', attempts: 0, accepted })).toMatchObject(accepted);
    expect(knownAfter({ reason: 'conflict', attempts: 0, accepted })).toMatchObject(accepted);
  });

  it('is not led astray by headers of ours that the original carried', () => {
    const stale = [
      ['spillway-accepted', 'live/0/1'],
      ['spillway-accepted-digest', 'stale'],
      ['spillway-reason', 'duplicate'],
      ['spillway-attempts', '3'],
      ['spillway-worker', 'somebody'],
    ] as const;
    expect(knownAfter({ reason: 'bad-header', attempts: 0 }, stale)).toBeNull();
    expect(knownAfter({ reason: 'corrupt', attempts: 1 }, stale)).toMatchObject(at(7));
  });
});
