/* oxlint-disable no-restricted-globals -- a fixed time is written legibly */
import { describe, expect, it } from 'vitest';
import { readChunk } from '../../../../services/shared/chunk/envelope.ts';
import type {
  ChunkReading,
  IntakeRecordFacts,
} from '../../../../services/shared/chunk/envelope.ts';
import { sizeLimits } from '../../../../services/shared/chunk/limits.ts';

const appendedAtMs = Date.parse('2026-01-31T12:00:00Z');
const limits = sizeLimits(1000);
const defaults = {
  objectiveMs: { live: 30_000, standard: 300_000, bulk: 3_600_000 },
  tenant: 'nobody',
};

function read(
  headers: Readonly<Record<string, string>>,
  facts: Partial<IntakeRecordFacts> = {},
): ChunkReading {
  const record = {
    coordinates: { priority: 'live' as const, partition: 3, offset: 1042 },
    headers: new Map(Object.entries(headers)),
    headerBytes: 0,
    keyText: null,
    valueBytes: 10,
    appendedAtMs,
    ...facts,
  };
  return readChunk(record, defaults, limits);
}

const chunk = (reading: ChunkReading) =>
  reading.kind === 'chunk' ? reading.chunk : expect.unreachable(reading.message);

const refusal = (reading: ChunkReading) =>
  reading.kind === 'refused' ? reading : expect.unreachable('was accepted');

describe('a record without any headers', () => {
  it('is a valid chunk: coordinates, append time and objective stand in', () => {
    expect(chunk(read({}))).toEqual({
      source: 'unknown',
      id: 'live/3/1042',
      coordinates: { priority: 'live', partition: 3, offset: 1042 },
      submittedAtMs: appendedAtMs,
      deadlineAtMs: appendedAtMs + 30_000,
      durationMs: null,
      sequence: null,
      startMs: 0,
      model: null,
      tenant: 'nobody',
      contentType: null,
      dataref: null,
      declaredSha256: null,
      traceparent: null,
    });
  });

  it('takes its key for the source, if that can be shown', () => {
    expect(chunk(read({}, { keyText: 'camera-7' })).source).toBe('camera-7');
    expect(chunk(read({}, { keyText: 'a\u0007b' })).source).toBe('unknown');
    expect(chunk(read({}, { keyText: '\ufffd\ufffd' })).source).toBe('unknown');
    expect(chunk(read({}, { keyText: '' })).source).toBe('unknown');
  });

  it('has its priority’s objective', () => {
    const bulk = { priority: 'bulk' as const, partition: 0, offset: 0 };
    const { deadlineAtMs } = chunk(read({}, { coordinates: bulk }));
    expect(deadlineAtMs).toBe(appendedAtMs + 3_600_000);
  });
});

describe('the submission of a chunk', () => {
  it('counts as the append time when the producer’s clock is ahead', () => {
    const ahead = chunk(read({ ce_time: '2026-01-31T12:00:01Z' }));
    expect(ahead.submittedAtMs).toBe(appendedAtMs);
    expect(ahead.deadlineAtMs).toBe(appendedAtMs + 30_000);
    const behind = chunk(read({ ce_time: '2026-01-31T11:59:50Z' }));
    expect(behind.submittedAtMs).toBe(appendedAtMs - 10_000);
  });
});

describe('numbers in headers', () => {
  it('are accepted up to exactly the bounds that a refusal names', () => {
    expect(chunk(read({ ce_startms: '9007199254740991' })).startMs).toBe(Number.MAX_SAFE_INTEGER);
    expect(refusal(read({ ce_startms: '9007199254740992' })).message).toBe(
      'header ce_startms is "9007199254740992"; accepted: whole milliseconds from 0 to 9007199254740991',
    );
    expect(chunk(read({ ce_durationms: '86400000' })).durationMs).toBe(86_400_000);
    expect(refusal(read({ ce_durationms: '86400001' })).reason).toBe('bad-header');
    expect(chunk(read({ ce_durationms: '1' })).durationMs).toBe(1);
    expect(refusal(read({ ce_durationms: '0' })).reason).toBe('bad-header');
  });

  it.each(['-5', '1.5', '1e3', ' 1', '0x10', 'NaN', '٣'])('are refused as %j', (value) => {
    expect(refusal(read({ ce_durationms: value })).message).toContain(
      `header ce_durationms is ${JSON.stringify(value)}; accepted: whole milliseconds from 1`,
    );
  });
});

describe('a refusal', () => {
  it('says how large the record may be, and what to do with a larger one', () => {
    const large = refusal(read({}, { valueBytes: 1001 }));
    expect(large.reason).toBe('too-large');
    expect(large.message).toContain('1001 bytes of video, at most 1000');
    expect(large.message).toContain('ce_dataref');
    expect(read({}, { valueBytes: 1000 }).kind).toBe('chunk');
    expect(read({}, { headerBytes: 32_768 }).kind).toBe('chunk');
    const headers = refusal(read({}, { headerBytes: 32_769 }));
    expect([headers.reason, headers.message]).toEqual([
      'headers-too-large',
      'headers take 32769 bytes, at most 32768 are accepted',
    ]);
  });

  it('meets an empty record without a claim check, and only that', () => {
    expect(refusal(read({}, { valueBytes: 0 })).reason).toBe('empty');
    expect(chunk(read({ ce_dataref: 's3://b/k' }, { valueBytes: 0 })).dataref).toBe('s3://b/k');
  });

  it('keeps the half of the identity that is sound', () => {
    const badId = refusal(read({ ce_source: 'camera-7', ce_id: '' }));
    expect(badId.identity).toEqual({ source: 'camera-7', id: 'live/3/1042' });
    const badTime = refusal(read({ ce_id: 'x1', ce_time: 'now' }, { keyText: 'camera-8' }));
    expect(badTime.identity).toEqual({ source: 'camera-8', id: 'x1' });
  });

  it('never repeats what a terminal would obey', () => {
    const { message } = refusal(read({ ce_id: 'a\u001b[31m\u009b31m\u202eb' }));
    expect(message).toBe(
      'header ce_id is "a\\u001b[31m\\u{9b}31m\\u{202e}b"; accepted: 1 to 1024 printable characters of UTF-8',
    );
  });

  it('shows only the beginning of a long value', () => {
    const { message } = refusal(read({ ce_type: 'x'.repeat(1000) }));
    expect(message).toBe(
      `header ce_type is "${'x'.repeat(80)}"; accepted: spillway.chunk.v1, or no such header`,
    );
  });
});

describe('a trace context', () => {
  const good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it('is kept when it is sound, and never costs a chunk when it is not', () => {
    expect(chunk(read({ traceparent: good })).traceparent).toBe(good);
    const broken = [
      good.toUpperCase(),
      good.replace('00-', 'ff-'),
      good.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
      good.replace('00f067aa0ba902b7', '0'.repeat(16)),
      `${good}-extra`,
      '',
      '\u0000',
    ];
    for (const traceparent of broken) {
      expect([traceparent, chunk(read({ traceparent })).traceparent]).toEqual([traceparent, null]);
    }
  });
});

describe('a digest', () => {
  it('is 64 hexadecimal digits of either case, kept in lower case', () => {
    const { declaredSha256 } = chunk(read({ ce_datasha256: 'AB'.repeat(32) }));
    expect(declaredSha256).toBe('ab'.repeat(32));
    expect(refusal(read({ ce_datasha256: 'ab'.repeat(31) })).reason).toBe('bad-header');
  });
});
