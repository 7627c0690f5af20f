import { describe, expect, test } from 'vitest';
import {
  samplePresentations,
  type SamplingQuestion,
} from '../../../../services/shared/chunk/sampling.ts';

/** Frames at a constant rate in ticks of 1/90,000 s, as MPEG-TS counts. */
function timeline(frames: number, ticksPerFrame: number): SamplingQuestion {
  return {
    presentations: Array.from({ length: frames }, (_, index) => BigInt(index * ticksPerFrame)),
    timeBase: { numerator: 1n, denominator: 90_000n },
    lastFrameTicks: BigInt(ticksPerFrame),
    startMs: 0,
    framesPerSecond: 2,
  };
}

function sampledIndexes(question: SamplingQuestion): readonly number[] {
  const sampled = samplePresentations(question);
  return sampled.map((presentation) => question.presentations.indexOf(presentation));
}

describe('sampling', () => {
  test('takes a frame that lies exactly on an instant', () => {
    expect(sampledIndexes(timeline(60, 3000))).toEqual([0, 15, 30, 45]);
  });

  test('takes the first frame after an instant that no frame lies on', () => {
    // 25 frames a second: 500 ms falls between frames 12 (480 ms) and 13 (520 ms).
    expect(sampledIndexes(timeline(50, 3600))).toEqual([0, 13, 25, 38]);
  });

  test('takes every frame once when more are wanted than there are', () => {
    const question = { ...timeline(10, 3000), framesPerSecond: 120 };
    expect(sampledIndexes(question)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('counts from the first frame, whatever its time in the container is', () => {
    const question = timeline(60, 3000);
    const shifted = question.presentations.map((ticks) => ticks + 126_000n);
    expect(sampledIndexes({ ...question, presentations: shifted })).toEqual([0, 15, 30, 45]);
  });

  test('takes nothing from a chunk into which no instant falls', () => {
    expect(sampledIndexes({ ...timeline(6, 3000), startMs: 200 })).toEqual([]);
  });

  test('takes the first frame of a chunk when the instant falls on the seam before it', () => {
    expect(sampledIndexes({ ...timeline(6, 3000), startMs: 510 })).toEqual([0]);
    expect(sampledIndexes({ ...timeline(6, 3000), startMs: 540 })).toEqual([]);
  });

  test('takes the only frame of a whole file, even without a known length', () => {
    expect(sampledIndexes({ ...timeline(1, 3000), lastFrameTicks: 0n })).toEqual([0]);
  });

  test('answers several missed instants with one frame after a gap', () => {
    const question = timeline(60, 3000);
    const presentations = [0n, 3000n, 300_000n, 303_000n];
    expect(samplePresentations({ ...question, presentations })).toEqual([0n, 300_000n]);
  });

  test('is not shifted by a place in the stream that was rounded to milliseconds', () => {
    // Frame 250 of 30 a second is at 8,333.33 ms; frame 255, the chunk's sixth, lies on 8,500 ms.
    expect(sampledIndexes({ ...timeline(60, 3000), startMs: 8333 })).toEqual([5, 20, 35, 50]);
    // Half a frame away it is not taken for rounding.
    expect(sampledIndexes({ ...timeline(60, 3000), startMs: 8317 })).toEqual([6, 21, 36, 51]);
  });

  test('does not drift in ten hours of 29.97 frames a second', () => {
    const question = timeline(60, 3003);
    const frame = 1_078_921;
    const startMs = Math.round((frame * 3003) / 90);
    const whole = samplePresentations({
      ...question,
      presentations: Array.from({ length: 60 }, (_, index) => BigInt((frame + index) * 3003)),
      startMs: (frame * 3003) / 90,
    });
    const cut = samplePresentations({ ...question, startMs });
    expect(cut.map((ticks) => ticks + BigInt(frame * 3003))).toEqual(whole);
    expect(cut).toHaveLength(4);
  });
});
