import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_NOPTS_VALUE,
  AV_PKT_FLAG_CORRUPT,
  AV_PKT_FLAG_DISCARD,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_CUR,
  AVSEEK_END,
  AVSEEK_SET,
  AVSEEK_SIZE,
} from 'node-av/constants';
import { avGetCodecName, FormatContext, InputFormat, IOContext, Packet } from 'node-av/lib';
import type { IRational, Stream } from 'node-av/lib';
import { ChunkError } from './chunk-error.ts';
import type { Container } from './container.ts';

/** What is read at once; larger than most packets of a camera. */
const readBytes = 64 * 1024;

/** A demuxer over bytes in memory. Close it, or its native memory waits for the collector. */
export class NodeAvInput {
  readonly #format = new FormatContext();
  readonly #io: IOContext;
  #isClosed = false;
  #timeBases: readonly IRational[] | null = null;

  /** @throws ChunkError `corrupt` when the container's own structure cannot be read. */
  constructor(bytes: Buffer, container: Container) {
    this.#io = ioOver(bytes);
    this.#format.allocContext();
    this.#format.pb = this.#io;
    const demuxer = InputFormat.findInputFormat(container);
    const status = this.#format.openInputSync('', demuxer, null);
    if (status < 0) {
      this.close();
      throw new ChunkError('corrupt', `the ${container} container cannot be read: no valid header`);
    }
  }

  /** Media length that the container's header declares, in milliseconds, or null. */
  get declaredMs(): number | null {
    const microseconds = this.#format.duration;
    return microseconds === AV_NOPTS_VALUE || microseconds <= 0n
      ? null
      : Number(microseconds) / 1000;
  }

  /** The first video stream that is not a cover picture. @throws ChunkError `no-video`. */
  videoStream(): Stream {
    const streams = this.#format.streams;
    const video = streams.find(
      (stream) =>
        stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO &&
        !stream.hasDisposition(AV_DISPOSITION_ATTACHED_PIC),
    );
    if (video !== undefined) return video;
    const found = streams.map(({ codecpar }) => avGetCodecName(codecpar.codecId) ?? 'unknown');
    throw new ChunkError(
      'no-video',
      found.length === 0
        ? 'the container has no streams; a video stream is needed'
        : `the container has no video stream, only ${found.join(', ')}`,
    );
  }

  /** Seconds per tick of the packet's stream; null for a stream that is not listed. */
  timeBaseOf(packet: Packet): IRational | null {
    this.#timeBases ??= this.#format.streams.map(({ timeBase }) => timeBase);
    return this.#timeBases[packet.streamIndex] ?? null;
  }

  /** The next packet of any stream, to be freed by the caller; null at the end; false if broken. */
  readPacket(): Packet | null | false {
    const packet = new Packet();
    packet.alloc();
    const status = this.#format.readFrameSync(packet);
    if (status >= 0) return packet;
    packet.free();
    return status === AVERROR_EOF ? null : false;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // The format first: its demuxer may still look at the input. Taking the input away before, as
    // node-av 6.1.1 itself does, ends the process when a file has no streams.
    this.#format.closeInputSync();
    this.#io.freeContext();
  }
}

/** Presentation time in ticks, or null when the packet has no time at all. */
export function presentationOf(packet: Packet): bigint | null {
  if (packet.pts !== AV_NOPTS_VALUE) return packet.pts;
  return packet.dts === AV_NOPTS_VALUE ? null : packet.dts;
}

/** Whether the packet came incomplete: cut off by the end of the file, or marked by its transport. */
export function isDamaged(packet: Packet): boolean {
  return packet.hasFlags(AV_PKT_FLAG_CORRUPT);
}

/** Whether the packet's frame is shown: an edit list may keep frames that are only for decoding. */
export function isShown(packet: Packet): boolean {
  return !packet.hasFlags(AV_PKT_FLAG_DISCARD);
}

function ioOver(bytes: Buffer): IOContext {
  let position = 0;
  const read = (size: number): Buffer | null => {
    if (position >= bytes.length) return null;
    const part = bytes.subarray(position, position + size);
    position += part.length;
    return part;
  };
  const seek = (offset: bigint, whence: number): bigint => {
    if (whence === AVSEEK_SIZE) return BigInt(bytes.length);
    if (whence === AVSEEK_SET) position = Number(offset);
    if (whence === AVSEEK_CUR) position += Number(offset);
    if (whence === AVSEEK_END) position = bytes.length + Number(offset);
    position = Math.max(0, Math.min(position, bytes.length));
    return BigInt(position);
  };
  const io = new IOContext();
  io.allocContextWithCallbacks(readBytes, 0, read, null, seek);
  return io;
}
