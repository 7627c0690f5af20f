import { array, assert, constant, constantFrom, integer, pre, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { samplePresentations } from '../../../services/shared/chunk/sampling.ts';

const tickRates = [1000n, 11_456n, 12_800n, 15_360n, 90_000n] as const;

const stream = record({
  rate: constantFrom(...tickRates),
  framesPerSecond: constantFrom(24, 25, 30, 50, 60, 30_000 / 1001, 179 / 6),
  frames: integer({ min: 40, max: 400 }),
  wanted: constantFrom(0.5, 1, 2, 5, 7.5, 10),
});

/** Presentation times as an encoder writes them: rounded to ticks. */
function presentationsOf(rate: bigint, framesPerSecond: number, frames: number): readonly bigint[] {
  return Array.from({ length: frames }, (_, index) =>
    BigInt(Math.round((index * Number(rate)) / framesPerSecond)),
  );
}

describe('sampling a stream', () => {
  test('takes for each instant the first frame at or after it, and no other frame', () => {
    assert(
      property(stream, ({ rate, framesPerSecond, frames, wanted }) => {
        const presentations = presentationsOf(rate, framesPerSecond, frames);
        const sampled = samplePresentations({
          presentations,
          timeBase: { numerator: 1n, denominator: rate },
          lastFrameTicks: 1n,
          startMs: 0,
          framesPerSecond: wanted,
        });
        // In ticks times ten times the wanted rate, so that halves stay whole.
        const instantStep = rate * 10n;
        const rateTenths = BigInt(Math.round(wanted * 10));
        const last = (presentations.at(-1) ?? 0n) * rateTenths;
        const expected = new Set<bigint>();
        for (let instant = 0n; instant <= last; instant += instantStep) {
          const first = presentations.find((ticks) => ticks * rateTenths >= instant);
          if (first !== undefined) expected.add(first);
        }
        expect(sampled).toEqual([...expected]);
      }),
      { seed: 20_260_101 },
    );
  });

  test('takes the same frames however the stream is cut into chunks', () => {
    const cuts = array(integer({ min: 1, max: 399 }), { maxLength: 6 });
    // Times that are whole ticks of the frame rate: then a rounded place can be understood exactly.
    const exact = record({
      rate: constant(90_000n),
      ticksPerFrame: constantFrom(1500n, 1800n, 3000n, 3003n, 3600n, 3750n),
      frames: integer({ min: 40, max: 400 }),
      wanted: constantFrom(0.5, 1, 2, 5, 7.5, 10),
      cuts,
    });
    assert(
      property(exact, ({ rate, ticksPerFrame, frames, wanted, cuts: places }) => {
        const question = {
          timeBase: { numerator: 1n, denominator: rate },
          lastFrameTicks: ticksPerFrame,
          framesPerSecond: wanted,
        };
        const all = Array.from({ length: frames }, (_, index) => BigInt(index) * ticksPerFrame);
        const whole = samplePresentations({ ...question, presentations: all, startMs: 0 });
        const seams = [...new Set([0, ...places.filter((place) => place < frames - 1), frames])];
        const ordered = seams.toSorted((a, b) => a - b);
        const pieces = ordered.slice(1).map((end, index) => all.slice(ordered[index], end));
        const cut = pieces.flatMap((presentations) => {
          const startMs = Math.round((Number(presentations[0] ?? 0n) * 1000) / Number(rate));
          // A single frame has no interval to tell its rounding by.
          pre(presentations.length > 1);
          return samplePresentations({ ...question, presentations, startMs });
        });
        expect(cut).toEqual(whole);
      }),
      { seed: 20_260_102 },
    );
  });
});
