import type { VideoIndex } from '../../services/cli/submit/video-index.ts';

export interface FrameLayout {
  /** Presentation times in decoding order, in ticks. */
  readonly presentations: readonly bigint[];
  readonly ticksPerSecond: bigint;
  readonly isKey: (packet: number) => boolean;
  readonly isHidden?: (packet: number) => boolean;
  readonly lastFrameTicks?: bigint;
}

/** A video as the cutter sees it, without a video. */
export function indexOf(layout: FrameLayout): VideoIndex {
  const { presentations, isKey, isHidden } = layout;
  return {
    tickLength: { numerator: 1n, denominator: layout.ticksPerSecond },
    presentations: BigInt64Array.from(presentations),
    keys: Uint8Array.from(presentations, (_, packet) => (isKey(packet) ? 1 : 0)),
    hidden: Uint8Array.from(presentations, (_, packet) => (isHidden?.(packet) === true ? 1 : 0)),
    packetBytes: new Uint32Array(presentations.length).fill(100),
    lastFrameTicks: layout.lastFrameTicks ?? 0n,
  };
}
