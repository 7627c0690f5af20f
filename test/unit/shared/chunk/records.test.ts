import { describe, expect, it } from 'vitest';
import { parseAssignment } from '../../../../services/shared/chunk/assignment.ts';
import { parseCoordinates } from '../../../../services/shared/chunk/coordinates.ts';
import { encodeDone, parseDone } from '../../../../services/shared/chunk/done-record.ts';
import { parseHeartbeat } from '../../../../services/shared/chunk/fleet.ts';
import { parseLaneOrder } from '../../../../services/shared/chunk/lane-record.ts';
import {
  encodeDeadLetterHeaders,
  encodeExpired,
} from '../../../../services/shared/chunk/outcome.ts';

const coordinates = { priority: 'live' as const, partition: 3, offset: 1042 };
const assignment = { coordinates, term: '7kq2x', number: 1 };
const digest = 'ab'.repeat(32);

describe('keys', () => {
  it.each([
    '',
    'live',
    'live/1',
    'live/1/2/3',
    'urgent/1/2',
    'live/-1/2',
    'live/01/2',
    'live/1/1e3',
  ])('%j are no coordinates', (key) => {
    expect(parseCoordinates(key)).toBeNull();
  });

  it.each([
    'live/3/1042',
    'live/3/1042@',
    'live/3/1042@k.0',
    'live/3/1042@K.1',
    'live/3/1042@k.01',
  ])('%j is no assignment', (key) => {
    expect(parseAssignment(key)).toBeNull();
  });
});

describe('records of other programs', () => {
  it('that are wrong are refused with the path of the first wrong field', () => {
    expect(parseLaneOrder('{"assignment":"live/3/1042@k.1","source":7}')).toEqual({
      ok: false,
      problem: '$.source must be text, found 7',
    });
    expect(parseHeartbeat('[]')).toEqual({
      ok: false,
      problem: '$ must be an object, found a list of 0',
    });
    const beat = '{"worker":"w","sequence":1,"kind":"tpu"}';
    expect(parseHeartbeat(beat)).toEqual({
      ok: false,
      problem: '$.kind must be one of gpu, cpu, found "tpu"',
    });
  });

  it('nested without end are refused like any other', () => {
    const deep = `{"worker":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    expect(parseHeartbeat(deep)).toEqual({
      ok: false,
      problem: '$.worker must be text, found a list of 1',
    });
  });

  it('cannot reach beyond their own fields', () => {
    const parsed = parseDone(
      '{"__proto__":{"kind":"released"},"assignment":"live/3/1042@k.1","worker":"w"}',
    );
    expect(parsed).toEqual({
      ok: false,
      problem: '$.kind must be one of result, failure, released, found nothing',
    });
  });
});

describe('a done record', () => {
  it('keeps a fraction of a millisecond, and does not cost a result for it', () => {
    const done = {
      kind: 'result' as const,
      assignment,
      worker: 'w',
      durationMs: 4000,
      computeMs: 81.25,
    };
    expect(parseDone(encodeDone(done))).toEqual({ ok: true, value: done });
  });

  it('of a failure needs to say why and whether another try makes sense', () => {
    const parsed = parseDone('{"kind":"failure","assignment":"live/3/1042@k.1","worker":"w"}');
    expect(parsed).toEqual({ ok: false, problem: 'a failure needs reason and retriable' });
  });
});

describe('outcomes', () => {
  const identity = { source: 'camera-7', id: 'x1', coordinates, digest };

  it('name the accepted record and its digest for a duplicate, and nothing that is not there', () => {
    const accepted = { coordinates: { ...coordinates, offset: 1000 }, digest };
    const letter = {
      identity,
      reason: 'duplicate' as const,
      message: 'seen before',
      attempts: 0,
      worker: null,
      accepted,
    };
    expect(encodeDeadLetterHeaders(letter)).toEqual([
      ['spillway-source', 'camera-7'],
      ['spillway-id', 'x1'],
      ['spillway-coordinates', 'live/3/1042'],
      ['spillway-digest', digest],
      ['spillway-reason', 'duplicate'],
      ['spillway-message', 'seen before'],
      ['spillway-attempts', '0'],
      ['spillway-accepted', 'live/3/1000'],
      ['spillway-accepted-digest', digest],
    ]);
  });

  it('of expired chunks hold the identity and no more of what they were given', () => {
    const text = encodeExpired({
      identity,
      coordinates,
      lastOffset: 1042,
      deadlineAtMs: 0,
      waitedIn: 'intake' as const,
      message: 'too late',
    });
    expect(JSON.parse(text)).toEqual({
      type: 'spillway.expired.v1',
      source: 'camera-7',
      id: 'x1',
      coordinates: 'live/3/1042',
      lastOffset: 1042,
      deadline: '1970-01-01T00:00:00.000Z',
      waitedIn: 'intake',
      message: 'too late',
    });
  });
});
