import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoClasses } from '../../services/local/demo-video/ground-truth.ts';
import type { GroundTruth } from '../../services/local/demo-video/ground-truth.ts';
import { writeDemoClip } from '../../services/local/demo-video/write-demo-clip.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { judgeByModel, judgedFrames, loadOnlyModel } from '../support/demo-clip-run.ts';
import { demoRepository, Installation } from '../support/installation/installation.ts';
import { resultOf } from '../support/installation/outcomes.ts';
import { meanAveragePrecision } from '../support/mean-average-precision.ts';
import type { JudgedFrame } from '../support/mean-average-precision.ts';

/** None of which the demo model was trained on, nor is measured on elsewhere. */
const seeds = [5001, 5002, 5003, 5004];
const clipSeconds = 6;

describeWithKafka('the demo model in a whole system', () => {
  let folder: string;
  let installation: Installation;
  const clips: { readonly file: string; readonly truth: GroundTruth }[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spillway-demo-system-'));
    for (const seed of seeds) {
      const file = join(folder, `street-${seed}.mp4`);
      clips.push({ file, truth: await writeDemoClip({ seed, seconds: clipSeconds, file }) });
    }
    installation = await Installation.open({
      brokers: kafkaAddresses(),
      prefix: uniqueTopicPrefix(),
    });
    await installation.startAll();
  });

  afterAll(async () => {
    await installation?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test('is as accurate from Kafka to result as it is by itself', async () => {
    const values = await Promise.all(clips.map(({ file }) => readFile(file)));
    const coordinates = await installation.submit(
      values.map((value) => ({ value, priority: 'standard' })),
    );
    const outcomes = await installation.outcomes.of(coordinates);
    expect(outcomes.map(({ kind, message }) => [kind, message])).toEqual(
      clips.map(() => ['result', '']),
    );
    const throughKafka = outcomes.map((outcome, index) =>
      judgedFrames(resultOf(outcome).frames, truthOf(index)),
    );
    const model = await loadOnlyModel(demoRepository);
    const byItself: JudgedFrame[][] = [];
    for (const { file, truth } of clips) byItself.push(await judgeByModel(file, truth, model));
    await model.network.close();

    const wanted = meanOf(byItself);
    expect(wanted).toBeGreaterThan(0.6);
    expect(Math.abs(meanOf(throughKafka) - wanted)).toBeLessThanOrEqual(0.01);
    // The measure notices results that went to the wrong clip.
    const exchanged = outcomes.map((outcome, index) =>
      judgedFrames(resultOf(outcome).frames, truthOf((index + 1) % clips.length)),
    );
    expect(meanOf(exchanged)).toBeLessThan(wanted - 0.2);
  });

  function truthOf(index: number): GroundTruth {
    const truth = clips[index]?.truth;
    if (truth === undefined) throw new Error(`there is no clip ${index}`);
    return truth;
  }
});

function meanOf(clips: readonly JudgedFrame[][]): number {
  return meanAveragePrecision(clips.flat(), demoClasses).mean;
}
