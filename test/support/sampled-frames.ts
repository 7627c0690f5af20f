import type { CutPiece } from '../../services/cli/submit/cutter-ports.ts';
import { clipLimitsDefault } from '../../services/worker/executor/clip-limits.ts';
import { nodeAvDecoder } from '../../services/worker/executor/node-av-decoder.ts';
import { samplePresentations } from '../../services/shared/chunk/sampling.ts';

/** What a worker sees of a chunk. */
export interface SeenChunk {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly startMs: number;
}

/** One frame that a worker samples: its place in the chunk, and what it looks like. */
export interface SampledFrame {
  /** Exact, as a fraction of a second in lowest terms, from the chunk's first frame. */
  readonly time: string;
  /** Sum of the first row of the green plane: test clips change it from frame to frame. */
  readonly look: number;
}

/** Frames that a worker with this rate would look at, by its own code. */
export function sampledFrames(chunk: SeenChunk, framesPerSecond: number): readonly SampledFrame[] {
  const clip = nodeAvDecoder({ threads: 1 }).open(chunk, clipLimitsDefault);
  try {
    const { presentations, timeBase, lastFrameTicks } = clip;
    const question = {
      presentations,
      timeBase,
      lastFrameTicks,
      startMs: chunk.startMs,
      framesPerSecond,
    };
    const wanted = new Set(samplePresentations(question));
    const first = presentations[0] ?? 0n;
    return Array.from(clip.pictures(wanted), ({ presentation, width, planes }) => ({
      time: lowestTerms((presentation - first) * timeBase.numerator, timeBase.denominator),
      look: planes.green.bytes.subarray(0, width).reduce((sum, value) => sum + value, 0),
    })).toSorted((a, b) => fraction(a.time) - fraction(b.time));
  } finally {
    clip.close();
  }
}

/** Number of frames that the chunk shows. */
export function shownFrames(chunk: SeenChunk): number {
  const clip = nodeAvDecoder({ threads: 1 }).open(chunk, clipLimitsDefault);
  try {
    return clip.presentations.length;
  } finally {
    clip.close();
  }
}

export async function allPieces(pieces: AsyncIterable<CutPiece>): Promise<readonly CutPiece[]> {
  const all: CutPiece[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

function lowestTerms(numerator: bigint, denominator: bigint): string {
  let [a, b] = [numerator, denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  return `${numerator / a}/${denominator / a}`;
}

function fraction(time: string): number {
  const [numerator, denominator] = time.split('/').map(Number);
  return (numerator ?? 0) / (denominator ?? 1);
}
