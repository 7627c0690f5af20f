import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_VP9,
} from 'node-av/constants';
import { avGetCodecName } from 'node-av/lib';
import type { IRational, Packet, Stream } from 'node-av/lib';
import { ChunkError } from './chunk-error.ts';
import type { ClipLimits } from './clip-limits.ts';
import { findTruncation, recognizeContainer, type Container } from './container.ts';
import type { ClipSource } from './decoder-ports.ts';
import { isDamaged, isShown, NodeAvInput, presentationOf } from './node-av-input.ts';

/** A chunk's video packets with what decoding them needs. The holder frees input and packets. */
export interface ReadClip {
  readonly input: NodeAvInput;
  readonly stream: Stream;
  /** In decoding order, from the first key frame on. */
  readonly packets: readonly Packet[];
  /** In ticks, ascending, without repetition; never empty. */
  readonly presentations: readonly bigint[];
  readonly lastFrameTicks: bigint;
}

const codecsAccepted: ReadonlySet<number> = new Set([
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_VP9,
  AV_CODEC_ID_AV1,
]);

/**
 * A Matroska file may declare a little more than it holds, because its length is rounded and counts
 * the gap after the last frame. This margin is a guess.
 */
const declaredSlackMs = 500;

/**
 * Reads all packets of a chunk, which are in memory anyway, so that frames can be chosen before any
 * is decoded. Stream information is not probed: that would decode frames of a size nobody checked.
 *
 * @throws ChunkError when the video is not accepted or not whole.
 */
export function readClip(source: ClipSource, limits: ClipLimits): ReadClip {
  const container = recognizeContainer(source.bytes, source.contentType);
  const truncation = findTruncation(container, source.bytes);
  const input = openInput(source.bytes, container, truncation);
  const taken: Packet[] = [];
  try {
    const stream = input.videoStream();
    checkClaims(stream, input.declaredMs, limits);
    const reading = readPackets(input, stream, { limits, taken });
    const damage = truncation ?? findDamage(container, input.declaredMs, reading);
    if (damage !== null) throw incomplete(damage, stream, reading);
    return { input, stream, ...presentable(taken, stream, limits) };
  } catch (error) {
    for (const packet of taken) packet.free();
    input.close();
    throw error;
  }
}

function openInput(bytes: Buffer, container: Container, truncation: string | null): NodeAvInput {
  try {
    return new NodeAvInput(bytes, container);
  } catch (error) {
    if (!(error instanceof ChunkError) || truncation === null) throw error;
    throw new ChunkError(error.reason, `${error.message}; truncated: ${truncation}`, error);
  }
}

function checkClaims(stream: Stream, declaredMs: number | null, limits: ClipLimits): void {
  const { codecId, width, height } = stream.codecpar;
  if (!codecsAccepted.has(codecId)) {
    const name = avGetCodecName(codecId) ?? `number ${codecId}`;
    throw new ChunkError(
      'unsupported-codec',
      `the video codec is ${name}; accepted are h264, hevc, vp9 and av1`,
    );
  }
  checkPixels(width, height, limits);
  if (stream.nbFrames > BigInt(limits.framesMax)) {
    throw tooLong(`${stream.nbFrames} frames`, limits);
  }
  const streamMs = stream.duration > 0n ? ticksToMs(stream.duration, stream) : null;
  const longestMs = Math.max(streamMs ?? 0, declaredMs ?? 0);
  if (longestMs > limits.durationMsMax) throw tooLong(`${Math.round(longestMs)} ms`, limits);
}

/** @throws ChunkError `too-many-pixels`. A size of 0 means that the container does not tell. */
export function checkPixels(width: number, height: number, limits: ClipLimits): void {
  if (width * height <= limits.pixelsMax) return;
  throw new ChunkError(
    'too-many-pixels',
    `pictures are ${width} x ${height} = ${width * height} pixels; ` +
      `accepted are up to ${limits.pixelsMax}`,
  );
}

interface PacketPlace {
  readonly limits: ClipLimits;
  /** Packets of the video stream are put here as they come, for the caller to free. */
  readonly taken: Packet[];
}

interface Reading {
  /** Whole packets of the video stream. */
  readonly soundFrames: number;
  /** Whether the demuxer stopped before the end. */
  readonly isBroken: boolean;
  readonly damagedFrames: number;
  /** Latest end of any packet of any stream, in milliseconds. */
  readonly endMs: number;
}

function readPackets(input: NodeAvInput, stream: Stream, place: PacketPlace): Reading {
  let damagedFrames = 0;
  let endMs = 0;
  for (;;) {
    const packet = input.readPacket();
    if (packet === null || packet === false) {
      const soundFrames = place.taken.length - damagedFrames;
      return { soundFrames, damagedFrames, isBroken: packet === false, endMs };
    }
    endMs = Math.max(endMs, packetEndMs(packet, input.timeBaseOf(packet)));
    if (packet.streamIndex !== stream.index) {
      packet.free();
      continue;
    }
    place.taken.push(packet);
    if (isDamaged(packet)) damagedFrames += 1;
    if (place.taken.length > place.limits.framesMax) {
      throw tooLong(`more than ${place.limits.framesMax} frames`, place.limits);
    }
  }
}

function packetEndMs(packet: Packet, timeBase: IRational | null): number {
  const start = presentationOf(packet);
  if (start === null || timeBase === null) return 0;
  return (Number(start + packet.duration) * 1000 * timeBase.num) / timeBase.den;
}

function findDamage(
  container: Container,
  declaredMs: number | null,
  reading: Reading,
): string | null {
  if (reading.isBroken) return 'the container breaks off';
  if (reading.damagedFrames > 0) return `${reading.damagedFrames} frames are incomplete`;
  const isShort =
    container === 'matroska' && declaredMs !== null && reading.endMs < declaredMs - declaredSlackMs;
  return isShort
    ? `the container declares ${Math.round(declaredMs)} ms and ends at ${Math.round(reading.endMs)} ms`
    : null;
}

function incomplete(damage: string, stream: Stream, reading: Reading): ChunkError {
  const declared = stream.nbFrames > 0n ? ` of ${stream.nbFrames}` : '';
  return new ChunkError(
    'corrupt',
    `truncated or damaged: ${reading.soundFrames}${declared} frames found; ${damage}`,
  );
}

function presentable(
  packets: readonly Packet[],
  stream: Stream,
  limits: ClipLimits,
): Omit<ReadClip, 'input' | 'stream'> {
  // What comes before the first key frame needs pictures of an earlier chunk and cannot be decoded.
  const keyAt = packets.findIndex((packet) => packet.isKeyframe && presentationOf(packet) !== null);
  const key = packets[keyAt];
  if (key === undefined) {
    const found =
      packets.length === 0 ? 'no frames' : `${packets.length} frames, none of them a key frame`;
    throw new ChunkError('no-frames', `the video stream has ${found}`);
  }
  for (const packet of packets.slice(0, keyAt)) packet.free();
  const decodable = packets.slice(keyAt);
  const keyTicks = presentationOf(key) ?? 0n;
  const times = new BigInt64Array(
    decodable
      .filter(isShown)
      .map(presentationOf)
      .filter((ticks) => ticks !== null && ticks >= keyTicks)
      .map((ticks) => ticks ?? 0n),
  ).toSorted();
  const presentations = [...times].filter((ticks, at) => at === 0 || ticks !== times[at - 1]);
  const [first, last] = [presentations[0], presentations.at(-1)];
  if (first === undefined || last === undefined) {
    throw new ChunkError('no-frames', `the video stream has ${packets.length} frames, none shown`);
  }
  const lastPacket = decodable.find((packet) => presentationOf(packet) === last);
  const lastFrameTicks = lastPacket?.duration ?? 0n;
  const lengthMs = ticksToMs(last + lastFrameTicks - first, stream);
  if (lengthMs > limits.durationMsMax) throw tooLong(`${Math.round(lengthMs)} ms`, limits);
  return { packets: decodable, presentations, lastFrameTicks };
}

function ticksToMs(ticks: bigint, stream: Stream): number {
  return (Number(ticks) * 1000 * stream.timeBase.num) / stream.timeBase.den;
}

function tooLong(found: string, limits: ClipLimits): ChunkError {
  return new ChunkError(
    'too-long',
    `the video has ${found}; accepted are up to ${limits.durationMsMax} ms and ` +
      `${limits.framesMax} frames a chunk`,
  );
}
