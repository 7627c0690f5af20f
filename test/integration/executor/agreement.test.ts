import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  bestScore,
  bottleVideo,
  expectedBottles,
  missingForBottles,
  unmatched,
  yoloxNano,
} from '../../support/bottle-detection.ts';
import { describeUnlessMissing } from '../../support/describe-unless-missing.ts';
import { chunkOf, openPool, resultOf } from '../../support/executor-pool.ts';
import { repositoryAround } from '../../support/model-repository.ts';

describeUnlessMissing(
  'an executor child with a real video and a real network',
  missingForBottles(),
  () => {
    test('finds what an independent program finds', async () => {
      const repositories = [repositoryAround(yoloxNano, 'yolox-nano')];
      const { pool, notices } = await openPool({ settings: { repositories } });
      expect(notices).toEqual([expect.stringMatching(/yolox-nano has no manifest.json/)]);
      const result = await resultOf(pool, chunkOf(readFileSync(bottleVideo)));
      expect(result).toMatchObject({ width: 640, height: 360, framesPerSecond: 2 });
      expect(result.durationMs).toBeCloseTo(39_854.75, 1);
      expect(result.frames).toHaveLength(80);
      for (const frame of result.frames) {
        expect(bestScore(frame, 'bottle')).toBeGreaterThanOrEqual(0.85);
      }
      const expected = expectedBottles();
      expect(result.frames.map(({ presentationMs }) => presentationMs)).toEqual(
        expected.map(({ presentationMs }) => presentationMs),
      );
      expect(unmatched(expected, result.frames)).toEqual([]);
      expect(unmatched(result.frames, expected)).toEqual([]);
      // The comparison can fail: against the frames of another moment it does.
      expect(unmatched(expected, result.frames.toReversed())).not.toEqual([]);
    });
  },
);
