import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instantsOfWhole, isFaithful } from '../../services/cli/submit/faithful-piece.ts';
import { planPieces } from '../../services/cli/submit/plan-pieces.ts';
import { ticksToWholeMs } from '../../services/cli/submit/video-index.ts';
import { samplePresentations } from '../../services/shared/chunk/sampling.ts';
import { indexOf } from '../support/frame-layout.ts';

interface Recording {
  readonly ticksPerSecond: bigint;
  readonly times: readonly bigint[];
  readonly keyInterval: number;
}

/** Those that are promised for uneven frames as well. */
const rates = [0.1, 0.2, 0.5, 1, 2, 2.5, 5, 10];

/** Frames as recorders leave them: rounded to the container's ticks, jittering, some missing. */
const recordings: fc.Arbitrary<Recording> = fc
  .record({
    ticksPerSecond: fc.constantFrom(600n, 1000n, 11_456n, 25_000n, 90_000n),
    framesPerSecond: fc.constantFrom(10, 24, 25, 29.97, 30, 50, 59.94),
    jitterMs: fc.constantFrom(0, 0, 0, 2, 9),
    lost: fc.constantFrom(0, 0, 0.02),
    noise: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 60, maxLength: 300 }),
    keyInterval: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ ticksPerSecond, framesPerSecond, jitterMs, lost, noise, keyInterval }) => {
    const times = noise.flatMap((chance, frame) => {
      const seconds = frame / framesPerSecond + (chance * jitterMs) / 1000;
      return frame > 0 && chance < lost
        ? []
        : [BigInt(Math.round(seconds * Number(ticksPerSecond)))];
    });
    const distinct = [...new Set(times)].toSorted((a, b) => Number(a - b));
    return { ticksPerSecond, keyInterval, times: distinct };
  });

/** Presentation times that the worker's own code samples. */
function sampled(
  times: readonly bigint[],
  question: { ticksPerSecond: bigint; startMs: number; framesPerSecond: number },
): readonly bigint[] {
  return samplePresentations({
    presentations: times,
    timeBase: { numerator: 1n, denominator: question.ticksPerSecond },
    lastFrameTicks: 0n,
    startMs: question.startMs,
    framesPerSecond: question.framesPerSecond,
  });
}

describe('cutting', () => {
  test('never changes which frames a worker samples, and loses none', () => {
    fc.assert(
      fc.property(recordings, fc.integer({ min: 100, max: 4000 }), (recording, chunkMs) => {
        const { ticksPerSecond, times, keyInterval } = recording;
        const isKey = (packet: number): boolean => packet % keyInterval === 0;
        const plan = planPieces(indexOf({ presentations: times, ticksPerSecond, isKey }), chunkMs);
        if (!plan.isCut || !plan.isExact) return;
        const pieces = plan.pieces.map(({ fromPacket, untilPacket, startMs }) => ({
          startMs,
          times: times.slice(fromPacket, untilPacket),
        }));
        expect(pieces.flatMap((piece) => piece.times)).toEqual(times);
        for (const framesPerSecond of rates) {
          const whole = sampled(times, { ticksPerSecond, startMs: 0, framesPerSecond });
          const union = pieces.flatMap((piece) =>
            sampled(piece.times, { ticksPerSecond, startMs: piece.startMs, framesPerSecond }),
          );
          expect(union).toEqual(whole);
        }
      }),
      { seed: 20_260_131, numRuns: 300 },
    );
  });

  test('would change it at some key frames, and those are the ones that are refused', () => {
    let changed = 0;
    fc.assert(
      fc.property(
        recordings,
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        (recording, share) => {
          const { ticksPerSecond, times } = recording;
          const from = Math.floor(times.length * share);
          const tickLength = { numerator: 1n, denominator: ticksPerSecond };
          const startMs = ticksToWholeMs((times[from] ?? 0n) - (times[0] ?? 0n), tickLength);
          const differs = rates.some((framesPerSecond) => {
            const whole = sampled(times, { ticksPerSecond, startMs: 0, framesPerSecond });
            const tail = sampled(times.slice(from), { ticksPerSecond, startMs, framesPerSecond });
            const expected = whole.filter((ticks) => ticks >= (times[from] ?? 0n));
            return tail.join() !== expected.join();
          });
          if (!differs) return;
          changed += 1;
          const shown = BigInt64Array.from(times);
          const whole = instantsOfWhole(shown, tickLength);
          const stretch = { tickLength, shown, whole, from, until: times.length, startMs };
          expect(isFaithful(stretch)).toBe(false);
        },
      ),
      { seed: 20_260_132, numRuns: 300 },
    );
    expect(changed).toBeGreaterThan(10);
  });
});
