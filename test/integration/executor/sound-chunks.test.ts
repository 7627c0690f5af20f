import { describe, expect, test } from 'vitest';
import { residentBytes } from '../../../services/worker/executor/memory.ts';
import type { ExecutorOutcome } from '../../../services/worker/executor/ports.ts';
import { randomBytes } from '../../support/broken-clips.ts';
import { encodeClip } from '../../support/encoded-clip.ts';
import { chunkOf, openPool, resultOf } from '../../support/executor-pool.ts';
import { slowRepository, tinyRepository } from '../../support/model-repository.ts';

describe('an executor child with a sound chunk', () => {
  test('samples multiples of the frame interval and gives boxes in source pixels', async () => {
    const { pool } = await openPool();
    const bytes = encodeClip({ frames: 60, framesPerSecond: 30, lumaOf: () => 235 });
    const result = await resultOf(pool, chunkOf(bytes));
    expect(result).toMatchObject({
      model: {
        name: 'tiny',
        version: '1',
        variant: 'fp32',
        executionProvider: 'cpu',
        device: 'cpu',
      },
      width: 128,
      height: 96,
      durationMs: 2000,
      firstPresentationMs: 0,
      frameStride: 15,
      framesPerSecond: 2,
    });
    // White pixels are 1, so the only cell's centre is (1, 1) and its box is e cells wide and high.
    const half = (Math.E * 32) / 2;
    const box = [0, 0, 128, 96].map((edge) => expect.closeTo(edge, 1));
    expect(32 - half).toBeLessThan(0);
    expect(result.frames).toEqual(
      [0, 500, 1000, 1500].map((presentationMs) => ({
        presentationMs,
        detections: [{ class: 'light', score: 1, box }],
      })),
    );
  });

  test.each(['mp4', 'matroska', 'mpegts'] as const)(
    'reads %s in the same way',
    async (container) => {
      const { pool } = await openPool();
      const result = await resultOf(pool, chunkOf(encodeClip({ container })));
      const places = result.frames.map(
        (frame) => frame.presentationMs - result.firstPresentationMs,
      );
      expect(places.map(Math.round)).toEqual([0, 500, 1000, 1500]);
      expect(Math.abs(result.durationMs - 2000)).toBeLessThanOrEqual(1);
    },
  );

  test('gives the same detections in batches as one by one', async () => {
    const bytes = encodeClip({ frames: 90 });
    const networks = { any: null, one: 1, three: 3 };
    const answers = [];
    for (const batch of Object.values(networks)) {
      const repositories = [tinyRepository({ framesPerSecond: 10 }, { batch })];
      // One pool at a time, so that the children do not compete for the cores.
      const { pool } = await openPool({ settings: { repositories } });
      answers.push((await resultOf(pool, chunkOf(bytes))).frames);
    }
    expect(answers[0]).toHaveLength(30);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  test('computes several chunks of one hand in turn, a bad one between good ones', async () => {
    const { pool } = await openPool({ pool: { chunksPerHand: 3 } });
    const good = encodeClip();
    const outcomes: ExecutorOutcome[] = [];
    const chunks = [chunkOf(good, 'a'), chunkOf(randomBytes(500, 1), 'b'), chunkOf(good, 'c')];
    await pool.execute(chunks, (outcome) => outcomes.push(outcome));
    expect(outcomes.map(({ key, kind }) => [key, kind])).toEqual([
      ['a', 'result'],
      ['b', 'failure'],
      ['c', 'result'],
    ]);
  });

  test('computes as many chunks at once as there are slots', async () => {
    const { pool } = await openPool({
      settings: { repositories: [slowRepository()] },
      pool: { slots: 2 },
    });
    expect(new Set(pool.processIds).size).toBe(2);
    const clip = encodeClip({ frames: 3, bFrames: 0 });
    const keys: string[] = [];
    const note = ({ key }: ExecutorOutcome): number => keys.push(key);
    const long = pool.execute([chunkOf(encodeClip({ frames: 30, bFrames: 0 }), 'long')], note);
    await pool.execute([chunkOf(clip, 'short')], note);
    await long;
    expect(keys).toEqual(['short', 'long']);
  });

  test('keeps its memory over many chunks', async () => {
    const { pool } = await openPool();
    const bytes = encodeClip({ width: 320, height: 240 });
    const [child = 0] = pool.processIds;
    const memoryAfter = async (chunks: number): Promise<number> => {
      for (let index = 0; index < chunks; index += 1) {
        // In turn, as a lane hands them out.
        await resultOf(pool, chunkOf(bytes));
      }
      return (await residentBytes(child)) ?? Number.NaN;
    };
    const before = await memoryAfter(40);
    const after = await memoryAfter(120);
    expect(after - before).toBeLessThan(24 * 2 ** 20);
  });
});
