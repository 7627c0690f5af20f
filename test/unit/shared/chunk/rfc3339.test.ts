/* oxlint-disable no-restricted-globals -- the times of these tests are read by Date, as an oracle */
import { describe, expect, it } from 'vitest';
import { formatRfc3339, parseRfc3339 } from '../../../../services/shared/chunk/rfc3339.ts';

describe('a time of RFC 3339', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1985-04-12T23:20:50.52Z', 482_196_050_520],
    ['1996-12-19T16:39:57-08:00', 851_042_397_000],
    ['1937-01-01T12:00:27.87+00:20', -1_041_337_172_130],
    ['2024-02-29T00:00:00z', 1_709_164_800_000],
    ['2024-02-29t00:00:00.123456789Z', 1_709_164_800_123],
  ])('%s is %i ms after the epoch', (text, epochMs) => {
    expect(parseRfc3339(text)).toBe(epochMs);
  });

  it('takes a leap second for the last second of its minute', () => {
    expect(parseRfc3339('1990-12-31T23:59:60Z')).toBe(Date.parse('1990-12-31T23:59:59Z'));
    expect(parseRfc3339('1990-12-31T23:59:61Z')).toBeNull();
  });

  it.each([
    '',
    '2026-01-31',
    '2026-01-31T12:00Z',
    '2026-01-31T12:00:00',
    '2026-01-31T24:00:00Z',
    '2026-1-31T12:00:00Z',
    '2026-02-29T12:00:00Z',
    '2026-00-10T12:00:00Z',
    '2026-01-00T12:00:00Z',
    '2026-01-31T12:00:00+24:00',
    '2026-01-31T12:00:00.Z',
    ' 2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00Z\n',
    '１２２６-01-31T12:00:00Z',
    '1769860800',
  ])('is not %j', (text) => {
    expect(parseRfc3339(text)).toBeNull();
  });

  it('that its offset leads out of the years 0 to 9999 is refused: it could not be written', () => {
    expect(parseRfc3339('9999-12-31T23:59:59-00:01')).toBeNull();
    expect(parseRfc3339('0000-01-01T00:00:00+00:01')).toBeNull();
    expect(parseRfc3339('9999-12-31T23:59:59.999Z')).toBe(253_402_300_799_999);
    expect(parseRfc3339('0000-01-01T00:00:00Z')).toBe(-62_167_219_200_000);
  });

  it('is written in UTC with milliseconds, fractions of which are cut off', () => {
    expect(formatRfc3339(1_709_164_800_123.9)).toBe('2024-02-29T00:00:00.123Z');
    expect(formatRfc3339(-1)).toBe('1969-12-31T23:59:59.999Z');
  });
});
