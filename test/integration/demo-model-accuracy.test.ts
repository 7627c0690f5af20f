import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { demoClasses } from '../../services/local/demo-video/ground-truth.ts';
import { writeDemoClip } from '../../services/local/demo-video/write-demo-clip.ts';
import { colourThresholdTuned, detectByColour } from '../support/colour-threshold-detector.ts';
import {
  demoModelFolder,
  judgeByFunction,
  judgeByModel,
  loadOnlyModel,
} from '../support/demo-clip-run.ts';
import { meanAveragePrecision, type JudgedFrame } from '../support/mean-average-precision.ts';

const seedRange = z.tuple([z.int(), z.int()]);

const recordSchema = z.object({
  modelSha256: z.string(),
  parameters: z.int(),
  training: z.object({ seeds: seedRange }),
  evaluation: z.object({ seeds: seedRange, clipSeconds: z.number(), frames: z.int() }),
  meanAveragePrecision: z.object({ model: z.number(), colourThreshold: z.number() }),
});

let folder: string;
let record: z.infer<typeof recordSchema>;
/** One entry a clip. */
const byModel: JudgedFrame[][] = [];
const byColour: JudgedFrame[][] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-model-'));
  const text = await readFile(join(demoModelFolder, 'accuracy.json'), 'utf8');
  record = recordSchema.parse(JSON.parse(text));
  const model = await loadOnlyModel(join(demoModelFolder, 'repository'));
  const [first, last] = record.evaluation.seeds;
  for (let seed = first; seed <= last; seed += 1) {
    const file = join(folder, `street-${seed}.mp4`);
    const truth = await writeDemoClip({ seed, seconds: record.evaluation.clipSeconds, file });
    byModel.push(await judgeByModel(file, truth, model));
    byColour.push(
      await judgeByFunction(file, truth, (picture) =>
        detectByColour(picture, colourThresholdTuned),
      ),
    );
  }
  await model.network.close();
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function meanOf(clips: readonly JudgedFrame[][]): number {
  return meanAveragePrecision(clips.flat(), demoClasses).mean;
}

describe('the demo model, through the worker’s own decoding and inference', () => {
  it('finds vehicles and people in clips that it was not trained on', () => {
    const { averagePrecision, mean } = meanAveragePrecision(byModel.flat(), demoClasses);
    expect(mean, JSON.stringify(averagePrecision)).toBeGreaterThanOrEqual(0.6);
  });

  it('does what a threshold on colour cannot', () => {
    expect(meanOf(byColour)).toBeLessThan(0.3);
  });

  it('is as accurate as accuracy.json says, and so is the threshold', () => {
    expect(byModel.flat()).toHaveLength(record.evaluation.frames);
    // Another processor rounds otherwise, which may move a score across the threshold.
    expect(Math.abs(meanOf(byModel) - record.meanAveragePrecision.model)).toBeLessThan(0.02);
    expect(Math.abs(meanOf(byColour) - record.meanAveragePrecision.colourThreshold)).toBeLessThan(
      0.02,
    );
  });

  it('is bad when its detections are held against another clip’s truth', () => {
    const exchanged = byModel.map((frames, clip) =>
      frames.map(({ detections }, number) => ({
        detections,
        expected: byModel[(clip + 1) % byModel.length]?.[number]?.expected ?? [],
      })),
    );
    expect(meanOf(exchanged)).toBeLessThan(0.3);
  });

  it('is the network that accuracy.json describes, trained on other seeds', async () => {
    const network = join(demoModelFolder, 'repository/traffic-demo/1/model.onnx');
    const digest = createHash('sha256')
      .update(await readFile(network))
      .digest('hex');
    expect(digest).toBe(record.modelSha256);
    expect(record.parameters).toBeLessThanOrEqual(300_000);
    expect(record.training.seeds[1]).toBeLessThan(record.evaluation.seeds[0]);
  });
});
