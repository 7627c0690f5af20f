import {
  AV_CODEC_ID_H264,
  AV_FRAME_FLAG_CORRUPT,
  AV_NOPTS_VALUE,
  AV_OPT_TYPE_INT,
  AV_OPT_TYPE_INT64,
  AVDISCARD_DEFAULT,
  AVDISCARD_NONREF,
} from 'node-av/constants';
import { Codec, CodecContext, Frame } from 'node-av/lib';
import type { Packet } from 'node-av/lib';
import { ChunkError } from './chunk-error.ts';
import type { ClipLimits } from './clip-limits.ts';
import type { Clip, ClipSource, Decoder, Picture } from './decoder-ports.ts';
import { checkPixels, readClip, type ReadClip } from './node-av-clip.ts';
import { presentationOf } from './node-av-input.ts';
import { PlaneConverter } from './node-av-planes.ts';
import type { TimeBase } from '../../shared/chunk/sampling.ts';

export interface NodeAvOptions {
  /** Threads of one decoder. */
  readonly threads: number;
}

/** FFmpeg in this process, in software. It blocks the event loop: for executor children only. */
export function nodeAvDecoder(options: NodeAvOptions): Decoder {
  return {
    open: (source, limits) => new NodeAvClip(source, { ...options, limits }),
  };
}

interface NodeAvClipOptions extends NodeAvOptions {
  readonly limits: ClipLimits;
}

class NodeAvClip implements Clip {
  readonly timeBase: TimeBase;
  readonly #clip: ReadClip;
  readonly #options: NodeAvClipOptions;
  #isClosed = false;

  constructor(source: ClipSource, options: NodeAvClipOptions) {
    this.#clip = readClip(source, options.limits);
    this.#options = options;
    const { num, den } = this.#clip.stream.timeBase;
    this.timeBase = { numerator: BigInt(num), denominator: BigInt(den) };
  }

  get presentations(): readonly bigint[] {
    return this.#clip.presentations;
  }

  get lastFrameTicks(): bigint {
    return this.#clip.lastFrameTicks;
  }

  *pictures(wanted: ReadonlySet<bigint>): Iterable<Picture> {
    const context = this.#openDecoder();
    const frame = new Frame();
    frame.alloc();
    const planes = new PlaneConverter();
    const tally = { decoded: 0, refused: 0, missing: new Set(wanted) };
    try {
      for (const packet of packetsAndEnd(this.#clip.packets)) {
        if (packet !== null) this.#skipUnlessWanted(context, packet, wanted);
        if (context.sendPacketSync(packet) < 0) tally.refused += 1;
        while (context.receiveFrameSync(frame) >= 0) {
          tally.decoded += 1;
          const presentation = frame.pts === AV_NOPTS_VALUE ? frame.bestEffortTimestamp : frame.pts;
          if (!tally.missing.delete(presentation)) continue;
          refuseDamaged(frame, presentation);
          checkPixels(frame.width, frame.height, this.#options.limits);
          yield {
            presentation,
            width: frame.width,
            height: frame.height,
            ...planes.convert(frame),
          };
        }
        if (tally.missing.size === 0) return;
      }
      this.#explainMissing(context, wanted.size, tally);
    } finally {
      planes.close();
      frame.free();
      context.freeContext();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const packet of this.#clip.packets) packet.free();
    this.#clip.input.close();
  }

  #openDecoder(): CodecContext {
    const { codecpar } = this.#clip.stream;
    const codec = Codec.findDecoder(codecpar.codecId);
    const context = new CodecContext();
    context.allocContext3(codec);
    context.parametersToContext(codecpar);
    context.threadCount = this.#options.threads;
    // Set as an option of the context: a dictionary given to `open2Sync` is freed twice (node-av 6.1.1).
    const pixelsMax = BigInt(this.#options.limits.pixelsMax);
    context.setOption('max_pixels', pixelsMax, AV_OPT_TYPE_INT64);
    const status = codec === null ? -1 : context.open2Sync(codec, null);
    if (status >= 0) return context;
    context.freeContext();
    throw new ChunkError('corrupt', 'the video stream has no valid decoder configuration');
  }

  /**
   * In H.264 a frame that is no reference is needed by no other, so one that is not wanted is not
   * decoded: 641 of 1,189 frames for two a second in a clip with B-frames, a third less time. HEVC's
   * temporal layers do refer to such frames, and the other decoders do not skip.
   */
  #skipUnlessWanted(context: CodecContext, packet: Packet, wanted: ReadonlySet<bigint>): void {
    if (this.#clip.stream.codecpar.codecId !== AV_CODEC_ID_H264) return;
    const presentation = presentationOf(packet);
    const isNeeded = presentation === null || wanted.has(presentation);
    const discard = isNeeded ? AVDISCARD_DEFAULT : AVDISCARD_NONREF;
    context.setOption('skip_frame', discard, AV_OPT_TYPE_INT);
  }

  #explainMissing(context: CodecContext, wantedCount: number, tally: Tally): void {
    checkPixels(context.width, context.height, this.#options.limits);
    const frames = this.#clip.presentations.length;
    if (tally.decoded === 0) {
      throw new ChunkError('no-frames', `none of the ${frames} frames can be decoded`);
    }
    throw new ChunkError(
      'corrupt',
      `damaged: ${wantedCount - tally.missing.size} of ${wantedCount} sampled frames can be ` +
        `decoded; the decoder refused ${tally.refused} packets of a video with ${frames} frames`,
    );
  }
}

interface Tally {
  readonly decoded: number;
  readonly refused: number;
  readonly missing: ReadonlySet<bigint>;
}

/** The end, as null, makes the decoder give what it holds back. */
function* packetsAndEnd(packets: readonly Packet[]): Iterable<Packet | null> {
  yield* packets;
  yield null;
}

function refuseDamaged(frame: Frame, presentation: bigint): void {
  if (frame.decodeErrorFlags === 0 && !frame.hasFlags(AV_FRAME_FLAG_CORRUPT)) return;
  const message = `damaged: the frame at tick ${presentation} decodes with errors`;
  throw new ChunkError('corrupt', message);
}
