/** What a chunk may claim or hold before it is refused; checked before a frame is decoded. */
export interface ClipLimits {
  /** Width times height of a picture. */
  readonly pixelsMax: number;
  /** Frames in a chunk, sampled or not. */
  readonly framesMax: number;
  /** Media length. */
  readonly durationMsMax: number;
}

/** 3840 by 2160 pixels, ten minutes, and ten minutes at 120 frames a second. */
export const clipLimitsDefault: ClipLimits = {
  pixelsMax: 8_294_400,
  framesMax: 72_000,
  durationMsMax: 600_000,
};
