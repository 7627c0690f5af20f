/** Seconds per tick of a stream's presentation times, as a fraction. */
export interface TimeBase {
  readonly numerator: bigint;
  /** Above 0. */
  readonly denominator: bigint;
}

export interface SamplingQuestion {
  /** Presentation times in ticks, ascending, without repetition. */
  readonly presentations: readonly bigint[];
  readonly timeBase: TimeBase;
  /** Length of the last frame in ticks; 0 if unknown. */
  readonly lastFrameTicks: bigint;
  /** Place of the chunk's first instant in its stream, in milliseconds. */
  readonly startMs: number;
  readonly framesPerSecond: number;
}

/** Stream time is counted in these, so that ticks, milliseconds and frame rates mix without loss. */
const microsecondsPerSecond = 1_000_000n;
const rateSteps = 1_000_000n;

/**
 * The presentation times to sample: for each sampling instant, a multiple of 1 / framesPerSecond in
 * stream time, the frame that is first at or after it. That frame is one that a live stream has not
 * shown yet at the instant, so no instant waits for a decision, and a frame that lies on an instant
 * is the answer to it. A frame is sampled once, however many instants it answers.
 *
 * Stream time of a frame is `startMs` plus its distance from the chunk's first frame, so the cut
 * does not matter: an instant between two chunks belongs to the first frame of the later one. All
 * arithmetic is on whole numbers, so no rounding moves a frame across an instant.
 */
export function samplePresentations(question: SamplingQuestion): readonly bigint[] {
  const { beforeFirst, atFrames } = lastInstants(question);
  return question.presentations.filter((_, frame) => {
    const instant = atFrames[frame];
    return instant !== undefined && instant > (atFrames[frame - 1] ?? beforeFirst);
  });
}

/** Numbers of sampling instants: how far a stream's clock of samples has come. */
export interface LastInstants {
  /** At the frame that the stream is taken to have shown before the chunk's first. */
  readonly beforeFirst: bigint;
  /** At each frame of the chunk. */
  readonly atFrames: readonly bigint[];
}

/** The last sampling instant at or before each frame, and before the first one. */
export function lastInstants(question: SamplingQuestion): LastInstants {
  const first = question.presentations[0] ?? 0n;
  const numberOf = instantIndexer(question, first);
  return {
    beforeFirst: numberOf(first - ticksBefore(question)),
    atFrames: question.presentations.map(numberOf),
  };
}

/** Number of the last sampling instant at or before a presentation time. */
function instantIndexer(question: SamplingQuestion, first: bigint): (ticks: bigint) => bigint {
  const { timeBase } = question;
  const rate = BigInt(Math.round(question.framesPerSecond * Number(rateSteps)));
  const start = startFraction(question, first);
  const divisor = start.denominator * timeBase.denominator * microsecondsPerSecond * rateSteps;
  return (ticks) => {
    const sinceFirst = (ticks - first) * timeBase.numerator * microsecondsPerSecond;
    const streamTime = start.numerator * timeBase.denominator + sinceFirst * start.denominator;
    return floorDivide(streamTime * rate, divisor);
  };
}

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * The chunk's place in its stream, in microseconds. `startMs` was rounded by whoever wrote it, and a
 * frame that belongs on an instant would fall just before it: at 30 frames a second the 250th frame
 * is at 8,333.3 ms, is announced as 8,333, and the frame at 8,500 would count as 8,499.7.
 *
 * With a constant frame interval the place is taken to be the whole number of intervals within a
 * millisecond of it. Else, as in containers that round every frame's time, frames count as later by
 * half a millisecond and one tick, which is what the roundings may have taken, but by no more than an
 * eighth of an interval. A stream that starts here, at 0, was not rounded.
 */
function startFraction(question: SamplingQuestion, first: bigint): Fraction {
  const { presentations, timeBase, startMs } = question;
  const said = BigInt(Math.round(startMs * 1000));
  const last = presentations.at(-1) ?? first;
  const intervals = BigInt(presentations.length - 1);
  if (said === 0n || intervals < 1n) return { numerator: said, denominator: 1n };
  if (!isConstant(presentations)) {
    const microseconds = (ticks: bigint, divisor: bigint): bigint =>
      (ticks * timeBase.numerator * microsecondsPerSecond) / (timeBase.denominator * divisor);
    const eighth = microseconds(last - first, 8n * intervals);
    const lost = 500n + microseconds(1n, 1n);
    return { numerator: said + (lost < eighth ? lost : eighth), denominator: 1n };
  }
  const interval = {
    numerator: (last - first) * timeBase.numerator * microsecondsPerSecond,
    denominator: intervals * timeBase.denominator,
  };
  const doubled = 2n * said * interval.denominator + interval.numerator;
  const count = floorDivide(doubled, 2n * interval.numerator);
  const exact = { ...interval, numerator: count * interval.numerator };
  const error = exact.numerator - said * exact.denominator;
  const isNear = (error < 0n ? -error : error) < 1000n * exact.denominator;
  return isNear ? exact : { numerator: said, denominator: 1n };
}

function isConstant(presentations: readonly bigint[]): boolean {
  const [first = 0n, second = 0n] = presentations;
  const interval = second - first;
  return presentations.every((ticks, at) => ticks - first === BigInt(at) * interval);
}

/**
 * How far before the chunk's first frame the stream's previous frame is taken to be: one mean
 * interval; with one frame only its own length; at least one tick. Rounded up, so that of two chunks
 * both take an instant on the seam rather than neither.
 */
function ticksBefore(question: SamplingQuestion): bigint {
  const { presentations, lastFrameTicks } = question;
  const first = presentations[0] ?? 0n;
  const last = presentations.at(-1) ?? first;
  const intervals = BigInt(presentations.length - 1);
  const mean = intervals < 1n ? lastFrameTicks : (last - first + intervals - 1n) / intervals;
  return mean < 1n ? 1n : mean;
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
