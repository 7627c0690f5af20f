import type { LastInstants } from '../../shared/chunk/sampling.ts';
import { instantsOfWhole, isFaithful } from './faithful-piece.ts';
import { ticksToWholeMs } from './video-index.ts';
import type { Piece, VideoIndex } from './video-index.ts';

export type PiecePlan =
  | {
      readonly isCut: true;
      readonly pieces: readonly Piece[];
      /** Whether a worker samples from the pieces exactly what it would sample from the whole. */
      readonly isExact: boolean;
    }
  /** `reason` ends a sentence that begins with "is sent whole:". */
  | { readonly isCut: false; readonly reason: string; readonly whole: Piece };

/** A packet at which the file can be cut, and the number of frames shown before it. */
interface Seam {
  readonly packet: number;
  readonly rank: number;
}

interface Layout {
  readonly index: VideoIndex;
  /** Presentation times of shown frames, ascending. */
  readonly shown: BigInt64Array;
  /** Sampling instants of the whole file. */
  readonly whole: LastInstants;
  /** The file's start, all places to cut, and its end. */
  readonly seams: readonly Seam[];
}

/**
 * How many ends are tried for one piece. The first fits nearly always; a video with uneven frame
 * times may need a longer piece, whose frames say more about its place.
 */
const endsTriedMax = 16;

/**
 * A longer file is cut even where that cannot be exact, since workers refuse chunks of many minutes
 * and would share no work. A guess.
 */
const wholeMsMax = 60_000;

/**
 * Cuts at key frames into pieces of at least `chunkMs` (the last may be shorter), such that a worker
 * samples from the pieces the same frames as from the whole file. Total and pure.
 */
export function planPieces(index: VideoIndex, chunkMs: number): PiecePlan {
  const layout = layOut(index);
  const whole = wholeOf(index);
  if (typeof layout === 'string') return { isCut: false, reason: layout, whole };
  if (layout.seams.length === 2 && whole.durationMs > chunkMs) {
    const reason = 'it has no key frame after the first at which it could be cut';
    return { isCut: false, reason, whole };
  }
  const exact = findPath(layout, chunkMs, (from, until) => isPieceFaithful(layout, from, until));
  if (exact !== null) return { isCut: true, isExact: true, pieces: piecesOf(layout, exact) };
  if (whole.durationMs <= wholeMsMax) {
    const reason = 'its frame times are too uneven for pieces that are sampled as the whole is';
    return { isCut: false, reason, whole };
  }
  const shortest = findPath(layout, chunkMs, () => true) ?? [];
  return { isCut: true, isExact: false, pieces: piecesOf(layout, shortest) };
}

const piecesOf = (layout: Layout, steps: readonly Step[]): readonly Piece[] =>
  steps.map(([from, until]) => pieceOf(layout, from, until));

function layOut(index: VideoIndex): Layout | string {
  const { presentations, hidden } = index;
  const shown = presentations.filter((_, packet) => hidden[packet] === 0).toSorted();
  const [first, last] = [shown[0], shown.at(-1)];
  if (first === undefined || last === undefined) return 'it shows no frames';
  for (const [at, ticks] of shown.entries()) {
    if (at > 0 && ticks === shown[at - 1]) return 'two of its frames have the same time';
  }
  for (const [packet, ticks] of presentations.entries()) {
    // What is not shown before the first frame stays so by the piece's own edit list.
    if (hidden[packet] === 1 && ticks >= first) return 'its edit list hides frames between others';
  }
  const whole = instantsOfWhole(shown, index.tickLength);
  return { index, shown, whole, seams: findSeams(index, shown.length) };
}

/**
 * A key frame is a place to cut when all packets before it are shown before it and none after it
 * is: with an open group of pictures the frames around a key frame need both sides.
 */
function findSeams(
  { presentations, keys, hidden }: VideoIndex,
  shownCount: number,
): readonly Seam[] {
  const count = presentations.length;
  const earliestFrom = presentations.slice();
  for (let packet = count - 2; packet >= 0; packet -= 1) {
    const [own, later] = [earliestFrom[packet] ?? 0n, earliestFrom[packet + 1] ?? 0n];
    if (later < own) earliestFrom[packet] = later;
  }
  const seams: Seam[] = [{ packet: 0, rank: 0 }];
  let latestBefore = presentations[0] ?? 0n;
  let rank = hidden[0] === 0 ? 1 : 0;
  for (let packet = 1; packet < count; packet += 1) {
    const ticks = presentations[packet] ?? 0n;
    const isKey = keys[packet] === 1 && hidden[packet] === 0;
    if (isKey && rank > 0 && latestBefore < ticks && earliestFrom[packet] === ticks) {
      seams.push({ packet, rank });
    }
    if (ticks > latestBefore) latestBefore = ticks;
    if (hidden[packet] === 0) rank += 1;
  }
  seams.push({ packet: count, rank: shownCount });
  return seams;
}

type Step = readonly [from: Seam, until: Seam];

/** Depth first, shortest pieces first; a start from which the end cannot be reached is left for good. */
function findPath(
  layout: Layout,
  chunkMs: number,
  isAccepted: (from: number, until: number) => boolean,
): readonly Step[] | null {
  const end = layout.seams.length - 1;
  const dead = new Set<number>();
  const places: number[] = [0];
  for (;;) {
    const from = places.at(-1);
    if (from === undefined) return null;
    if (from === end) break;
    const until = endsOf(layout, from, chunkMs).find(
      (candidate) => !dead.has(candidate) && isAccepted(from, candidate),
    );
    if (until === undefined) {
      dead.add(from);
      places.pop();
    } else {
      places.push(until);
    }
  }
  return places.slice(1).flatMap((until, at): readonly Step[] => {
    const [begin, stop] = [layout.seams[places[at] ?? 0], layout.seams[until]];
    return begin === undefined || stop === undefined ? [] : [[begin, stop]];
  });
}

/** Seams at which a piece from this one may end, nearest first; the file's end among them. */
function endsOf({ index, shown, seams }: Layout, from: number, chunkMs: number): readonly number[] {
  const startRank = seams[from]?.rank ?? 0;
  const { numerator, denominator } = index.tickLength;
  const ends: number[] = [];
  const last = seams.length - 1;
  for (let until = from + 1; until < last && ends.length < endsTriedMax - 1; until += 1) {
    const ticks = (shown[seams[until]?.rank ?? 0] ?? 0n) - (shown[startRank] ?? 0n);
    // Exact: a piece of 1,999.9 ms is not one of two seconds.
    if (ticks * numerator * 1000n >= BigInt(chunkMs) * denominator) ends.push(until);
  }
  return ends.length < endsTriedMax - 1 ? [...ends, last] : ends;
}

function isPieceFaithful(
  { index, shown, seams, whole }: Layout,
  from: number,
  until: number,
): boolean {
  const [begin, stop] = [seams[from]?.rank ?? 0, seams[until]?.rank ?? 0];
  const { tickLength } = index;
  const startMs = ticksToWholeMs((shown[begin] ?? 0n) - (shown[0] ?? 0n), tickLength);
  return isFaithful({ tickLength, shown, whole, from: begin, until: stop, startMs });
}

function pieceOf({ index, shown }: Layout, from: Seam, until: Seam): Piece {
  const firstTicks = shown[from.rank] ?? 0n;
  const endTicks = shown[until.rank] ?? (shown.at(-1) ?? 0n) + index.lastFrameTicks;
  return stretchOf(index, {
    fromPacket: from.packet,
    untilPacket: until.packet,
    originTicks: shown[0] ?? 0n,
    firstTicks,
    endTicks,
  });
}

function wholeOf(index: VideoIndex): Piece {
  let [first, last]: readonly [bigint | null, bigint] = [null, 0n];
  for (const [packet, ticks] of index.presentations.entries()) {
    if (index.hidden[packet] === 1) continue;
    if (first === null || ticks < first) first = ticks;
    if (ticks > last) last = ticks;
  }
  const originTicks = first ?? 0n;
  return stretchOf(index, {
    fromPacket: 0,
    untilPacket: index.presentations.length,
    originTicks,
    firstTicks: originTicks,
    endTicks: last + index.lastFrameTicks,
  });
}

function stretchOf(
  { tickLength, packetBytes }: VideoIndex,
  place: Pick<Piece, 'fromPacket' | 'untilPacket' | 'firstTicks' | 'endTicks'> & {
    readonly originTicks: bigint;
  },
): Piece {
  const { originTicks, ...piece } = place;
  const startMs = ticksToWholeMs(piece.firstTicks - originTicks, tickLength);
  const endMs = ticksToWholeMs(piece.endTicks - originTicks, tickLength);
  return {
    ...piece,
    startMs,
    durationMs: Math.max(1, endMs - startMs),
    packetBytes: packetBytes
      .subarray(piece.fromPacket, piece.untilPacket)
      .reduce((sum, bytes) => sum + bytes, 0),
  };
}
