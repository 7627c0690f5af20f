import { describe, expect, test } from 'vitest';
import { clipLimitsDefault } from '../../../services/worker/executor/clip-limits.ts';
import { residentBytes } from '../../../services/worker/executor/memory.ts';
import {
  audioOnly,
  damagedInside,
  hugePictures,
  randomBytes,
  truncated,
  truncatedWithIndex,
  unsupportedCodec,
  unsupportedContainer,
  withoutFrames,
  withoutStreams,
} from '../../support/broken-clips.ts';
import { encodeClip } from '../../support/encoded-clip.ts';
import { chunkOf, openPool, outcomeOf, resultOf } from '../../support/executor-pool.ts';

describe('an executor child with a chunk that it cannot compute', () => {
  const video = encodeClip();

  test('says what is wrong, and computes the next chunk', async () => {
    const { pool, replacements } = await openPool();
    const broken = [
      ['no bytes', Buffer.alloc(0), 'corrupt', /no bytes/],
      ['random bytes', randomBytes(5000, 7), 'unsupported-container', /accepted are MP4/],
      ['an AVI file', unsupportedContainer(), 'unsupported-container', /AVI/],
      ['MPEG-4 part 2', unsupportedCodec(), 'unsupported-codec', /mpeg4; accepted are h264/],
      ['half an MP4 file', truncated(video, 0.5), 'corrupt', /declares \d+ bytes and \d+/],
      ['an MP4 file without its end', truncatedWithIndex(), 'corrupt', /\d+ of 60 frames found/],
      ['damaged frames', damagedInside(video, 3), 'corrupt', /damaged/],
      ['a video of no frames', withoutFrames(), 'no-frames', /no frames/],
      ['a file of no streams', withoutStreams(), 'no-video', /no streams/],
      ['sound without pictures', audioOnly(), 'no-video', /no video stream, only aac/],
    ] as const;
    for (const [name, bytes, reason, message] of broken) {
      // In turn: each sound chunk after a broken one shows what the broken one left behind.
      const outcome = await outcomeOf(pool, chunkOf(bytes));
      expect(outcome, name).toEqual({
        kind: 'failure',
        key: 'only',
        reason,
        message: expect.stringMatching(message),
        retriable: false,
      });
      const next = await resultOf(pool, chunkOf(video));
      expect(next.frames, `the chunk after ${name}`).toHaveLength(4);
    }
    expect(replacements).toEqual([]);
  });

  test('refuses pictures of 8192 x 8192 without decoding them', async () => {
    const { pool } = await openPool();
    const [child = 0] = pool.processIds;
    await resultOf(pool, chunkOf(video));
    const before = (await residentBytes(child)) ?? Number.NaN;
    for (const container of ['mp4', 'mpegts'] as const) {
      // MPEG-TS does not tell the size of its pictures: there the decoder itself must refuse.
      expect(await outcomeOf(pool, chunkOf(hugePictures(container)))).toMatchObject({
        reason: 'too-many-pixels',
        message: expect.stringMatching(/8192 x 8192 .* accepted are up to 8294400/),
        retriable: false,
      });
    }
    const after = (await residentBytes(child)) ?? Number.NaN;
    // One such picture alone is 96 MB.
    expect(after - before).toBeLessThan(48 * 2 ** 20);
  });

  test('refuses a video above the limits of length and of frames', async () => {
    const limits = { ...clipLimitsDefault, durationMsMax: 1500 };
    const { pool } = await openPool({ settings: { limits } });
    const tooLong = await outcomeOf(pool, chunkOf(video));
    expect(tooLong).toMatchObject({
      reason: 'too-long',
      message: expect.stringMatching(/2000 ms/),
    });
    const few = { ...clipLimitsDefault, framesMax: 59 };
    const { pool: other } = await openPool({ settings: { limits: few } });
    const tooMany = await outcomeOf(other, chunkOf(encodeClip({ container: 'mpegts' })));
    expect(tooMany).toMatchObject({
      reason: 'too-long',
      message: expect.stringMatching(/59 frames/),
    });
  });

  test('names the models that there are when a chunk asks for another', async () => {
    const { pool } = await openPool();
    const outcome = await outcomeOf(pool, { ...chunkOf(video), model: 'gone' });
    expect(outcome).toMatchObject({
      reason: 'unknown-model',
      message: 'the chunk asks for model gone; there are tiny',
    });
  });
});
