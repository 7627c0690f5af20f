import { bounded } from './bounded.ts';
import { logEndPointsMax } from './memory.ts';
import type { ArrivalMemory, LogEndPoint } from './memory.ts';
import type { IntakeLag } from './observation.ts';
import type { QueueView } from './situation.ts';

const pointsPerWindow = 4;
/** Steps of which the median is taken; those that were not watched count as quiet. */
const stepsMin = 8;
const stepsMax = 16;
/** Chunks of which the mean length counts as much as all that is known from before. */
const chunksTrusted = 20;

/** Over which arrivals are counted. */
export interface ArrivalSpans {
  /** A part of a boot: a burst is to be seen while most of the boot that it needs is still to come. */
  readonly nearMs: number;
  /** Half a boot: shorter bursts are not to be taken for the load. */
  readonly stepMs: number;
}

export const arrivalSpans = (bootMs: number): ArrivalSpans => ({
  nearMs: bounded(bootMs / 4, 5000, 60_000),
  stepMs: bounded(bootMs / 2, 5000, 30_000),
});

export interface ArrivalNews {
  readonly nowMs: number;
  readonly spans: ArrivalSpans;
  /** `null`: not known. */
  readonly lag: IntakeLag | null;
  readonly queue: QueueView | null;
  /** From submission to deadline; `null`: not known. */
  readonly allowedMs: number | null;
}

export function learnArrivals(memory: ArrivalMemory, news: ArrivalNews): ArrivalMemory {
  return {
    ...memory,
    points: withPoint(memory.points, news),
    chunkMediaMs: withLength(memory, news),
    allowedMs: news.allowedMs ?? memory.allowedMs,
  };
}

function withPoint(
  points: readonly LogEndPoint[],
  { nowMs, spans, lag }: ArrivalNews,
): readonly LogEndPoint[] {
  if (lag === null) return points;
  const last = points.at(-1);
  const point = { atMs: nowMs, logEnd: lag.logEnd };
  // A log that became shorter is another log.
  if (last === undefined || lag.logEnd < last.logEnd) return [point];
  const apartMs = Math.max(
    spans.nearMs / pointsPerWindow,
    (stepsMax * spans.stepMs) / (logEndPointsMax - 1),
  );
  if (nowMs - last.atMs < apartMs) return points;
  return [...points, point].slice(-logEndPointsMax);
}

function withLength({ chunkMediaMs }: ArrivalMemory, { queue }: ArrivalNews): number | null {
  if (queue === null || queue.chunks === 0) return chunkMediaMs;
  const seen = queue.mediaMs / queue.chunks;
  if (chunkMediaMs === null) return Math.round(seen);
  const weight = queue.chunks / (queue.chunks + chunksTrusted);
  return Math.round(chunkMediaMs + weight * (seen - chunkMediaMs));
}

/** Chunks per millisecond. */
export interface ArrivalRates {
  /** Over the last window, less what may be chance. */
  readonly near: number;
  /** Median over steps as far back as is remembered: blind to a short burst. */
  readonly far: number;
}

export function arrivalRates(
  { points }: ArrivalMemory,
  { nowMs, spans, lag }: Pick<ArrivalNews, 'nowMs' | 'spans' | 'lag'>,
): ArrivalRates {
  const oldest = points[0];
  if (lag === null || oldest === undefined) return { near: 0, far: 0 };
  const all = [...points, { atMs: nowMs, logEnd: lag.logEnd }];
  const { nearMs, stepMs } = spans;
  const fromMs = Math.max(oldest.atMs, nowMs - nearMs);
  // What was not watched is taken to have been quiet, or one chunk seen at once would be a flood.
  const watchedMs = Math.max(nowMs - fromMs, nearMs / 2);
  const came = Math.max(0, lag.logEnd - logEndAt(all, fromMs));
  // A count scatters by its root: what may be chance orders no node.
  const near = (came - Math.sqrt(came)) / watchedMs;
  const steps = Math.min(stepsMax, Math.floor((nowMs - oldest.atMs) / stepMs));
  const ends = Array.from({ length: steps + 1 }, (_, step) => logEndAt(all, nowMs - step * stepMs));
  const grown = ends.slice(1).map((end, index) => ((ends[index] ?? end) - end) / stepMs);
  const quiet = Array.from({ length: Math.max(0, stepsMin - steps) }, () => 0);
  return { near: Math.max(0, near), far: Math.max(0, medianOf([...grown, ...quiet])) };
}

function logEndAt(points: readonly LogEndPoint[], atMs: number): number {
  const after = points.findIndex((point) => point.atMs >= atMs);
  const next = points[after] ?? points.at(-1);
  const last = points[after - 1];
  if (next === undefined) return 0;
  if (last === undefined || next.atMs <= last.atMs) return next.logEnd;
  const share = (atMs - last.atMs) / (next.atMs - last.atMs);
  return last.logEnd + share * (next.logEnd - last.logEnd);
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
