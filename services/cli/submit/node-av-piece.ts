import { AV_OPT_SEARCH_CHILDREN, AV_OPT_TYPE_INT, AV_PKT_FLAG_DISCARD } from 'node-av/constants';
import { FormatContext, Packet } from 'node-av/lib';
import { withMoovInFront } from './front-moov.ts';
import { MemoryFile } from './node-av-memory-file.ts';
import type { NodeAvSource } from './node-av-source.ts';
import type { Piece, VideoIndex } from './video-index.ts';

/** Room for the index of a piece: a frame takes up to 44 bytes of it. */
const indexBytesPerFrame = 48;

/**
 * Packs the next packets of `source` as an MP4 file whose first shown frame is at 0. Decoding times
 * are made anew from the presentation times, since some containers have none or false ones.
 *
 * @throws Error when FFmpeg cannot write this video as MP4.
 */
export function packPiece(source: NodeAvSource, index: VideoIndex, piece: Piece): Buffer {
  const frames = piece.untilPacket - piece.fromPacket;
  const file = new MemoryFile(piece.packetBytes + frames * indexBytesPerFrame + 64 * 1024);
  const format = new FormatContext();
  try {
    demand(format.allocOutputContext2(null, 'mp4', null), 'open it');
    format.pb = file.io;
    openStream(format, source);
    writePackets(format, source, timesOf(index, piece));
    demand(format.writeTrailerSync(), 'write its index');
    return withMoovInFront(file.bytes());
  } finally {
    format.pb = null;
    format.freeContext();
    file.io.freeContext();
  }
}

function openStream(format: FormatContext, source: NodeAvSource): void {
  const stream = format.newStream(null);
  demand(source.stream.codecpar.copy(stream.codecpar), 'describe its stream');
  // The tag is the one of the file's own container; 0 lets the writer choose.
  stream.codecpar.codecTag = 0;
  stream.timeBase = source.stream.timeBase;
  stream.sampleAspectRatio = source.stream.sampleAspectRatio;
  // Lengths in edit lists have this unit; with its default, milliseconds, they end within a frame.
  const ticksPerSecond = Number(source.tickLength.denominator);
  const option = ['movie_timescale', ticksPerSecond, AV_OPT_TYPE_INT] as const;
  demand(format.setOption(...option, AV_OPT_SEARCH_CHILDREN), 'set its time scale');
  demand(format.writeHeaderSync(null), 'write its header');
}

function writePackets(
  format: FormatContext,
  source: NodeAvSource,
  times: readonly PacketTimes[],
): void {
  const written = format.streams[0]?.timeBase ?? source.stream.timeBase;
  const packet = new Packet();
  packet.alloc();
  try {
    for (const { presentation, decoding, duration } of times) {
      const read = source.read();
      if (read === null) throw new Error('the file became shorter while it was read');
      demand(packet.ref(read), 'copy a frame');
      packet.clearFlags(AV_PKT_FLAG_DISCARD);
      packet.streamIndex = 0;
      packet.pts = presentation;
      packet.dts = decoding;
      packet.duration = duration;
      packet.rescaleTs(source.stream.timeBase, written);
      demand(format.writeFrameSync(packet), 'write a frame');
      packet.unref();
    }
  } finally {
    packet.free();
  }
}

/** In ticks of the file, from the piece's first shown frame. */
interface PacketTimes {
  readonly presentation: bigint;
  readonly decoding: bigint;
  readonly duration: bigint;
}

/** Packets are decoded at the presentation times in order, all early enough for their own. */
function timesOf(index: VideoIndex, piece: Piece): readonly PacketTimes[] {
  const presentations = index.presentations
    .subarray(piece.fromPacket, piece.untilPacket)
    .map((ticks) => ticks - piece.firstTicks);
  const ordered = presentations.toSorted();
  const delay = presentations.reduce((most, ticks, at) => {
    const lateness = (ordered[at] ?? 0n) - ticks;
    return lateness > most ? lateness : most;
  }, 0n);
  const end = piece.endTicks - piece.firstTicks;
  return Array.from(presentations, (presentation, at) => {
    const begin = ordered[at] ?? 0n;
    return { presentation, decoding: begin - delay, duration: (ordered[at + 1] ?? end) - begin };
  });
}

function demand(status: number, what: string): void {
  if (status < 0) throw new Error(`FFmpeg cannot ${what} (status ${status})`);
}
