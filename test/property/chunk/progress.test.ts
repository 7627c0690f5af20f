import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attemptKey } from '../../../services/shared/chunk/assignment.ts';
import {
  decodeProgress,
  encodeProgress,
  progressSpanMax,
} from '../../../services/shared/chunk/progress.ts';
import type { Progress } from '../../../services/shared/chunk/progress.ts';
import { runs, term } from './seed.ts';

const delta = fc.integer({ min: 1, max: progressSpanMax });
const attempts = fc.array(
  fc.record({ term, number: fc.integer({ min: 1, max: 99 }) }).map(attemptKey),
  { minLength: 1, maxLength: 3 },
);

function progressOf(options: { settled: number; failed: number }): fc.Arbitrary<Progress> {
  return fc
    .record({
      base: fc.integer({ min: 0, max: 1_000_000_000_000 }),
      settled: fc.uniqueArray(delta, { maxLength: options.settled }),
      failed: fc.uniqueArray(fc.tuple(delta, attempts), {
        maxLength: options.failed,
        selector: ([distance]) => distance,
      }),
    })
    .map(({ base, settled, failed }) => ({
      base,
      settledAbove: new Set(settled.map((distance) => base + distance)),
      failedAttempts: new Map(failed.map(([distance, keys]) => [base + distance - 1, keys])),
    }));
}

describe('progress in offset metadata', () => {
  it('survives the way through the metadata when everything finds room', () => {
    fc.assert(
      fc.property(progressOf({ settled: 200, failed: 10 }), (progress) => {
        const { metadata, carriedAttempts } = encodeProgress(progress);
        expect(carriedAttempts).toEqual(new Set(progress.failedAttempts.keys()));
        expect(decodeProgress(progress.base, metadata)).toEqual(progress);
      }),
      runs,
    );
  });

  it('never takes more than the broker’s 4,096 bytes, whatever is settled and has failed', () => {
    fc.assert(
      fc.property(progressOf({ settled: 2000, failed: 400 }), (progress) => {
        const { metadata } = encodeProgress(progress);
        expect(Buffer.byteLength(metadata)).toBeLessThanOrEqual(4096);
      }),
      { ...runs, numRuns: 100 },
    );
  });

  it('keeps all that is settled, and of the failed tries exactly those it says it carries', () => {
    fc.assert(
      fc.property(progressOf({ settled: 500, failed: 400 }), (progress) => {
        const { metadata, carriedAttempts } = encodeProgress(progress);
        const decoded = decodeProgress(progress.base, metadata);
        expect(decoded?.settledAbove).toEqual(progress.settledAbove);
        const carried = [...progress.failedAttempts].filter(([each]) => carriedAttempts.has(each));
        expect(decoded?.failedAttempts).toEqual(new Map(carried));
        // The lowest offsets come first: they are the ones that hold the rest up.
        const offsets = [...progress.failedAttempts.keys()].toSorted((a, b) => a - b);
        expect(new Set(offsets.slice(0, carriedAttempts.size))).toEqual(carriedAttempts);
      }),
      { ...runs, numRuns: 100 },
    );
  });

  it('decodes any other text to null or to something that it would write again', () => {
    const likeMetadata = fc
      .tuple(
        fc.constantFrom('1', '2', '', '01'),
        fc.stringMatching(/^[A-Za-z0-9_=/-]{0,8}$/),
        fc.stringMatching(/^[a-z0-9,A]{0,8}$/),
        fc.stringMatching(/^[0-9.:+;x-]{0,12}$/),
      )
      .map((parts) => parts.join('|'));
    fc.assert(
      fc.property(fc.oneof(likeMetadata, fc.string({ unit: 'binary' })), (metadata) => {
        const decoded = decodeProgress(7, metadata);
        if (decoded === null) return;
        for (const offset of decoded.settledAbove) expect(offset).toBeGreaterThan(7);
        for (const [offset, keys] of decoded.failedAttempts) {
          expect(offset).toBeGreaterThanOrEqual(7);
          for (const key of keys) expect(key).toMatch(/^[a-z0-9]+\.\d+$/);
        }
        const again = decodeProgress(7, encodeProgress(decoded).metadata);
        expect(again).toEqual(decoded);
      }),
      { ...runs, numRuns: 5000 },
    );
  });
});
