import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectFolder } from '../../services/local/project-folder.ts';
import type { FrameResult, Result } from '../../services/shared/chunk/result.ts';
import {
  bestScore,
  bottleVideo,
  expectedBottles,
  missingForBottles,
  unmatched,
  yoloxNano,
} from '../support/bottle-detection.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';
import { Installation } from '../support/installation/installation.ts';
import { resultOf } from '../support/installation/outcomes.ts';

describeWithKafka('a real video and a published network', () => {
  describeUnlessMissing('through the whole system', missingForBottles(), suite);
});

function suite(): void {
  let installation: Installation;
  let repository: string;

  beforeAll(async () => {
    repository = mkdtempSync(join(tmpdir(), 'spillway-stock-'));
    mkdirSync(join(repository, 'yolox-nano', '1'), { recursive: true });
    symlinkSync(yoloxNano, join(repository, 'yolox-nano', '1', 'model.onnx'));
    installation = await Installation.open({
      brokers: kafkaAddresses(),
      prefix: uniqueTopicPrefix(),
      modelRepositories: [repository],
    });
    await installation.startAll();
  });

  afterAll(async () => {
    await installation?.stop();
    if (repository !== undefined) rmSync(repository, { recursive: true, force: true });
  });

  test('give what an independent program finds in it', async () => {
    const coordinates = await installation.submit([
      { value: readFileSync(bottleVideo), priority: 'standard' },
    ]);
    const [outcome, ...more] = await installation.outcomes.of(coordinates, 50_000);
    expect(more).toEqual([]);
    if (outcome === undefined) throw new Error('no outcome');
    expect([outcome.kind, outcome.message]).toEqual(['result', '']);
    const result = resultOf(outcome);
    expect(result).toMatchObject({
      model: 'yolox-nano',
      variant: 'fp32',
      executionProvider: 'cpu',
      width: 640,
      height: 360,
      framesPerSecond: 2,
      durationMs: 39_855,
      deadlineMet: true,
    });
    const { frames } = result;
    expect(frames.map(({ presentationMs }) => presentationMs)).toEqual(
      expectedBottles().map(({ presentationMs }) => presentationMs),
    );
    expectBottles(frames);
    // The comparison can fail: against the frames of another moment it does.
    expect(unmatched(expectedBottles(), frames.toReversed())).not.toEqual([]);
  });

  test('give the same when the file is cut into chunks', async () => {
    const command = join(projectFolder(), 'dist/services/cli/main.js');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [command, 'submit', bottleVideo, '--wait', '--json'],
      {
        env: {
          KAFKA_BROKERS: kafkaAddresses().join(','),
          SPILLWAY_TOPIC_PREFIX: installation.topics.prefix,
          SPILLWAY_CLAIM_ROOT: installation.claimRoot,
        },
        maxBuffer: 2 ** 26,
      },
    );
    const results = stdout
      .trimEnd()
      .split('\n')
      .map((line): Result => JSON.parse(line))
      .toSorted((one, other) => one.startMs - other.startMs);
    expect(results.length).toBeGreaterThan(1);
    expect(results.map(({ sequence }) => Number(sequence))).toEqual(
      Array.from(results, (_, index) => index),
    );
    const frames = results.flatMap((result) => result.frames);
    expectBottles(frames);
    const streamTimes = results.flatMap(({ startMs, frames: own }) =>
      own.map(({ presentationMs }) => startMs + presentationMs),
    );
    // A chunk's own place in the stream is told in whole milliseconds.
    const wanted = expectedBottles().map(({ presentationMs }) => presentationMs);
    const errorsMs = streamTimes.map((time, index) => Math.abs(time - (wanted[index] ?? 0)));
    expect(Math.max(...errorsMs)).toBeLessThanOrEqual(1);
  });
}

/** The 80 frames of the whole video, in order. */
function expectBottles(frames: readonly FrameResult[]): void {
  expect(frames).toHaveLength(80);
  const scores = frames.map((frame) => bestScore(frame, 'bottle'));
  expect(Math.min(...scores)).toBeGreaterThanOrEqual(0.85);
  expect(unmatched(expectedBottles(), frames)).toEqual([]);
  expect(unmatched(frames, expectedBottles())).toEqual([]);
}
