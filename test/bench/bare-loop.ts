import { readFileSync } from 'node:fs';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { clipLimitsDefault } from '../../services/worker/executor/clip-limits.ts';
import { nodeAvDecoder } from '../../services/worker/executor/node-av-decoder.ts';
import { runChunk } from '../../services/worker/executor/run-chunk.ts';
import { loadRepositories } from '../../services/worker/models/load.ts';
import { onnxRuntime } from '../../services/worker/models/onnx.ts';
import { systemClock } from '../../services/shared/clock/system.ts';

/**
 * The loop that the worker bench compares with, in a process of its own: the executor's decoder, model
 * and threads, no Kafka and no other process. Arguments: repository, model, rounds, then the clips.
 * Prints frames per second.
 */
const [repository = '', modelName = '', rounds = '1', ...files] = process.argv.slice(2);
Log.setLevel(AV_LOG_QUIET);
const { models } = await loadRepositories(
  { repositories: [repository], kind: 'cpu', variants: ['fp32'], batchMax: 8 },
  onnxRuntime({ kind: 'cpu', threads: 1 }),
);
const model = models.find(({ name }) => name === modelName);
if (model === undefined) throw new Error(`no model ${modelName} in ${repository}`);
const tools = {
  decoder: nodeAvDecoder({ threads: 1 }),
  limits: clipLimitsDefault,
  clock: systemClock,
};
const clips = files.map((file) => readFileSync(file));

let frames = 0;
let beganAtMs = 0;
for (let round = -1; round < Number(rounds); round += 1) {
  // The round before the first is for warming up.
  if (round === 0) beganAtMs = systemClock.monotonicMs();
  for (const [index, bytes] of (round < 0 ? clips.slice(0, 2) : clips).entries()) {
    const chunk = { key: String(index), bytes, contentType: null, model: null };
    const result = await runChunk({ ...chunk, startMs: 0, durationMs: null }, model, tools);
    if (round >= 0) frames += result.frames.length;
  }
}
console.log(frames / ((systemClock.monotonicMs() - beganAtMs) / 1000));
