/* oxlint-disable no-restricted-globals -- Date is the oracle here */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRfc3339, parseRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import { runs, writableMs } from './seed.ts';

const two = (value: number): string => String(value).padStart(2, '0');

describe('RFC 3339 times', () => {
  it('are written as Date writes them, for the years 0 to 9999', () => {
    fc.assert(
      fc.property(writableMs, (epochMs) => {
        expect(formatRfc3339(epochMs)).toBe(new Date(epochMs).toISOString());
      }),
      runs,
    );
  });

  it('are read back as they were written, and as Date reads them', () => {
    fc.assert(
      fc.property(writableMs, (epochMs) => {
        const text = formatRfc3339(epochMs);
        expect(parseRfc3339(text)).toBe(epochMs);
        expect(parseRfc3339(text)).toBe(Date.parse(text));
      }),
      runs,
    );
  });

  it('with an offset are read as Date reads them', () => {
    const offset = fc.record({
      sign: fc.constantFrom('+', '-'),
      hours: fc.integer({ min: 0, max: 23 }),
      minutes: fc.integer({ min: 0, max: 59 }),
    });
    // A day's distance from both ends, so that the offset cannot lead out of the years 0 to 9999.
    const inside = fc.integer({ min: -62_167_000_000_000, max: 253_402_000_000_000 });
    fc.assert(
      fc.property(inside, offset, (localMs, { sign, hours, minutes }) => {
        const local = formatRfc3339(localMs).slice(0, -1);
        const text = `${local}${sign}${two(hours)}:${two(minutes)}`;
        expect(parseRfc3339(text)).toBe(Date.parse(text));
      }),
      runs,
    );
  });

  it('whose parts are out of range are refused, exactly where the calendar says so', () => {
    const part = fc.integer({ min: 0, max: 99 });
    const year = fc.integer({ min: 0, max: 9999 });
    fc.assert(
      fc.property(year, fc.tuple(part, part, part, part, part), (fullYear, parts) => {
        const [month, day, hour, minute, second] = parts;
        const date = `${String(fullYear).padStart(4, '0')}-${two(month)}-${two(day)}`;
        const clock = `${two(hour)}:${two(minute)}`;
        const leapless = two(Math.min(second, second === 60 ? 59 : second));
        // Date rolls 30 February over into March: writing it again tells.
        const expectedMs = Date.parse(`${date}T${clock}:${leapless}.000Z`);
        const isReal =
          hour <= 23 &&
          !Number.isNaN(expectedMs) &&
          new Date(expectedMs).toISOString().startsWith(`${date}T${clock}`);
        expect(parseRfc3339(`${date}T${clock}:${two(second)}Z`)).toBe(isReal ? expectedMs : null);
      }),
      { ...runs, numRuns: 3000 },
    );
  });

  it('are all that is accepted: other text is null, never an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const epochMs = parseRfc3339(text);
        if (epochMs !== null) expect(formatRfc3339(epochMs)).toMatch(/^\d{4}-/);
      }),
      runs,
    );
  });
});
