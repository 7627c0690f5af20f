/** Seconds per tick, as a fraction. */
export interface TickLength {
  readonly numerator: bigint;
  /** Above 0. */
  readonly denominator: bigint;
}

/**
 * Where the frames of a video file lie, in decoding order from the first key frame on: all that is
 * needed to choose where to cut, a few bytes a frame, so that a long file is never held as a whole.
 */
export interface VideoIndex {
  readonly tickLength: TickLength;
  /** Presentation time of each packet, in ticks. */
  readonly presentations: BigInt64Array;
  /** 1 for a key frame. */
  readonly keys: Uint8Array;
  /** 1 for a frame that an edit list keeps for decoding only: it is not shown. */
  readonly hidden: Uint8Array;
  /** Length of each packet. */
  readonly packetBytes: Uint32Array;
  /** Length of the last frame in ticks; 0 if unknown. */
  readonly lastFrameTicks: bigint;
}

/** A stretch of a video that can be decoded alone. */
export interface Piece {
  /** First packet in decoding order, a key frame. */
  readonly fromPacket: number;
  /** The packet after the last one. */
  readonly untilPacket: number;
  /** Presentation time of the first frame shown, in ticks of the file. */
  readonly firstTicks: bigint;
  /** Where the next piece begins, or where the last frame ends, in ticks of the file. */
  readonly endTicks: bigint;
  /** `firstTicks` from the file's first shown frame, in whole milliseconds, to the nearest. */
  readonly startMs: number;
  /** 1 or more. */
  readonly durationMs: number;
  /** Sum of the packets; the file that holds them is a little larger. */
  readonly packetBytes: number;
}

/** To the nearest; halves go up. */
export function ticksToWholeMs(ticks: bigint, tickLength: TickLength): number {
  const { numerator, denominator } = tickLength;
  return Number((2n * ticks * numerator * 1000n + denominator) / (2n * denominator));
}
