import * as fc from 'fast-check';

/** One seed for all properties, printed with any failure; another one is tried by changing it here. */
const chunkSeed = 20_261_122;

export const runs = { seed: chunkSeed, numRuns: 500 } as const;

/** Any text that UTF-8 can carry. */
export const wellFormedText = fc.string({ unit: 'binary', maxLength: 60 });

/** Text that a header may hold without being refused. */
export const printableText = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 });

export const coordinates = fc.record({
  priority: fc.constantFrom('live' as const, 'standard' as const, 'bulk' as const),
  partition: fc.integer({ min: 0, max: 999_999_999 }),
  offset: fc.integer({ min: 0, max: 999_999_999_999_999 }),
});

export const term = fc.stringMatching(/^[a-z0-9]{1,40}$/);

export const assignment = fc.record({
  coordinates,
  term,
  number: fc.integer({ min: 1, max: 999_999_999 }),
});

export const priority = fc.constantFrom('live' as const, 'standard' as const, 'bulk' as const);

/** Milliseconds from the year 0 to the year 9999. */
export const writableMs = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });

export const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** Not negative zero: JSON has none. */
export const spanMs = fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => value + 0);
