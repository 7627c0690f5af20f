export const demoClasses = ['vehicle', 'person'] as const;
export type DemoClass = (typeof demoClasses)[number];

/** Left, top, width and height in pixels of the clip. */
export type Box = readonly [x: number, y: number, width: number, height: number];

export interface TrueObject {
  readonly class: DemoClass;
  /** Around the object's whole outline, also where something hides it, cut at the frame's edge. */
  readonly box: Box;
  /** Share of the outline that can be seen: neither hidden nor outside of the frame, 0 to 1. */
  readonly visibleFraction: number;
  /**
   * Whether a detector must find it. One that is not counted is half hidden or more: a detection
   * of it is neither right nor wrong.
   */
  readonly isCounted: boolean;
}

export interface TrueFrame {
  readonly presentationMs: number;
  readonly objects: readonly TrueObject[];
}

export interface GroundTruth {
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly classes: readonly DemoClass[];
  readonly visibility: typeof visibilityRule;
  readonly frames: readonly TrueFrame[];
}

/**
 * Objects seen by less than `listedFractionMin` are left out. Those seen by less than
 * `countedFractionMin`, or whose box in the frame is thinner than `countedSidePixelsMin`, are
 * listed and not counted.
 */
export const visibilityRule = {
  listedFractionMin: 0.05,
  countedFractionMin: 0.5,
  countedSidePixelsMin: 4,
} as const;
