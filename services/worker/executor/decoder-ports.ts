import type { ClipLimits } from './clip-limits.ts';
import type { TimeBase } from '../../shared/chunk/sampling.ts';

/** One decoded picture in planes of 8 bits. Valid until the next one is asked for. */
export interface Picture {
  /** In ticks of the clip's time base. */
  readonly presentation: bigint;
  readonly width: number;
  readonly height: number;
  readonly planes: {
    readonly red: PicturePlane;
    readonly green: PicturePlane;
    readonly blue: PicturePlane;
  };
}

export interface PicturePlane {
  readonly bytes: Uint8Array;
  /** Bytes from one row to the next, at least the width. */
  readonly stride: number;
}

/** A chunk's video, read but not decoded. */
export interface Clip {
  readonly timeBase: TimeBase;
  /** Of every frame that can be shown, in ticks, ascending; never empty. */
  readonly presentations: readonly bigint[];
  /** Length of the last frame in ticks; 0 if unknown. */
  readonly lastFrameTicks: bigint;
  /**
   * Decodes the wanted frames only, by presentation time.
   *
   * @throws ChunkError `corrupt` when one of them is missing or damaged, `no-frames` when nothing
   *   could be decoded, `too-many-pixels` when the pictures are larger than the container said.
   */
  pictures(wanted: ReadonlySet<bigint>): Iterable<Picture>;
  /** Frees everything, pictures included. Idempotent. */
  close(): void;
}

export interface ClipSource {
  readonly bytes: Buffer;
  readonly contentType: string | null;
}

export interface Decoder {
  /**
   * Reads a chunk's packets and compares them with what its container claims.
   *
   * @throws ChunkError for anything that is not a sound video within the limits.
   */
  open(source: ClipSource, limits: ClipLimits): Clip;
}
