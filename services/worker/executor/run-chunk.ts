import type { Clock } from '../../shared/clock/ports.ts';
import type { FrameResult } from '../../shared/chunk/result.ts';
import { decodeOutput, outputLength } from '../models/output-decoder.ts';
import type { ServedModel } from '../models/load.ts';
import type { ClipLimits } from './clip-limits.ts';
import type { Clip, Decoder, Picture } from './decoder-ports.ts';
import { layOut, writePicture, type Layout } from './letterbox.ts';
import type { ExecutorChunk, ExecutorResult } from './ports.ts';
import { samplePresentations, type TimeBase } from '../../shared/chunk/sampling.ts';

export interface ChunkTools {
  readonly decoder: Decoder;
  readonly limits: ClipLimits;
  readonly clock: Clock;
}

/**
 * Computes one chunk: demux, choose the frames, decode those, lay them into batches, infer.
 *
 * @throws ChunkError for what is wrong with the chunk, ModelError `infer-failed` for the provider.
 */
export async function runChunk(
  chunk: ExecutorChunk,
  model: ServedModel,
  tools: ChunkTools,
): Promise<ExecutorResult> {
  const startedAtMs = tools.clock.monotonicMs();
  const clip = tools.decoder.open(chunk, tools.limits);
  try {
    const { presentations, timeBase, lastFrameTicks } = clip;
    const { framesPerSecond } = model.manifest;
    const timeline = { presentations, timeBase, lastFrameTicks };
    const sampled = samplePresentations({ ...timeline, startMs: chunk.startMs, framesPerSecond });
    // A chunk without a sampling instant is still decoded at one place: silence is no proof of health.
    const wanted = sampled.length > 0 ? sampled : presentations.slice(0, 1);
    const batch = emptyBatch(model, clip.timeBase, tools.clock);
    for (const picture of clip.pictures(new Set(wanted))) {
      if (batch.size.width === 0) batch.size = { width: picture.width, height: picture.height };
      if (sampled.length > 0) await addPicture(batch, picture);
    }
    await inferBatch(batch);
    const elapsedMs = tools.clock.monotonicMs() - startedAtMs;
    return {
      kind: 'result',
      key: chunk.key,
      model: describeModel(model),
      ...batch.size,
      ...lengthOf(clip),
      frameStride: presentations.length / Math.max(1, sampled.length),
      framesPerSecond,
      frames: batch.frames.toSorted((one, other) => one.presentationMs - other.presentationMs),
      decodeMs: Math.max(0, elapsedMs - batch.inferMs),
      inferMs: batch.inferMs,
    };
  } finally {
    clip.close();
  }
}

export function describeModel(model: ServedModel): ExecutorResult['model'] {
  const { name, version, variant, device } = model;
  return { name, version, variant, device, executionProvider: model.network.executionProvider };
}

function lengthOf(clip: Clip): {
  readonly durationMs: number;
  readonly firstPresentationMs: number;
} {
  const first = clip.presentations[0] ?? 0n;
  const last = clip.presentations.at(-1) ?? first;
  return {
    durationMs: ticksToMs(last + clip.lastFrameTicks - first, clip.timeBase),
    firstPresentationMs: ticksToMs(first, clip.timeBase),
  };
}

/** To the microsecond, which is more than any container stores. */
function ticksToMs(ticks: bigint, timeBase: TimeBase): number {
  const halves = (ticks * timeBase.numerator * 2_000_000n) / timeBase.denominator;
  return Math.round(Number(halves) / 2) / 1000;
}

/** The frames of one chunk on their way through the network. */
interface FrameBatch {
  readonly model: ServedModel;
  readonly timeBase: TimeBase;
  readonly clock: Clock;
  /** float32 [batch size, 3, height, width]; the first `waiting.length` frames are filled. */
  readonly pixels: Float32Array;
  readonly waiting: { readonly presentation: bigint; readonly layout: Layout }[];
  readonly frames: FrameResult[];
  /** Of the first picture, 0 until there is one. */
  size: { readonly width: number; readonly height: number };
  inferMs: number;
}

function emptyBatch(model: ServedModel, timeBase: TimeBase, clock: Clock): FrameBatch {
  const pixels = new Float32Array(model.batch.size * frameLength(model));
  const size = { width: 0, height: 0 };
  return { model, timeBase, clock, pixels, waiting: [], frames: [], size, inferMs: 0 };
}

function frameLength({ manifest }: ServedModel): number {
  return 3 * manifest.input.width * manifest.input.height;
}

async function addPicture(batch: FrameBatch, picture: Picture): Promise<void> {
  const { input } = batch.model.manifest;
  const layout = layOut(picture, input);
  const length = frameLength(batch.model);
  const start = batch.waiting.length * length;
  writePicture(batch.pixels.subarray(start, start + length), picture, { input, layout });
  batch.waiting.push({ presentation: picture.presentation, layout });
  if (batch.waiting.length === batch.model.batch.size) await inferBatch(batch);
}

/** A network with a fixed batch gets a full one; what its last frames hold is not looked at. */
async function inferBatch(batch: FrameBatch): Promise<void> {
  if (batch.waiting.length === 0) return;
  const { manifest, network, batch: capacity } = batch.model;
  const startedAtMs = batch.clock.monotonicMs();
  const count = capacity.isFixed ? capacity.size : batch.waiting.length;
  const { width, height } = manifest.input;
  const tensors = { input: manifest.input.name, output: manifest.output.name };
  const output = await network.infer({ pixels: batch.pixels, count, width, height }, tensors);
  const length = outputLength(manifest);
  for (const [index, { presentation, layout }] of batch.waiting.splice(0).entries()) {
    const part = output.subarray(index * length, (index + 1) * length);
    const detections = decodeOutput(part, manifest, layout.placement);
    batch.frames.push({ presentationMs: ticksToMs(presentation, batch.timeBase), detections });
  }
  batch.inferMs += batch.clock.monotonicMs() - startedAtMs;
}
