import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeAvCutter } from '../../../../services/cli/submit/node-av-cutter.ts';
import { systemClock } from '../../../../services/shared/clock/system.ts';
import { audioOnly, truncated, unsupportedCodec } from '../../../support/broken-clips.ts';
import { encodeClip } from '../../../support/encoded-clip.ts';
import type { ClipOptions } from '../../../support/encoded-clip.ts';
import { temporaryFolder } from '../../../support/program-file.ts';
import { allPieces, sampledFrames, shownFrames } from '../../../support/sampled-frames.ts';

const cutter = nodeAvCutter(systemClock);

function fileOf(bytes: Buffer): string {
  const file = join(temporaryFolder(), 'clip.bin');
  writeFileSync(file, bytes);
  return file;
}

const contentTypes = {
  mp4: 'video/mp4',
  matroska: 'video/x-matroska',
  mpegts: 'video/mp2t',
  avi: 'video/x-msvideo',
} as const;

/** Lets the edit list begin later by so many frames; the file must have one, and 30 frames a second. */
function withFirstFramesHidden(file: Buffer, frames: number): Buffer {
  const [edit, media] = [file.indexOf('elst') + 12, file.indexOf('mdhd') + 4];
  const ticksHidden = (frames * file.readUInt32BE(media + 12)) / 30;
  const changed = Buffer.from(file);
  changed.writeUInt32BE(file.readUInt32BE(edit + 4) + ticksHidden, edit + 4);
  return changed;
}

describe('nodeAvCutter', () => {
  test.each<[string, Partial<ClipOptions>]>([
    ['MP4 with frames that look ahead', { frames: 150, keyInterval: 20 }],
    ['MP4 at 24 a second', { frames: 120, keyInterval: 17, framesPerSecond: 24 }],
    ['MP4 at 60 a second, deep look ahead', { frames: 200, framesPerSecond: 60, bFrames: 4 }],
    ['Matroska, whose times are rounded', { container: 'matroska', frames: 180, keyInterval: 15 }],
    ['a transport stream', { container: 'mpegts', frames: 150, keyInterval: 25 }],
  ])('samples from the pieces what is sampled from the whole: %s', async (_, options) => {
    const clip = encodeClip(options);
    const contentType = contentTypes[options.container ?? 'mp4'];
    const path = fileOf(clip);
    for (const chunkMs of [500, 1300]) {
      const file = await cutter.inspect(path, chunkMs);
      const pieces = await allPieces(cutter.cut(file));
      expect(pieces.length).toBeGreaterThan(1);
      expect(pieces.reduce((sum, piece) => sum + shownFrames(piece), 0)).toBe(options.frames);
      for (const rate of [2, 5, 10]) {
        const whole = sampledFrames({ bytes: clip, contentType, startMs: 0 }, rate);
        const union = pieces.flatMap((piece) => sampledFrames(piece, rate));
        expect(union.map(({ look }) => look)).toEqual(whole.map(({ look }) => look));
      }
    }
  });

  test('a piece is an MP4 file that begins at 0 and has its index in front', async () => {
    const file = await cutter.inspect(fileOf(encodeClip({ frames: 90 })), 1000);
    const pieces = await allPieces(cutter.cut(file));
    expect(pieces.map(({ number, startMs, durationMs }) => [number, startMs, durationMs])).toEqual([
      [0, 0, 1000],
      [1, 1000, 1000],
      [2, 2000, 1000],
    ]);
    for (const { bytes, contentType } of pieces) {
      expect(contentType).toBe('video/mp4');
      expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    }
  });

  test('a file that is to stay in one piece is sent as it is', async () => {
    const clip = encodeClip({ container: 'matroska' });
    const file = await cutter.inspect(fileOf(clip), 0);
    const [piece] = await allPieces(cutter.cut(file));
    expect(piece).toMatchObject({ startMs: 0, durationMs: 2000, contentType: 'video/x-matroska' });
    expect(piece?.bytes.equals(clip)).toBe(true);
  });

  test('frames that an edit list hides stay hidden, and time counts from the first that is shown', async () => {
    const clip = withFirstFramesHidden(encodeClip({ frames: 90, bFrames: 2 }), 7);
    const contentType = 'video/mp4';
    const whole = { bytes: clip, contentType, startMs: 0 };
    expect(shownFrames(whole)).toBe(83);
    const file = await cutter.inspect(fileOf(clip), 700);
    const pieces = await allPieces(cutter.cut(file));
    expect(pieces.map(({ startMs }) => startMs)).toEqual([0, 767, 1767]);
    expect(pieces.map(shownFrames)).toEqual([23, 30, 30]);
    const union = pieces.flatMap((piece) => sampledFrames(piece, 10));
    expect(union.map(({ look }) => look)).toEqual(sampledFrames(whole, 10).map(({ look }) => look));
  });

  test('a container that workers do not read is repacked', async () => {
    const path = fileOf(encodeClip({ container: 'avi', bFrames: 0, frames: 60 }));
    const [piece] = await allPieces(cutter.cut(await cutter.inspect(path, 0)));
    expect(piece?.contentType).toBe('video/mp4');
    expect(piece === undefined ? 0 : shownFrames(piece)).toBe(60);
  });

  test.each<[string, () => string, RegExp]>([
    ['a file that is not there', () => '/nowhere/clip.mp4', /there is no such file$/],
    ['a folder', () => temporaryFolder(), /it is a folder; name the files in it/],
    ['an empty file', () => fileOf(Buffer.alloc(0)), /it is empty$/],
    ['a text', () => fileOf(Buffer.from('#EXTM3U\nother.mp4\n')), /not a video.*accepted are MP4/],
    ['sound without pictures', () => fileOf(audioOnly()), /no video stream, only aac/],
    ['an old codec', () => fileOf(unsupportedCodec()), /encoded as mpeg4; accepted are h264/],
    ['half a file', () => fileOf(truncated(encodeClip(), 0.5)), /damaged or cut off$/],
  ])('says in one line what is wrong with %s', async (_, make, reason) => {
    const path = make();
    const refusal = cutter.inspect(path, 2000);
    await expect(refusal).rejects.toMatchObject({ code: 'input' });
    await expect(refusal).rejects.toThrow(reason);
    await expect(refusal).rejects.toThrow(path);
    await expect(refusal).rejects.not.toThrow(/\n/);
  });
});
