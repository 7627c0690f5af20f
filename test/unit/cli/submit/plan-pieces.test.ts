import { describe, expect, test } from 'vitest';
import { planPieces } from '../../../../services/cli/submit/plan-pieces.ts';
import type { Piece } from '../../../../services/cli/submit/video-index.ts';
import { indexOf } from '../../../support/frame-layout.ts';

/** 25 frames a second in milliseconds, a key frame every ten. */
const steady = (frames: number) => ({
  presentations: Array.from({ length: frames }, (_, frame) => BigInt(frame * 40)),
  ticksPerSecond: 1000n,
  isKey: (packet: number) => packet % 10 === 0,
  lastFrameTicks: 40n,
});

const packets = (pieces: readonly Piece[]): readonly (readonly [number, number])[] =>
  pieces.map(({ fromPacket, untilPacket }) => [fromPacket, untilPacket]);

function cut(plan: ReturnType<typeof planPieces>): readonly Piece[] {
  if (!plan.isCut) throw new Error(`not cut: ${plan.reason}`);
  return plan.pieces;
}

describe('planPieces', () => {
  test('pieces begin at key frames and are at least as long as asked, except the last', () => {
    const pieces = cut(planPieces(indexOf(steady(95)), 1000));
    expect(packets(pieces)).toEqual([
      [0, 30],
      [30, 60],
      [60, 90],
      [90, 95],
    ]);
    expect(pieces.map(({ startMs, durationMs }) => [startMs, durationMs])).toEqual([
      [0, 1200],
      [1200, 1200],
      [2400, 1200],
      [3600, 200],
    ]);
  });

  test('a piece that is exactly as long as asked is long enough', () => {
    expect(packets(cut(planPieces(indexOf(steady(60)), 1200)))).toEqual([
      [0, 30],
      [30, 60],
    ]);
  });

  test('places are counted from the first frame, wherever its own clock stands', () => {
    const layout = steady(60);
    const presentations = layout.presentations.map((ticks) => ticks + 5_000_007n);
    const pieces = cut(planPieces(indexOf({ ...layout, presentations }), 1200));
    expect(pieces.map(({ startMs }) => startMs)).toEqual([0, 1200]);
    expect(pieces.map(({ firstTicks }) => firstTicks)).toEqual([5_000_007n, 5_001_207n]);
  });

  test('a key frame inside an open group of pictures is no place to cut', () => {
    const layout = steady(60);
    const presentations = [...layout.presentations];
    // The frame shown before the key frame 30 is decoded after it.
    [presentations[30], presentations[31]] = [presentations[31] ?? 0n, presentations[30] ?? 0n];
    const pieces = cut(planPieces(indexOf({ ...layout, presentations }), 1200));
    expect(packets(pieces)).toEqual([
      [0, 40],
      [40, 60],
    ]);
  });

  test('a place between two milliseconds is no obstacle where frames are evenly spaced', () => {
    const presentations = Array.from({ length: 300 }, (_, frame) => BigInt(frame * 1001));
    const isKey = (packet: number) => packet % 50 === 0;
    const index = indexOf({ presentations, ticksPerSecond: 30_000n, isKey, lastFrameTicks: 1001n });
    const pieces = cut(planPieces(index, 1000));
    expect(pieces.map(({ startMs }) => startMs)).toEqual([0, 1668, 3337, 5005, 6673, 8342]);
    expect(pieces.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(10_010);
  });

  test('a last piece of one frame joins the piece before it, since it does not show its place', () => {
    expect(packets(cut(planPieces(indexOf(steady(61)), 1200)))).toEqual([
      [0, 30],
      [30, 61],
    ]);
  });

  test('frames that an edit list hides before the first stay with the first piece', () => {
    const layout = steady(60);
    const isHidden = (packet: number) => packet < 3;
    const presentations = layout.presentations.map((ticks) => ticks - 120n);
    const pieces = cut(planPieces(indexOf({ ...layout, presentations, isHidden }), 1000));
    expect(packets(pieces)[0]).toEqual([0, 30]);
    expect(pieces[0]).toMatchObject({ firstTicks: 0n, startMs: 0, durationMs: 1080 });
  });

  test.each([
    ['hides frames between others', { isHidden: (packet: number) => packet === 20 }],
    [
      'have the same time',
      { presentations: steady(60).presentations.map((ticks) => (ticks === 80n ? 40n : ticks)) },
    ],
  ])('a file whose edit list or times %s is sent whole, and says so', (reason, change) => {
    const plan = planPieces(indexOf({ ...steady(60), ...change }), 1000);
    expect(plan).toMatchObject({ isCut: false, whole: { startMs: 0, untilPacket: 60 } });
    expect(plan.isCut ? '' : plan.reason).toContain(reason);
  });

  test('a file without a second place to cut is sent whole, and says so', () => {
    const plan = planPieces(indexOf({ ...steady(60), isKey: (packet) => packet === 0 }), 1000);
    expect(plan).toMatchObject({ isCut: false, reason: expect.stringContaining('no key frame') });
  });

  test.each([
    ['a short one stays whole', 40, { isCut: false, reason: expect.stringContaining('uneven') }],
    ['a long one is cut all the same', 90, { isCut: true, isExact: false }],
  ])('where the spacing of frames cannot tell their place, %s', (_, seconds, expected) => {
    // As a container with whole milliseconds holds 30,000 / 1,001 frames a second.
    const presentations = Array.from({ length: seconds * 30 }, (__, frame) =>
      BigInt(Math.round((frame * 1001) / 30)),
    );
    const isKey = (packet: number) => packet % 60 === 0;
    const plan = planPieces(indexOf({ presentations, ticksPerSecond: 1000n, isKey }), 2000);
    expect(plan).toMatchObject(expected);
  });
});
