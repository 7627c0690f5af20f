import {
  type Arbitrary,
  array,
  assert,
  double,
  float,
  integer,
  oneof,
  property,
  record,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeOutput } from '../../../services/worker/models/output-decoder.ts';
import {
  overlapFraction,
  suppressOverlaps,
  type Candidate,
} from '../../../services/worker/models/suppression.ts';
import { tinyManifest } from '../../support/model-repository.ts';

const candidate: Arbitrary<Candidate> = record({
  left: integer({ min: -20, max: 100 }),
  top: integer({ min: -20, max: 100 }),
  width: integer({ min: 1, max: 60 }),
  height: integer({ min: 1, max: 60 }),
  score: double({ min: 0, max: 1, noNaN: true }),
  classIndex: integer({ min: 0, max: 2 }),
}).map(({ left, top, width, height, ...rest }) => ({
  ...rest,
  left,
  top,
  right: left + width,
  bottom: top + height,
}));

const options = { overlapThreshold: 0.45, detectionsMax: 1000 };

describe('suppressing overlaps', () => {
  const candidates = array(candidate, { maxLength: 40 });

  test('keeps no two boxes of a class that overlap, best first', () => {
    assert(
      property(candidates, (given) => {
        const kept = suppressOverlaps(given, options);
        expect(kept).toEqual(kept.toSorted((a, b) => b.score - a.score));
        for (const [index, one] of kept.entries()) {
          for (const other of kept.slice(index + 1)) {
            const isApart = overlapFraction(one, other) <= options.overlapThreshold;
            expect(isApart || one.classIndex !== other.classIndex).toBe(true);
          }
        }
      }),
      { seed: 20_260_104 },
    );
  });

  test('drops a box only for a kept one of its class that is at least as good', () => {
    assert(
      property(candidates, (given) => {
        const kept = new Set(suppressOverlaps(given, options));
        for (const dropped of given.filter((one) => !kept.has(one))) {
          const reasons = [...kept].filter(
            (one) =>
              one.classIndex === dropped.classIndex &&
              one.score >= dropped.score &&
              overlapFraction(one, dropped) > options.overlapThreshold,
          );
          expect(reasons).not.toEqual([]);
        }
      }),
      { seed: 20_260_105 },
    );
  });

  test('changes nothing the second time, and keeps at most what it may', () => {
    assert(
      property(candidates, integer({ min: 1, max: 5 }), (given, detectionsMax) => {
        const kept = suppressOverlaps(given, { ...options, detectionsMax });
        expect(suppressOverlaps(kept, options)).toEqual(kept);
        expect(kept.length).toBeLessThanOrEqual(detectionsMax);
        expect(kept).toEqual(suppressOverlaps(given, options).slice(0, detectionsMax));
      }),
      { seed: 20_260_106 },
    );
  });
});

describe('detections', () => {
  test('lie within the source picture and have a score from 0 to 1, whatever the network says', () => {
    const number = oneof(float(), float({ min: -2, max: 2, noNaN: true }));
    const output = array(number, { minLength: 6, maxLength: 6 });
    const size = integer({ min: 1, max: 4000 });
    assert(
      property(output, size, size, (values, sourceWidth, sourceHeight) => {
        const placement = {
          scaleX: 32 / sourceWidth,
          scaleY: 32 / sourceHeight,
          sourceWidth,
          sourceHeight,
        };
        const found = decodeOutput(new Float32Array(values), tinyManifest, placement);
        for (const { score, box } of found) {
          expect(score).toBeGreaterThanOrEqual(0.3);
          expect(score).toBeLessThanOrEqual(1);
          const [x, y, width, height] = box;
          expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
          expect(Math.min(width, height)).toBeGreaterThan(0);
          // Each number is rounded to hundredths by itself.
          expect(x + width).toBeLessThanOrEqual(sourceWidth + 0.011);
          expect(y + height).toBeLessThanOrEqual(sourceHeight + 0.011);
        }
      }),
      { seed: 20_260_107, numRuns: 500 },
    );
  });
});
