import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeDemoClip } from '../../services/local/demo-video/write-demo-clip.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { encodeLaneOrder, laneOrderHeader } from '../../services/shared/chunk/lane-record.ts';
import { systemClock } from '../../services/shared/clock/system.ts';
import { textHeaders } from '../../services/shared/kafka/record-headers.ts';
import { demoRepository, Installation } from '../support/installation/installation.ts';
import { eventually } from '../support/process-probe.ts';
import { median } from './figure.ts';
import type { Figure } from './figure.ts';
import { withKafka } from './local-kafka.ts';

const bar = 0.85;
const rounds = 3;
/** Of both models' manifests. */
const framesPerSecond = 2;

interface Load {
  readonly model: string;
  readonly repository: string;
  readonly chunkSeconds: number;
  /** Of the network's output, for the independent program. */
  readonly strides: string;
  /** Different clips; each is used several times. */
  readonly clips: number;
  readonly repeats: number;
}

interface Measured {
  readonly model: string;
  readonly ratio: number;
  readonly systemFramesPerSecond: number;
  readonly bareFramesPerSecond: number;
  readonly pythonFramesPerSecond: number | null;
}

const run = promisify(execFile);

/**
 * What the system costs a worker: frames per second from a prefilled lane to `done`, over a bare loop
 * with the same decoder, model and threads. System and bare loop take turns, and medians are compared.
 */
export async function benchWorker(): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'));
  try {
    const measured: Measured[] = [];
    for (const load of loads(folder)) measured.push(await measure(load, folder));
    const figure = Math.min(...measured.map(({ ratio }) => ratio));
    return {
      bench: 'worker',
      figure: Number(figure.toFixed(3)),
      bar,
      holds: figure >= bar,
      measured,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function loads(folder: string): readonly Load[] {
  const demo = { model: 'traffic-demo', repository: demoRepository };
  const demoLoad = { ...demo, chunkSeconds: 2, strides: '8,16', clips: 10, repeats: 30 };
  const published = join(projectFolder(), '../shared/data/models/yolox_nano.onnx');
  if (!existsSync(published)) {
    console.warn(`SKIPPED yolox-nano on 10 s chunks: there is no ${published}`);
    return [demoLoad];
  }
  const repository = join(folder, 'models');
  mkdirSync(join(repository, 'yolox-nano', '1'), { recursive: true });
  copyFileSync(published, join(repository, 'yolox-nano', '1', 'model.onnx'));
  const yolox = { model: 'yolox-nano', repository, strides: '8,16,32' };
  return [demoLoad, { ...yolox, chunkSeconds: 10, clips: 4, repeats: 4 }];
}

async function measure(load: Load, folder: string): Promise<Measured> {
  const files = await writeClips(load, folder);
  const system: number[] = [];
  const bare: number[] = [];
  await withKafka(async (brokers) => {
    for (let round = 1; round <= rounds; round += 1) {
      bare.push(await bareLoop(load, files));
      const prefix = `bench-${load.model}-${round}.`;
      system.push(await throughSystem(load, files, { brokers, prefix }));
      console.log(
        `${load.model}: system ${system.at(-1)?.toFixed(1)}, bare loop ${bare.at(-1)?.toFixed(1)} frames/s`,
      );
    }
  });
  const python = await pythonLoop(load, folder);
  if (python !== null) console.log(`${load.model}: independent loop ${python.toFixed(1)} frames/s`);
  return {
    model: load.model,
    ratio: Number((median(system) / median(bare)).toFixed(3)),
    systemFramesPerSecond: Number(median(system).toFixed(1)),
    bareFramesPerSecond: Number(median(bare).toFixed(1)),
    pythonFramesPerSecond: python === null ? null : Number(python.toFixed(1)),
  };
}

async function writeClips(load: Load, folder: string): Promise<readonly string[]> {
  const files = Array.from({ length: load.clips }, (_, index) =>
    join(folder, `${load.chunkSeconds}s-${index}.mp4`),
  );
  for (const [index, file] of files.entries()) {
    await writeDemoClip({ seed: 9000 + index, seconds: load.chunkSeconds, file });
  }
  return files;
}

async function bareLoop(load: Load, files: readonly string[]): Promise<number> {
  const program = join(projectFolder(), 'dist/test/bench/bare-loop.js');
  const { model, repository, repeats } = load;
  const { stdout } = await run(process.execPath, [
    program,
    repository,
    model,
    String(repeats),
    ...files,
  ]);
  return Number(stdout);
}

/** Fills one lane partition, starts a worker, and times from its first start to its last end. */
async function throughSystem(
  load: Load,
  files: readonly string[],
  { brokers, prefix }: { readonly brokers: readonly string[]; readonly prefix: string },
): Promise<number> {
  const { repository } = load;
  const installation = await Installation.open({
    brokers,
    prefix,
    modelRepositories: [repository],
  });
  try {
    const chunks = await fillLane(installation, load, files);
    installation.startWorker('worker', { SPILLWAY_WORKER_THREADS: '1' });
    const { started, finished } = installation.tries;
    await eventually('every chunk is computed', () => finished.length === chunks, 600_000);
    const beganAtMs = started[0]?.atMs ?? Number.NaN;
    const endedAtMs = finished.at(-1)?.atMs ?? Number.NaN;
    const framesPerChunk = load.chunkSeconds * framesPerSecond;
    return (chunks * framesPerChunk) / ((endedAtMs - beganAtMs) / 1000);
  } finally {
    await installation.stop();
  }
}

async function fillLane(
  installation: Installation,
  load: Load,
  files: readonly string[],
): Promise<number> {
  const clips = files.map((file) => readFileSync(file));
  const chunks = load.clips * load.repeats;
  const sink = await installation.kafka.recordSink();
  const nowMs = systemClock.nowMs();
  for (let offset = 0; offset < chunks; offset += 1) {
    const order = encodeLaneOrder({
      assignment: {
        coordinates: { priority: 'live', partition: 0, offset },
        term: 'bench',
        number: 1,
      },
      source: 'bench',
      id: String(offset),
      model: null,
      startMs: 0,
      durationMs: load.chunkSeconds * 1000,
      contentType: 'video/mp4',
      dataref: null,
      declaredSha256: null,
      submittedAtMs: nowMs,
      deadlineAtMs: nowMs + 3_600_000,
      attempt: 1,
      excludedWorkers: [],
      dispatchedAtMs: nowMs,
      startByMs: nowMs + 3_600_000,
      spilled: false,
    });
    await sink.send([
      {
        topic: installation.topics.lane({ kind: 'cpu', priority: 'live' }),
        partition: 0,
        key: null,
        value: clips[offset % clips.length] ?? null,
        headers: textHeaders([[laneOrderHeader, order]]),
      },
    ]);
  }
  await sink.close();
  return chunks;
}

/** Frames per second of the independent Python program, or `null` where it does not run. */
async function pythonLoop(load: Load, folder: string): Promise<number | null> {
  const python = process.env['SPILLWAY_TEST_PYTHON'] ?? 'python3';
  const program = join(projectFolder(), 'test/support/independent-detector.py');
  const model = join(load.repository, load.model, '1', 'model.onnx');
  const file = join(folder, 'independent.mp4');
  await writeDemoClip({ seed: 9100, seconds: 40, file });
  try {
    const { stdout } = await run(python, [
      program,
      file,
      model,
      '--strides',
      load.strides,
      '--bench',
    ]);
    return Number(/([\d.]+) frames per second/.exec(stdout)?.[1] ?? Number.NaN);
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    console.warn(
      `SKIPPED the independent loop: ${reason}; it needs SPILLWAY_TEST_PYTHON with the packages of test/support/requirements.txt`,
    );
    return null;
  }
}
