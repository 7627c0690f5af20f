import { open, readFile, stat } from 'node:fs/promises';
import type { Clock } from '../../shared/clock/ports.ts';
import { CommandError } from '../command-error.ts';
import type { CutFile, CutPiece, VideoCutter } from './cutter-ports.ts';
import { readIndex } from './node-av-index.ts';
import { packPiece } from './node-av-piece.ts';
import { NodeAvSource } from './node-av-source.ts';
import { planPieces } from './plan-pieces.ts';
import type { PiecePlan } from './plan-pieces.ts';
import {
  containersReadable,
  contentTypeOf,
  recognitionBytes,
  recognizeFile,
} from './recognize-file.ts';
import type { FileContainer } from './recognize-file.ts';
import { ticksToWholeMs } from './video-index.ts';
import type { Piece, VideoIndex } from './video-index.ts';

interface Inspected {
  readonly container: FileContainer;
  readonly index: VideoIndex;
  readonly skipped: number;
  readonly pieces: readonly Piece[];
  /** The file as it is, where it must stay in one piece and workers read its container. */
  readonly unchangedAs: string | null;
}

/** The largest file that Node reads at once. */
const wholeBytesMax = 2 * 1024 ** 3 - 1;

/** Cuts with FFmpeg's demuxers and its MP4 muxer, in this process. */
export function nodeAvCutter(clock: Clock): VideoCutter {
  const known = new WeakMap<CutFile, Inspected>();
  return {
    inspect: async (path, chunkMs) => {
      const { file, inspected } = await inspectFile(path, chunkMs, clock);
      known.set(file, inspected);
      return file;
    },
    cut: (file) => {
      const inspected = known.get(file);
      if (inspected === undefined) throw new Error('a file is inspected before it is cut');
      return cutFile(file, inspected, clock);
    },
  };
}

async function inspectFile(
  path: string,
  chunkMs: number,
  clock: Clock,
): Promise<{ readonly file: CutFile; readonly inspected: Inspected }> {
  const { container, fileBytes } = await recognize(path);
  const source = new NodeAvSource(path, container);
  try {
    const { index, skipped } = await readIndex(source, path, clock);
    const plan = planPieces(index, chunkMs === 0 ? Number.MAX_SAFE_INTEGER : chunkMs);
    const pieces = plan.isCut ? plan.pieces : [plan.whole];
    const contentType = contentTypeOf(container);
    const unchangedAs = !plan.isCut || chunkMs === 0 ? contentType : null;
    if (!plan.isCut && contentType === null) {
      throw refuse(path, `it can be sent neither in pieces nor as it is: ${plan.reason}`);
    }
    if (unchangedAs !== null && fileBytes > wholeBytesMax) {
      throw refuse(path, 'it is too large for one chunk; choose --chunk-seconds above 0');
    }
    const file: CutFile = {
      path,
      pieces: pieces.map(({ startMs, durationMs, packetBytes }) => ({
        startMs,
        durationMs,
        bytesEstimated: unchangedAs === null ? packetBytes : fileBytes,
      })),
      remark: chunkMs === 0 ? null : remarkOn(plan),
      durationMs: lengthOf(pieces, index),
    };
    return { file, inspected: { container, index, skipped, pieces, unchangedAs } };
  } finally {
    source.close();
  }
}

function remarkOn(plan: PiecePlan): string | null {
  if (!plan.isCut) return `is sent whole: ${plan.reason}`;
  if (plan.isExact) return null;
  return (
    'has uneven frame times: next to an instant of sampling, a frame may be looked at in place ' +
    'of its neighbour'
  );
}

function lengthOf(pieces: readonly Piece[], { tickLength }: VideoIndex): number {
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (first === undefined || last === undefined) return 0;
  return ticksToWholeMs(last.endTicks - first.firstTicks, tickLength);
}

async function recognize(
  path: string,
): Promise<{ readonly container: FileContainer; readonly fileBytes: number }> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) {
      throw refuse(
        path,
        `it is a folder; name the files in it, e.g. ${path.replace(/\/$/, '')}/*.mp4`,
      );
    }
    if (!facts.isFile()) throw refuse(path, 'it is no regular file');
    if (facts.size === 0) throw refuse(path, 'it is empty');
    const file = await open(path);
    try {
      const start = Buffer.alloc(recognitionBytes);
      const { bytesRead } = await file.read(start, 0, recognitionBytes, 0);
      const container = recognizeFile(start.subarray(0, bytesRead));
      if (container !== null) return { container, fileBytes: facts.size };
      throw refuse(
        path,
        `it is not a video that is known here; accepted are ${containersReadable}`,
      );
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse(
      path,
      isMissing ? 'there is no such file' : `it cannot be read (${reason})`,
      error,
    );
  }
}

async function* cutFile(
  file: CutFile,
  inspected: Inspected,
  clock: Clock,
): AsyncGenerator<CutPiece> {
  const [facts] = file.pieces;
  if (inspected.unchangedAs !== null && facts !== undefined) {
    const bytes = await readFile(file.path);
    yield { ...facts, number: 0, bytes, contentType: inspected.unchangedAs };
    return;
  }
  const source = new NodeAvSource(file.path, inspected.container);
  try {
    for (let packet = 0; packet < inspected.skipped; packet += 1) source.read();
    for (const [number, piece] of inspected.pieces.entries()) {
      const { startMs, durationMs, packetBytes } = piece;
      const bytes = pack(file.path, () => packPiece(source, inspected.index, piece));
      const contentType = 'video/mp4';
      yield { number, startMs, durationMs, bytesEstimated: packetBytes, bytes, contentType };
      await clock.sleepMs(0);
    }
  } finally {
    source.close();
  }
}

function pack(path: string, action: () => Buffer): Buffer {
  try {
    return action();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse(path, `a piece cannot be written as MP4: ${reason}`, error);
  }
}

function refuse(path: string, reason: string, cause?: unknown): CommandError {
  return new CommandError('input', `${path} cannot be submitted: ${reason}`, cause);
}
