import { lastInstants } from '../../shared/chunk/sampling.ts';
import type { LastInstants } from '../../shared/chunk/sampling.ts';
import type { TickLength } from './video-index.ts';

/** A stretch of the file's shown frames, as a chunk would carry it. */
export interface Stretch {
  readonly tickLength: TickLength;
  /** Presentation times of all shown frames of the file, ascending. */
  readonly shown: BigInt64Array;
  /** The sampling instants of the whole file. */
  readonly whole: LastInstants;
  /** The stretch is `shown[from]` up to, not including, `shown[until]`. */
  readonly from: number;
  readonly until: number;
  /** Place that the chunk's header names, in whole milliseconds. */
  readonly startMs: number;
}

/**
 * Frames per second at which a piece is compared with the whole file; what holds for it holds for
 * all rates whose instants are among these (5, 2.5, 2, 1, one in two seconds…). Models ask for one to
 * ten. At a higher rate some frame nearly always lies so close to an instant that only an even
 * spacing of frames could tell on which side.
 */
const rateProved = 10;

/** The sampling instants of the whole file, to compare its pieces with. */
export function instantsOfWhole(shown: BigInt64Array, tickLength: TickLength): LastInstants {
  return instantsOf(shown, tickLength, 0);
}

/**
 * Whether a worker that sees only this stretch samples the very frames that it would sample in the
 * whole file. A chunk names its place in whole milliseconds and cannot show the frame before it, so
 * a worker has to conclude both (`shared/chunk/sampling.ts`); where it concludes wrongly, and an
 * instant of sampling lies in between, the file must not be cut.
 */
export function isFaithful({ tickLength, shown, whole, from, until, startMs }: Stretch): boolean {
  if (from === 0) return true;
  if (until - from < 2) return false;
  const piece = instantsOf(shown.subarray(from, until), tickLength, startMs);
  return (
    piece.beforeFirst === whole.atFrames[from - 1] &&
    piece.atFrames.every((instant, frame) => instant === whole.atFrames[from + frame])
  );
}

function instantsOf(shown: BigInt64Array, tickLength: TickLength, startMs: number): LastInstants {
  return lastInstants({
    presentations: [...shown],
    timeBase: tickLength,
    lastFrameTicks: 0n,
    startMs,
    framesPerSecond: rateProved,
  });
}
