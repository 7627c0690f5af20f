import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_VP9,
  AV_DISPOSITION_ATTACHED_PIC,
  AV_LOG_FATAL,
  AV_NOPTS_VALUE,
  AV_PKT_FLAG_CORRUPT,
  AV_PKT_FLAG_DISCARD,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { avGetCodecName, FormatContext, InputFormat, Log, Packet } from 'node-av/lib';
import type { Stream } from 'node-av/lib';
import { CommandError } from '../command-error.ts';
import type { FileContainer } from './recognize-file.ts';
import type { TickLength } from './video-index.ts';

const codecsAccepted: ReadonlySet<number> = new Set([
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_VP9,
  AV_CODEC_ID_AV1,
]);

/** A demuxer over a file. Close it, or its native memory waits for the collector. */
export class NodeAvSource {
  readonly stream: Stream;
  readonly tickLength: TickLength;
  readonly #format = new FormatContext();
  readonly #packet = new Packet();
  readonly #path: string;
  readonly #streamIndex: number;
  #isClosed = false;

  /** @throws CommandError `input`. */
  constructor(path: string, container: FileContainer) {
    this.#path = path;
    // FFmpeg would print its own findings beside ours.
    Log.setLevel(AV_LOG_FATAL);
    this.#format.allocContext();
    this.#packet.alloc();
    try {
      // The prefix keeps FFmpeg from taking a name such as `concat:a` for more than a file.
      const demuxer = InputFormat.findInputFormat(container);
      if (this.#format.openInputSync(`file:${path}`, demuxer, null) < 0) {
        throw this.#refuse('its container cannot be read, the file is damaged or cut off');
      }
      // Parameters that a transport stream carries between its frames are found here.
      this.#format.findStreamInfoSync(null);
      this.stream = this.#videoStream();
      this.#streamIndex = this.stream.index;
      const { num, den } = this.stream.timeBase;
      this.tickLength = { numerator: BigInt(num), denominator: BigInt(den) };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * The next packet of the video, valid until the next one is asked for; `null` at the end.
   * @throws CommandError `input` when the file breaks off.
   */
  read(): Packet | null {
    for (;;) {
      this.#packet.unref();
      const status = this.#format.readFrameSync(this.#packet);
      if (status === AVERROR_EOF) return null;
      if (status < 0) throw this.#refuse('it breaks off, the file is damaged or cut off');
      if (this.#packet.streamIndex !== this.#streamIndex) continue;
      if (this.#packet.hasFlags(AV_PKT_FLAG_CORRUPT)) {
        throw this.#refuse('some of its frames are incomplete, the file is damaged or cut off');
      }
      return this.#packet;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#packet.free();
    this.#format.closeInputSync();
  }

  #videoStream(): Stream {
    const { streams } = this.#format;
    const video = streams.find(
      (stream) =>
        stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO &&
        !stream.hasDisposition(AV_DISPOSITION_ATTACHED_PIC),
    );
    if (video === undefined) {
      const found = streams.map(({ codecpar }) => avGetCodecName(codecpar.codecId) ?? 'unknown');
      const only = found.length === 0 ? 'no streams' : `only ${found.join(', ')}`;
      throw this.#refuse(`it has no video stream, ${only}; submit a file with pictures`);
    }
    const { codecId } = video.codecpar;
    if (codecsAccepted.has(codecId)) return video;
    throw this.#refuse(
      `its video is encoded as ${avGetCodecName(codecId) ?? codecId}; accepted are h264, hevc, ` +
        'vp9 and av1, so encode it again, e.g. with ffmpeg -c:v libx264',
    );
  }

  #refuse(reason: string): CommandError {
    return new CommandError('input', `${this.#path} cannot be submitted: ${reason}`);
  }
}

/** Presentation time in ticks, or `null` when the packet has no time at all. */
export function presentationOf(packet: Packet): bigint | null {
  if (packet.pts !== AV_NOPTS_VALUE) return packet.pts;
  return packet.dts === AV_NOPTS_VALUE ? null : packet.dts;
}

/** Whether an edit list keeps the frame for decoding only. */
export const isHidden = (packet: Packet): boolean => packet.hasFlags(AV_PKT_FLAG_DISCARD);
