import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Demuxer } from 'node-av';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  groundTruthFileOf,
  writeDemoClip,
} from '../../../../services/local/demo-video/write-demo-clip.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-clip-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface ClipPacket {
  readonly presentationMs: number;
  readonly isKeyFrame: boolean;
}

/** The clip's packets in the order of the file. */
function packetsOf(file: string): ClipPacket[] {
  const demuxer = Demuxer.openSync(file);
  try {
    const packets: ClipPacket[] = [];
    for (const packet of demuxer.packetsSync()) {
      if (packet === null) continue;
      const { num, den } = packet.timeBase;
      const presentationMs = (Number(packet.pts) * num * 1_000) / den;
      packets.push({ presentationMs, isKeyFrame: packet.isKeyframe });
      packet.free();
    }
    return packets;
  } finally {
    demuxer.closeSync();
  }
}

describe('a demo clip', () => {
  it('is the same file for the same seed, whether or not another clip was made before', async () => {
    const fileOf = (name: string): string => join(folder, `${name}.mp4`);
    await writeDemoClip({ seed: 4, seconds: 0.5, file: fileOf('first') });
    await writeDemoClip({ seed: 5, seconds: 0.5, file: fileOf('other') });
    await writeDemoClip({ seed: 4, seconds: 0.5, file: fileOf('second') });
    const first = await readFile(fileOf('first'));
    expect(first.equals(await readFile(fileOf('second')))).toBe(true);
    expect(first.equals(await readFile(fileOf('other')))).toBe(false);
  });

  it('can be cut at each second: a key frame there, and no frame out of order', async () => {
    const file = join(folder, 'cut.mp4');
    await writeDemoClip({ seed: 6, seconds: 2.5, file });
    const packets = packetsOf(file);
    const keyFrames = packets.filter(({ isKeyFrame }) => isKeyFrame);
    expect(keyFrames.map(({ presentationMs }) => presentationMs)).toEqual([0, 1_000, 2_000]);
    expect(packets.map(({ presentationMs }) => presentationMs)).toEqual(
      Array.from({ length: 25 }, (_, number) => number * 100),
    );
  });

  it('has its ground truth beside it, one entry a frame', async () => {
    const file = join(folder, 'truth.mp4');
    const truth = await writeDemoClip({ seed: 8, seconds: 0.3, file });
    expect(JSON.parse(await readFile(groundTruthFileOf(file), 'utf8'))).toEqual(truth);
    expect(truth.frames.map(({ presentationMs }) => presentationMs)).toEqual([0, 100, 200]);
  });

  it('is refused, in words, for a seed or length that makes no sense', async () => {
    const file = join(folder, 'refused.mp4');
    await expect(writeDemoClip({ seed: 1.5, seconds: 1, file })).rejects.toThrow(
      /refused\.mp4: the seed must be a whole number, but is 1\.5/u,
    );
    await expect(writeDemoClip({ seed: 1, seconds: Number.NaN, file })).rejects.toThrow(
      /length must be 0\.1 to 3600 s, but is NaN/u,
    );
  });
});
