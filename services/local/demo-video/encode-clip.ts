import {
  Encoder,
  FFmpegError,
  Frame,
  Log,
  Muxer,
  Rational,
  Scaler,
  type CodecContext,
} from 'node-av';
import {
  AV_LOG_ERROR,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { frameHeight, frameWidth, framesPerSecond } from './street.ts';

/**
 * Writes frames (uint8 [192, 320, 3], RGB) as H.264 in MP4. A key frame opens each second and no
 * frame looks ahead or past a key frame, so a clip can be cut at key frames without encoding again.
 *
 * Synchronous, since node-av 6.1.1's asynchronous encoding of the same frames gave other bytes in
 * about one run of six.
 *
 * @throws what node-av throws when the file cannot be written or its FFmpeg lacks libx264.
 */
export function encodeClip(file: string, frames: Iterable<Uint8ClampedArray>): void {
  // The encoder would print its settings and statistics for each clip.
  Log.setLevel(AV_LOG_ERROR);
  const encoder = Encoder.createSync(FF_ENCODER_LIBX264, {
    context: {
      gopSize: framesPerSecond,
      maxBFrames: 0,
      // One thread: the same frames give the same bytes whatever the machine's cores.
      threadCount: 1,
      framerate: new Rational(framesPerSecond, 1),
    },
    configure: chooseX264Settings,
  });
  const muxer = Muxer.openSync(file, { format: 'mp4' });
  const scaler = new Scaler();
  try {
    const stream = muxer.addStream(encoder);
    let number = 0;
    for (const pixels of frames) {
      const frame = toYuv(pixels, number, scaler);
      number += 1;
      writePackets(encoder.encodeAllSync(frame), muxer, stream);
      frame.free();
    }
    writePackets(encoder.encodeAllSync(null), muxer, stream);
  } finally {
    muxer.closeSync();
    encoder.close();
    scaler.close();
  }
}

/**
 * Set one by one: node-av 6.1.1 frees the dictionary behind the encoder's `options` twice, which
 * corrupts memory (seen as crashes and as clips that differ from run to run).
 */
function chooseX264Settings(context: CodecContext): void {
  const settings = {
    preset: 'veryfast',
    crf: '25',
    // Scene cuts are off so that key frames come each second and never else.
    sc_threshold: '0',
  };
  for (const [name, value] of Object.entries(settings)) {
    const code = context.setOption(name, value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN);
    FFmpegError.throwIfError(code, `demo clips: x264 refuses ${name}=${value}`);
  }
}

/** At half the colour resolution, as cameras send it and hardware decoders take it. */
function toYuv(pixels: Uint8ClampedArray, number: number, scaler: Scaler): Frame {
  const size = {
    width: frameWidth,
    height: frameHeight,
    timeBase: { num: 1, den: framesPerSecond },
    pts: BigInt(number),
  };
  const bytes = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const rgb = Frame.fromVideoBuffer(bytes, { ...size, format: AV_PIX_FMT_RGB24 });
  const yuv = scaler.toBufferSync(rgb, { format: 'yuv420p' });
  rgb.free();
  return Frame.fromVideoBuffer(yuv, { ...size, format: AV_PIX_FMT_YUV420P });
}

function writePackets(
  packets: ReturnType<Encoder['encodeAllSync']>,
  muxer: Muxer,
  stream: number,
): void {
  for (const packet of packets) {
    muxer.writePacketSync(packet, stream);
    packet.free();
  }
}
