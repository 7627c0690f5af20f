import { coordinatesKey } from './coordinates.ts';
import type { Chunk } from './envelope.ts';
import { formatRfc3339 } from './rfc3339.ts';
import type { WorkerKind } from './words.ts';

export const resultType = 'spillway.result.v1';

/** Left, top, width and height in pixels of the source video, within the picture. */
export type Box = readonly [x: number, y: number, width: number, height: number];

export interface Detection {
  readonly class: string;
  /** 0 to 1. */
  readonly score: number;
  readonly box: Box;
}

export interface FrameResult {
  /** Presentation time in the chunk's own container. */
  readonly presentationMs: number;
  readonly detections: readonly Detection[];
}

/** The part of a result that the worker knows; schema `result.schema.json` has every field's meaning. */
export interface ResultBody {
  readonly model: string;
  readonly modelVersion: string;
  readonly variant: string;
  readonly device: WorkerKind;
  readonly executionProvider: string;
  readonly emulated: boolean;
  readonly width: number;
  readonly height: number;
  readonly durationMs: number;
  readonly framesPerSecond: number;
  readonly frameStride: number;
  /** Presentation time of the first frame; the place in the stream counts from it. */
  readonly firstPresentationMs: number;
  readonly frames: readonly FrameResult[];
  readonly queuedMs: number;
  readonly laneMs: number;
  readonly decodeMs: number;
  readonly inferMs: number;
  readonly computeMs: number;
  readonly spilled: boolean;
  readonly attempt: number;
  readonly worker: string;
  readonly pool: string;
}

/** The part that the dispatcher adds when it settles. */
export interface ResultHead {
  readonly type: typeof resultType;
  readonly source: string;
  readonly id: string;
  readonly coordinates: string;
  readonly sequence: string | null;
  readonly startMs: number;
  readonly tenant: string;
  readonly submittedAt: string;
  readonly deadline: string;
  readonly finishedAt: string;
  readonly deadlineMet: boolean;
}

export type Result = ResultHead & ResultBody;

export function resultHead(chunk: Chunk, finishedAtMs: number): ResultHead {
  return {
    type: resultType,
    source: chunk.source,
    id: chunk.id,
    coordinates: coordinatesKey(chunk.coordinates),
    sequence: chunk.sequence,
    startMs: chunk.startMs,
    tenant: chunk.tenant,
    submittedAt: formatRfc3339(chunk.submittedAtMs),
    deadline: formatRfc3339(chunk.deadlineAtMs),
    finishedAt: formatRfc3339(finishedAtMs),
    deadlineMet: finishedAtMs <= chunk.deadlineAtMs,
  };
}

/**
 * Joins head and body as text: the dispatcher must not parse and print the detections of every
 * chunk of the installation, and the body is a JSON object by the worker's own encoder.
 */
export function joinResult(head: ResultHead, bodyJson: string): string {
  const inner = bodyJson.trim().slice(1).trimStart();
  const opening = JSON.stringify(head).slice(0, -1);
  return inner === '}' ? `${opening}}` : `${opening},${inner}`;
}
