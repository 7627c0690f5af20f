import type { FailureReason } from '../../shared/chunk/reasons.ts';
import type { FrameResult } from '../../shared/chunk/result.ts';
import type { WorkerKind } from '../../shared/chunk/words.ts';

export interface ExecutorChunk {
  /** The caller's name for this chunk; comes back in the outcome. Unique among those in hand. */
  readonly key: string;
  readonly bytes: Buffer;
  /** For the words of a failure only: the container is told from the bytes. */
  readonly contentType: string | null;
  /** Null means the default model. */
  readonly model: string | null;
  /** Place of the chunk's first instant in its stream; 0 if unknown. */
  readonly startMs: number;
  /** Media length as the producer said it; null if unknown. The result has the probed length. */
  readonly durationMs: number | null;
}

/** A model as an executor has it in memory. */
export interface ModelDescription {
  readonly name: string;
  readonly version: string;
  /** `fp32`, `fp16` or `int8`. */
  readonly variant: string;
  /** In ONNX Runtime's spelling: `cpu`, `cuda`, `tensorrt`. */
  readonly executionProvider: string;
  readonly device: WorkerKind;
}

export interface ExecutorResult {
  readonly kind: 'result';
  readonly key: string;
  readonly model: ModelDescription;
  /** Size of the source picture in pixels. */
  readonly width: number;
  readonly height: number;
  /** Probed media length of the video in the chunk. */
  readonly durationMs: number;
  /**
   * Presentation time of the chunk's first frame in its own container. A frame's place in the stream
   * is `startMs + presentationMs - firstPresentationMs`; for most whole files the last is 0.
   */
  readonly firstPresentationMs: number;
  /** Source frames per sampled frame, mean. */
  readonly frameStride: number;
  /** Frames wanted per second of video. */
  readonly framesPerSecond: number;
  /**
   * By presentation time, which is as in the chunk's container. Empty when the chunk is sound but so
   * short that no sampling instant falls into it.
   */
  readonly frames: readonly FrameResult[];
  /** Demuxing, decoding and laying frames into the network's input. */
  readonly decodeMs: number;
  /** Running the network and reading its output. */
  readonly inferMs: number;
}

export interface ExecutorFailure {
  readonly kind: 'failure';
  readonly key: string;
  readonly reason: FailureReason;
  /** For a person: what was found and what is accepted. */
  readonly message: string;
  /** Whether another try, perhaps elsewhere, may go better. */
  readonly retriable: boolean;
}

export type ExecutorOutcome = ExecutorResult | ExecutorFailure;

/** Where chunks are computed. Nothing of a chunk can hurt the caller's process. */
export interface Executor {
  /** The models that every slot has loaded and warmed. */
  readonly models: readonly ModelDescription[];
  /** Chunks that can be computed at the same time. */
  readonly slots: number;
  /**
   * Computes chunks and calls back once for each, in any order; resolves after the last callback.
   * Never rejects for a chunk's fault. Chunks wait while all slots are busy, first come first served.
   */
  execute(
    chunks: readonly ExecutorChunk[],
    onOutcome: (outcome: ExecutorOutcome) => void,
  ): Promise<void>;
  /**
   * Whether a slot is idle, now or within `withinMs`: after a child has died its successor loads
   * every model again, and meanwhile the chunk is better off elsewhere.
   */
  available(withinMs: number): Promise<boolean>;
  /** Ends all slots; what they had in hand fails as `executor-failed`, retriable. Idempotent. */
  close(): Promise<void>;
}

/**
 * - `load-failed`: a model could not be loaded; the message names model, file and why.
 * - `load-timed-out`: an executor was not ready in time.
 * - `executor-lost`: an executor ended before it was ready.
 * - `closed`: the pool was closed.
 */
export type ExecutorErrorCode = 'load-failed' | 'load-timed-out' | 'executor-lost' | 'closed';

export class ExecutorError extends Error {
  readonly code: ExecutorErrorCode;

  constructor(code: ExecutorErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ExecutorError';
    this.code = code;
  }
}
