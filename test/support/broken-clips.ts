import type { FFEncoderCodec } from 'node-av/constants';
import { encodeClip } from './encoded-clip.ts';
import { seededRandom } from '../../services/shared/clock/manual.ts';

/** Bytes that are no video, the same for the same seed. */
export function randomBytes(length: number, seed: number): Buffer {
  const random = seededRandom(seed);
  return Buffer.from(Uint8Array.from({ length }, () => Math.floor(random.next() * 256)));
}

/** The first part of a file, as an interrupted upload leaves it. */
export function truncated(file: Buffer, fraction: number): Buffer {
  return file.subarray(0, Math.floor(file.length * fraction));
}

/** A file with its index in front, which can be opened although its end is missing. */
export function truncatedWithIndex(): Buffer {
  return truncated(withIndexInFront(encodeClip()), 0.7);
}

/** Moves the index of an MP4 file before the media data and corrects the one table of places. */
function withIndexInFront(file: Buffer): Buffer {
  const mediaAt = file.indexOf('mdat') - 4;
  const indexAt = file.indexOf('moov') - 4;
  if (indexAt < mediaAt) throw new Error('the index is in front already');
  const index = Buffer.from(file.subarray(indexAt));
  const table = index.indexOf('stco') + 8;
  for (let entry = 0; entry < index.readUInt32BE(table); entry += 1) {
    const at = table + 4 + entry * 4;
    index.writeUInt32BE(index.readUInt32BE(at) + index.length, at);
  }
  return Buffer.concat([file.subarray(0, mediaAt), index, file.subarray(mediaAt, indexAt)]);
}

/** A whole file with a video stream in which nothing is shown: all tables of its index are empty. */
export function withoutFrames(): Buffer {
  const file = encodeClip();
  for (const table of ['stts', 'stsc', 'stco', 'ctts', 'stss']) {
    file.writeUInt32BE(0, file.indexOf(table) + 8);
  }
  file.writeUInt32BE(0, file.indexOf('stsz') + 12);
  return file;
}

/** A whole file without any stream, which is what a writer makes that was given no frame. */
export function withoutStreams(): Buffer {
  return encodeClip({ frames: 0 });
}

/** A few hundred kilobytes at most that would need hundreds of megabytes to decode. */
export function hugePictures(container: 'mp4' | 'mpegts'): Buffer {
  return encodeClip({ container, width: 8192, height: 8192, frames: 1, bFrames: 0 });
}

/** A container that is accepted with a codec that is not. */
export function unsupportedCodec(): Buffer {
  return encodeClip({ encoder: 'mpeg4' as FFEncoderCodec, bFrames: 0 });
}

/** A container that is not accepted. */
export function unsupportedContainer(): Buffer {
  return encodeClip({ container: 'avi', bFrames: 0 });
}

/** Overwrites the middle of the media data, so that the container is whole and the frames are not. */
export function damagedInside(file: Buffer, seed: number): Buffer {
  const copy = Buffer.from(file);
  const at = copy.indexOf('mdat') + 8 + Math.floor(copy.length * 0.2);
  randomBytes(Math.floor(copy.length * 0.4), seed).copy(copy, at);
  return copy;
}

/** An MP4 file with one sound track and no picture: boxes by hand, since no decoder will read them. */
export function audioOnly(): Buffer {
  const sampleEntry = box('mp4a', [
    Buffer.from('000000000000000100000000000000000001001000000000bb800000', 'hex'),
  ]);
  const tables = box('stbl', [
    fullBox('stsd', [uint32(1), sampleEntry]),
    fullBox('stts', [uint32(1), uint32(1), uint32(1024)]),
    fullBox('stsc', [uint32(1), uint32(1), uint32(1), uint32(1)]),
    fullBox('stsz', [uint32(4), uint32(1)]),
    fullBox('stco', [uint32(1), uint32(0)]),
  ]);
  const media = box('mdia', [
    fullBox('mdhd', [uint32(0), uint32(0), uint32(48_000), uint32(1024), uint32(0x55c40000)]),
    fullBox('hdlr', [uint32(0), Buffer.from('soun'), Buffer.alloc(13)]),
    box('minf', [fullBox('smhd', [uint32(0)]), tables]),
  ]);
  const track = box('trak', [
    fullBox('tkhd', [uint32(0), uint32(0), uint32(1), Buffer.alloc(68)]),
    media,
  ]);
  const movie = box('moov', [
    fullBox('mvhd', [uint32(0), uint32(0), uint32(48_000), uint32(1024), Buffer.alloc(80)]),
    track,
  ]);
  const type = box('ftyp', [Buffer.from('isom'), uint32(0), Buffer.from('isom')]);
  return Buffer.concat([type, movie, box('mdat', [Buffer.alloc(4)])]);
}

function box(name: string, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([uint32(content.length + 8), Buffer.from(name), content]);
}

function fullBox(name: string, parts: readonly Buffer[]): Buffer {
  return box(name, [uint32(0), ...parts]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
