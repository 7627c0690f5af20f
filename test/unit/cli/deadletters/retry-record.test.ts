import { describe, expect, it } from 'vitest';
import type { Letter } from '../../../../services/cli/deadletters/letter.ts';
import { isChosen, planRetries } from '../../../../services/cli/deadletters/plan-retries.ts';
import { retryRecord } from '../../../../services/cli/deadletters/retry-record.ts';
import { encodeDeadLetterHeaders } from '../../../../services/shared/chunk/outcome.ts';
import type { DeadLetterReason } from '../../../../services/shared/chunk/reasons.ts';
import { topicsWithPrefix } from '../../../../services/shared/chunk/topics.ts';
import { headerTexts, textHeaders } from '../../../../services/shared/kafka/record-headers.ts';

const topics = topicsWithPrefix('t.');
const nowMs = 1_700_000_000_000;

function letterOf(
  original: Readonly<Record<string, string>>,
  change: {
    readonly offset?: number;
    readonly reason?: DeadLetterReason;
    readonly bytes?: number;
  } = {},
): Letter {
  const { offset = 17, reason = 'worker-lost', bytes = 5 } = change;
  const coordinates = { priority: 'live', partition: 0, offset } as const;
  const identity = { source: 'gate', id: 'chunk-1', coordinates, digest: 'd' };
  const ours = { identity, reason, message: 'm', attempts: 3, worker: 'w', accepted: null };
  return {
    outcome: {
      outcome: 'dead-letter',
      source: 'gate',
      id: 'chunk-1',
      coordinates: `live/0/${offset}`,
      reason,
      message: 'm',
      attempts: 3,
      worker: 'w',
      accepted: null,
    },
    coordinates,
    atMs: 1,
    bytes,
    record: {
      topic: topics.deadLetters,
      partition: 0,
      offset: 3,
      key: Buffer.from('gate'),
      value: Buffer.from('video'),
      headers: textHeaders([...Object.entries(original), ...encodeDeadLetterHeaders(ours)]),
      timestampMs: 1,
    },
  };
}

const retried = (original: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  headerTexts(retryRecord(letterOf(original), { number: 1, nowMs, topics }).headers);

describe('a retry', () => {
  it('is the original record on the intake it came from, without our headers', () => {
    const original = { ce_id: 'chunk-1', ce_source: 'gate', ce_model: 'm', traceparent: 'x' };
    const record = retryRecord(letterOf(original), { number: 1, nowMs, topics });
    expect(record).toMatchObject({
      topic: 't.intake.live',
      key: Buffer.from('gate'),
      value: Buffer.from('video'),
    });
    expect(record).not.toHaveProperty('partition');
    expect(Object.fromEntries(headerTexts(record.headers))).toEqual({
      ce_source: 'gate',
      ce_model: 'm',
      traceparent: 'x',
      ce_id: 'retry-1-of-live/0/17',
      ce_time: '2023-11-14T22:13:20.000Z',
      'retry-of': 'chunk-1',
    });
  });

  it('has a deadline of its own, as far from its submission as the old one was', () => {
    const headers = retried({
      ce_time: '2026-01-31T12:00:00Z',
      ce_deadline: '2026-01-31T12:00:08Z',
    });
    expect(headers.get('ce_deadline')).toBe('2023-11-14T22:13:28.000Z');
  });

  it.each([
    [{ ce_deadline: '2026-01-31T12:00:08Z' }],
    [{ ce_time: '2026-01-31T12:00:00Z', ce_deadline: 'soon' }],
    [{ ce_time: '2026-01-31T12:00:00Z', ce_deadline: '2026-01-31T11:00:00Z' }],
  ])('leaves the deadline to the objective where the old one says nothing: %j', (original) => {
    expect(retried(original).has('ce_deadline')).toBe(false);
  });

  it('of a retry names the one before, once', () => {
    const record = retryRecord(letterOf({ ce_id: 'retry-1-of-live/0/9', 'retry-of': 'older' }), {
      number: 2,
      nowMs,
      topics,
    });
    const names = record.headers.map(([name]) => name).filter((name) => name === 'retry-of');
    expect(names).toHaveLength(1);
    expect(headerTexts(record.headers).get('retry-of')).toBe('chunk-1');
    expect(headerTexts(record.headers).get('ce_id')).toBe('retry-2-of-live/0/17');
  });

  it('keeps a header of the producer that is called like one of ours', () => {
    expect(retried({ 'spillway-reason': 'mine' }).get('spillway-reason')).toBe('mine');
  });
});

describe('the choice of letters', () => {
  const letter = letterOf({});
  const duplicate = letterOf({}, { reason: 'duplicate' });

  it('goes by reason, by id and by coordinates', () => {
    expect(isChosen(letter, { reason: 'worker-lost', ids: [] })).toBe(true);
    expect(isChosen(letter, { reason: 'corrupt', ids: [] })).toBe(false);
    expect(isChosen(letter, { ids: ['chunk-1'] })).toBe(true);
    expect(isChosen(letter, { ids: ['live/0/17'] })).toBe(true);
    expect(isChosen(letter, { ids: ['live/0/1'] })).toBe(false);
    expect(isChosen(letter, { ids: ['live/0/17'], reason: 'corrupt' })).toBe(false);
  });

  it('means duplicates only where they are named', () => {
    expect(isChosen(letter, { ids: [] })).toBe(true);
    expect(isChosen(duplicate, { ids: [] })).toBe(false);
    expect(isChosen(duplicate, { reason: 'duplicate', ids: [] })).toBe(true);
    expect(isChosen(duplicate, { ids: ['live/0/17'] })).toBe(true);
  });
});

describe('the plan of retries', () => {
  const earlier = new Map([['live/0/17', { number: 2, ended: 'dead-letter' } as const]]);

  it('leaves out what was retried before, unless it is wanted again under the next number', () => {
    const letters = [letterOf({}), letterOf({}, { offset: 18 })];
    const plan = planRetries(letters, earlier, false);
    expect(plan.retries.map(({ number }) => number)).toEqual([1]);
    expect(plan.retriedBefore.map(({ letter }) => letter.coordinates.offset)).toEqual([17]);
    const again = planRetries(letters, earlier, true);
    expect(again.retries.map(({ number }) => number)).toEqual([3, 1]);
  });

  it('takes no more than fits into memory, and always one', () => {
    const bytes = 200 * 1024 * 1024;
    const letters = [17, 18, 19].map((offset) => letterOf({}, { offset, bytes }));
    const plan = planRetries(letters, new Map(), false);
    expect(plan.retries).toHaveLength(1);
    expect(plan.left).toBe(2);
  });
});
