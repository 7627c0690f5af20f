import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_QUIET,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PIX_FMT_YUV420P,
  AVSEEK_CUR,
  AVSEEK_SET,
  AVSEEK_SIZE,
  type FFEncoderCodec,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  FormatContext,
  Frame,
  IOContext,
  Log,
  Packet,
  Rational,
} from 'node-av/lib';
import type { Stream } from 'node-av/lib';

export interface ClipOptions {
  readonly container: 'mp4' | 'matroska' | 'mpegts' | 'avi';
  readonly encoder: FFEncoderCodec;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly framesPerSecond: number;
  /** Frames from one key frame to the next. */
  readonly keyInterval: number;
  readonly bFrames: number;
  /** Luma of every pixel of a frame, 16 (black) to 235 (white). */
  readonly lumaOf: (frame: number) => number;
}

const clipOptionsDefault: ClipOptions = {
  container: 'mp4',
  encoder: 'libx264' as FFEncoderCodec,
  width: 128,
  height: 96,
  frames: 60,
  framesPerSecond: 30,
  keyInterval: 30,
  bFrames: 2,

  lumaOf: (frame) => 16 + ((frame * 7) % 220),
};

/** A real video file in memory, made by FFmpeg's encoders. */
export function encodeClip(options: Partial<ClipOptions> = {}): Buffer {
  const clip = { ...clipOptionsDefault, ...options };
  Log.setLevel(AV_LOG_QUIET);
  const file = new MemoryFile();
  const format = new FormatContext();
  format.allocOutputContext2(null, clip.container, null);
  format.pb = file.io;
  const encoder = openEncoder(clip);
  const stream = format.newStream(null);
  stream.codecpar.fromContext(encoder);
  stream.timeBase = new Rational(1, clip.framesPerSecond);
  demand(format.writeHeaderSync(null), 'write the header');
  encodeFrames(clip, { encoder, stream, format });
  demand(format.writeTrailerSync(), 'write the trailer');
  encoder.freeContext();
  format.pb = null;
  format.freeContext();
  file.io.freeContext();
  return file.bytes();
}

interface Pipeline {
  readonly encoder: CodecContext;
  readonly stream: Stream;
  readonly format: FormatContext;
}

function openEncoder(clip: ClipOptions): CodecContext {
  const codec = Codec.findEncoderByName(clip.encoder);
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = clip.width;
  encoder.height = clip.height;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = new Rational(1, clip.framesPerSecond);
  encoder.framerate = new Rational(clip.framesPerSecond, 1);
  encoder.gopSize = clip.keyInterval;
  encoder.maxBFrames = clip.bFrames;
  encoder.threadCount = 1;
  if (clip.container !== 'mpegts') encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  if (clip.encoder === 'libx264') {
    encoder.setOption('preset', 'ultrafast', AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN);
  }
  demand(encoder.open2Sync(codec, null), `open ${clip.encoder}`);
  return encoder;
}

function encodeFrames(clip: ClipOptions, pipeline: Pipeline): void {
  const frame = new Frame();
  frame.alloc();
  frame.width = clip.width;
  frame.height = clip.height;
  frame.format = AV_PIX_FMT_YUV420P;
  demand(frame.getBuffer(0), 'allocate a frame');
  for (let index = 0; index < clip.frames; index += 1) {
    demand(frame.makeWritable(), 'write a frame');
    const [luma, ...chroma] = frame.data ?? [];
    luma?.fill(clip.lumaOf(index));
    for (const plane of chroma) plane.fill(128);
    frame.pts = BigInt(index);
    demand(pipeline.encoder.sendFrameSync(frame), 'encode a frame');
    writePackets(clip, pipeline);
  }
  frame.free();
  demand(pipeline.encoder.sendFrameSync(null), 'end the encoder');
  writePackets(clip, pipeline);
}

function writePackets(clip: ClipOptions, { encoder, stream, format }: Pipeline): void {
  const packet = new Packet();
  packet.alloc();
  while (encoder.receivePacketSync(packet) >= 0) {
    packet.streamIndex = stream.index;
    packet.duration = 1n;
    packet.rescaleTs(new Rational(1, clip.framesPerSecond), stream.timeBase);
    demand(format.writeFrameSync(packet), 'write a packet');
    packet.unref();
  }
  packet.free();
}

/** What an FFmpeg writer writes to, kept in memory; it may go back to fill in a header. */
class MemoryFile {
  readonly io = new IOContext();
  #content = Buffer.alloc(64 * 1024);
  #length = 0;
  #position = 0;

  constructor() {
    this.io.allocContextWithCallbacks(
      64 * 1024,
      1,
      null,
      (part) => this.#write(part),
      (offset, whence) => this.#seek(Number(offset), whence),
    );
  }

  bytes(): Buffer {
    return Buffer.from(this.#content.subarray(0, this.#length));
  }

  #write(part: Buffer): number {
    const end = this.#position + part.length;
    if (end > this.#content.length) {
      this.#content = Buffer.concat([this.#content, Buffer.alloc(end * 2)]);
    }
    part.copy(this.#content, this.#position);
    this.#position = end;
    this.#length = Math.max(this.#length, end);
    return part.length;
  }

  #seek(offset: number, whence: number): bigint {
    if (whence === AVSEEK_SIZE) return BigInt(this.#length);
    if (whence === AVSEEK_SET) this.#position = offset;
    else if (whence === AVSEEK_CUR) this.#position += offset;
    else this.#position = this.#length + offset;
    return BigInt(this.#position);
  }
}

function demand(status: number, what: string): void {
  if (status < 0) throw new Error(`cannot ${what}: FFmpeg status ${status}`);
}
