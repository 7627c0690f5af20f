import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../services/shared/clock/system.ts';
import type { Detection, FrameResult } from '../../services/shared/chunk/result.ts';
import type { GroundTruth } from '../../services/local/demo-video/ground-truth.ts';
import { clipLimitsDefault } from '../../services/worker/executor/clip-limits.ts';
import type { Picture } from '../../services/worker/executor/decoder-ports.ts';
import { nodeAvDecoder } from '../../services/worker/executor/node-av-decoder.ts';
import { runChunk } from '../../services/worker/executor/run-chunk.ts';
import { loadRepositories, type ServedModel } from '../../services/worker/models/load.ts';
import { onnxRuntime } from '../../services/worker/models/onnx.ts';
import type { JudgedFrame } from './mean-average-precision.ts';

export const demoModelFolder = join(import.meta.dirname, '../../services/worker/demo-model');

/** The demo clips are sampled as often as the model's manifest asks for. */
const sampleMs = 500;

const decoder = nodeAvDecoder({ threads: 1 });

/** @throws ModelError when the repository does not hold exactly one model that can be run. */
export async function loadOnlyModel(repository: string): Promise<ServedModel> {
  const { models } = await loadRepositories(
    { repositories: [repository], kind: 'cpu', variants: ['fp32'], batchMax: 4 },
    onnxRuntime({ kind: 'cpu', threads: 1 }),
  );
  const [model] = models;
  if (model === undefined || models.length > 1) {
    throw new Error(`${repository} holds ${models.length} models; exactly one is expected`);
  }
  return model;
}

/** Runs a clip through the worker's own decoding, sampling and inference, within this process. */
export async function judgeByModel(
  file: string,
  truth: GroundTruth,
  model: ServedModel,
): Promise<JudgedFrame[]> {
  const chunk = {
    key: file,
    bytes: await readFile(file),
    contentType: 'video/mp4',
    model: null,
    startMs: 0,
    durationMs: null,
  };
  const tools = { decoder, limits: clipLimitsDefault, clock: systemClock };
  const { frames } = await runChunk(chunk, model, tools);
  return judgedFrames(frames, truth);
}

/** Sets what was found in a clip's frames beside what they show. */
export function judgedFrames(frames: readonly FrameResult[], truth: GroundTruth): JudgedFrame[] {
  return frames.map(({ presentationMs, detections }) => ({
    detections,
    expected: objectsAt(truth, presentationMs),
  }));
}

/** Gives the same frames of a clip, decoded in the same way, to a detector that is a function. */
export async function judgeByFunction(
  file: string,
  truth: GroundTruth,
  detect: (picture: Picture) => readonly Detection[],
): Promise<JudgedFrame[]> {
  const source = { bytes: await readFile(file), contentType: 'video/mp4' };
  const clip = decoder.open(source, clipLimitsDefault);
  try {
    const { numerator, denominator } = clip.timeBase;
    const msOf = (ticks: bigint): number =>
      Number(ticks * numerator * 1_000n) / Number(denominator);
    const wanted = clip.presentations.filter((ticks) => msOf(ticks) % sampleMs === 0);
    const judged: JudgedFrame[] = [];
    for (const picture of clip.pictures(new Set(wanted))) {
      judged.push({
        detections: detect(picture),
        expected: objectsAt(truth, msOf(picture.presentation)),
      });
    }
    return judged;
  } finally {
    clip.close();
  }
}

function objectsAt(truth: GroundTruth, presentationMs: number): JudgedFrame['expected'] {
  const frame = truth.frames.find((candidate) => candidate.presentationMs === presentationMs);
  if (frame === undefined) {
    throw new Error(`the ground truth of seed ${truth.seed} has no frame at ${presentationMs} ms`);
  }
  return frame.objects;
}
