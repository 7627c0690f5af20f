import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Program } from '../../services/local/processes/program.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { mebibyte } from '../../services/shared/chunk/limits.ts';
import { priorities } from '../../services/shared/chunk/words.ts';
import type { Result } from '../../services/shared/chunk/result.ts';
import { parseRfc3339 } from '../../services/shared/chunk/rfc3339.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { demoClip } from '../support/demo-clip.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';
import { dispatching, Installation, running } from '../support/installation/installation.ts';
import { eventually } from '../support/process-probe.ts';
import { resultOf } from '../support/installation/outcomes.ts';
import type { Outcome } from '../support/installation/outcomes.ts';

let installation: Installation;
let dispatcher: Program;
let worker: Program;
let clip: Buffer;
let clipFile: string;

const kcatMissing =
  spawnSync('kcat', ['-V']).error === undefined
    ? null
    : 'needs kcat: apt-get install kcat, or brew install kcat';

beforeAll(async () => {
  ({ bytes: clip } = await demoClip(7, 2));
  installation = await Installation.open({
    brokers: kafkaAddresses(),
    prefix: uniqueTopicPrefix(),
  });
  dispatcher = installation.startDispatcher();
  worker = installation.startWorker();
  await Promise.all([dispatching(dispatcher), running(worker)]);
  clipFile = join(installation.claimRoot, 'clip.mp4');
  writeFileSync(clipFile, clip);
});

afterAll(() => installation?.stop());

async function onlyOutcome(coordinates: readonly string[]): Promise<Outcome> {
  const [outcome, ...more] = await installation.outcomes.of(coordinates);
  if (outcome === undefined || more.length > 0) throw new Error('not exactly one outcome');
  return outcome;
}

async function onlyResult(coordinates: readonly string[]): Promise<Result> {
  const outcome = await onlyOutcome(coordinates);
  expect([outcome.kind, outcome.reason, outcome.message]).toEqual(['result', '', '']);
  return resultOf(outcome);
}

const timeOf = (text: string): number => parseRfc3339(text) ?? Number.NaN;

describeWithKafka('a file that kcat sends, without any header', () => {
  describeUnlessMissing('with kcat', kcatMissing, kcatTests);
});

function kcatTests(): void {
  const runFile = promisify(execFile);
  const kcat = (...more: readonly string[]): Promise<unknown> => {
    const topic = installation.topics.intake('bulk');
    const to = ['-b', kafkaAddresses().join(','), '-t', topic];
    return runFile('kcat', ['-P', ...to, ...more, clipFile]);
  };

  test('gets a result, under the identity of its place', async () => {
    await kcat('-p', '1');
    const result = await onlyResult(['bulk/1/0']);
    expect(result).toMatchObject({
      type: 'spillway.result.v1',
      source: 'unknown',
      id: 'bulk/1/0',
      coordinates: 'bulk/1/0',
      sequence: null,
      startMs: 0,
      tenant: 'default',
      deadlineMet: true,
      durationMs: 2000,
      framesPerSecond: 2,
      device: 'cpu',
      attempt: 1,
      spilled: false,
    });
    expect(result.frames.map(({ presentationMs }) => presentationMs)).toEqual([0, 500, 1000, 1500]);
    expect(timeOf(result.deadline) - timeOf(result.submittedAt)).toBe(3_600_000);
  });

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('may be compressed with %s', async (codec) => {
    const before = installation.outcomes.all.length;
    await kcat('-p', '0', '-z', codec);
    await eventually('the chunk has an outcome', () => {
      return installation.outcomes.all.length > before;
    });
    await onlyResult([installation.outcomes.all.at(-1)?.coordinates ?? '']);
  });

  test('cannot be packed so that it exhausts whoever unpacks it', async () => {
    const bomb = join(installation.claimRoot, 'zeros');
    writeFileSync(bomb, Buffer.alloc(64 * mebibyte));
    const limits = ['-X', `message.max.bytes=${128 * mebibyte}`];
    const topic = installation.topics.intake('bulk');
    const to = ['-b', kafkaAddresses().join(','), '-t', topic, '-p', '0', '-z', 'gzip'];
    await expect(runFile('kcat', ['-P', ...to, ...limits, bomb])).rejects.toMatchObject({
      stderr: expect.stringMatching(/too large/i),
    });
  });
}

describeWithKafka('a chunk on its way to its result', () => {
  test('comes back with what its CloudEvents headers say, in the published form', async () => {
    const coordinates = await installation.submit([
      {
        value: clip,
        key: 'some key',
        partition: 0,
        headers: {
          ce_specversion: '1.0',
          ce_type: 'spillway.chunk.v1',
          ce_source: 'camera/é 7',
          ce_id: 'first',
          ce_time: '2026-01-31T12:00:00.5+01:00',
          ce_deadline: '9999-01-01T00:00:00Z',
          ce_durationms: '2000',
          ce_sequence: '00042',
          ce_startms: '250',
          ce_tenant: 'north',
          'content-type': 'video/mp4',
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          'their-own': 'header',
        },
      },
    ]);
    const outcome = await onlyOutcome(coordinates);
    const result = resultOf(outcome);
    expect(result).toMatchObject({
      source: 'camera/é 7',
      id: 'first',
      coordinates: coordinates[0],
      sequence: '00042',
      startMs: 250,
      tenant: 'north',
      submittedAt: '2026-01-31T11:00:00.500Z',
      deadline: '9999-01-01T00:00:00.000Z',
      deadlineMet: true,
    });
    // Multiples of 500 ms in stream time, which is 250 ms ahead of the chunk's own.
    expect(result.frames.map(({ presentationMs }) => presentationMs)).toEqual([
      300, 800, 1300, 1800,
    ]);
    expect(outcome.record.key?.toString()).toBe('camera/é 7');
    const headers = outcome.record.headers.map(([name, value]) => [name, value.toString()]);
    expect(headers).toEqual([
      ['content-type', 'application/json'],
      ['spillway-source', 'camera/é 7'],
      ['spillway-id', 'first'],
      ['spillway-coordinates', coordinates[0]],
      ['spillway-digest', createHash('sha256').update(clip).digest('hex')],
    ]);
    const schemaFile = 'services/shared/chunk/schemas/result.schema.json';
    const schema: object = JSON.parse(readFileSync(join(projectFolder(), schemaFile), 'utf8'));
    const ajv = new Ajv2020({ strict: true, allErrors: true, validateFormats: false });
    const isValid = ajv.compile(schema);
    expect(isValid(result), JSON.stringify(isValid.errors)).toBe(true);
    expect(isValid({ ...result, deadlineMet: 'yes' })).toBe(false);
  });

  test('has the source of its key and a deadline from its priority where it names none', async () => {
    const chunk = { value: clip, key: 'camera-9', partition: 0 };
    const [live = '', standard = ''] = await installation.submit([
      { ...chunk, priority: 'live' },
      { ...chunk, priority: 'standard' },
    ]);
    const results = [await onlyResult([live]), await onlyResult([standard])];
    expect(results.map(({ source, id }) => [source, id])).toEqual([
      ['camera-9', live],
      ['camera-9', standard],
    ]);
    const objectives = results.map((each) => timeOf(each.deadline) - timeOf(each.submittedAt));
    expect(objectives).toEqual([30_000, 300_000]);
  });

  test('counts as submitted when the broker took it, if its own time is later', async () => {
    const before = await onlyResult(await installation.submit([{ value: clip }]));
    const headers = { ce_time: '2999-01-01T00:00:00Z' };
    const result = await onlyResult(await installation.submit([{ value: clip, headers }]));
    expect(timeOf(result.submittedAt)).toBeGreaterThanOrEqual(timeOf(before.finishedAt));
    expect(timeOf(result.submittedAt)).toBeLessThanOrEqual(timeOf(result.finishedAt));
    expect(timeOf(result.deadline) - timeOf(result.submittedAt)).toBe(30_000);
  });

  test('says that it missed a deadline that had passed', async () => {
    const headers = { ce_deadline: '2026-01-01T00:00:00Z' };
    const result = await onlyResult(await installation.submit([{ value: clip, headers }]));
    expect(result).toMatchObject({ deadline: '2026-01-01T00:00:00.000Z', deadlineMet: false });
  });

  test('has the same result as a claim check as it has inline', async () => {
    const sha256 = createHash('sha256').update(clip).digest('hex');
    const dataref = pathToFileURL(clipFile).href;
    const [inline = '', claimed = '', promised = ''] = await installation.submit([
      { value: clip },
      { value: null, headers: { ce_dataref: dataref } },
      { value: Buffer.alloc(0), headers: { ce_dataref: dataref, ce_datasha256: sha256 } },
    ]);
    const expected = computed(await onlyResult([inline]));
    expect(computed(await onlyResult([claimed]))).toEqual(expected);
    expect(computed(await onlyResult([promised]))).toEqual(expected);
  });
});

describeWithKafka('a producer that uses transactions', () => {
  test('gets outcomes for what it committed, none for what it aborted, and leaves no lag', async () => {
    const client = new kafkajs.Kafka({
      brokers: [...kafkaAddresses()],
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const producer = client.producer({
      transactionalId: `${installation.topics.prefix}some-producer`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const topic = installation.topics.intake('standard');
    // Both partitions end with a marker, which takes an offset and is no record.
    const messages = (id: string): kafkajs.Message[] =>
      [0, 1].map((partition) => ({
        value: clip,
        partition,
        headers: { ce_source: 'transactional', ce_id: `${id}-${partition}` },
      }));
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: messages('aborted') });
    await aborted.abort();
    const committed = await producer.transaction();
    const sent = await committed.send({ topic, messages: messages('committed') });
    await committed.commit();
    await producer.disconnect();

    await installation.outcomes.of(
      sent.map(({ partition, baseOffset }) => `standard/${partition}/${baseOffset}`),
    );
    await installation.drained();
    const ids = installation.outcomes.all.map(({ kind, id }) => `${kind} ${id}`);
    expect(ids).toContain('result committed-0');
    expect(ids).toContain('result committed-1');
    expect(ids.filter((id) => id.includes('aborted'))).toEqual([]);
    expect(installation.tries.started.filter(({ id }) => id.startsWith('aborted'))).toEqual([]);
    expect(await installation.lag()).toEqual({ intake: 0, done: 0 });
  });
});

describeWithKafka('a dispatcher and a worker at work', () => {
  test('answer for their health, readiness and metrics', async () => {
    await onlyResult(await installation.submit([{ value: clip }]));
    for (const [program, metric] of [
      [dispatcher, 'spillway_dispatcher_results_total'],
      [worker, 'spillway_worker_tries_total'],
    ] as const) {
      const origin = await httpOriginOf(program);
      for (const probe of ['healthz', 'readyz']) {
        const answer = await fetch(`${origin}/${probe}`);
        expect([probe, answer.status, await answer.json()]).toEqual([
          probe,
          200,
          { state: 'running', reasons: [] },
        ]);
      }
      const metrics = await (await fetch(`${origin}/metrics`)).text();
      const samples = metrics.split('\n').filter((line) => line.startsWith(`${metric}{`));
      const sum = samples.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
      expect(sum, program.name).toBeGreaterThan(0);
    }
  });

  test('publish one result per chunk, compute each once, and settle all', async () => {
    const submitted = await installation.submit(
      priorities.flatMap((priority) =>
        [0, 1, 0].map((partition) => ({ value: clip, priority, partition })),
      ),
    );
    await installation.outcomes.of(submitted);
    await installation.drained();
    const { all } = installation.outcomes;
    const coordinates = all.map((each) => each.coordinates);
    expect(new Set(coordinates).size).toBe(coordinates.length);
    expect(all.filter(({ kind }) => kind !== 'result')).toEqual([]);
    expect(installation.tries.repeated()).toEqual(new Map());
    expect(installation.tries.started).toHaveLength(coordinates.length);
  });
});

/** What a result says of the video, without what differs from one record or run to the next. */
function computed(result: Result): Partial<Result> {
  const { frames, model, modelVersion, variant, executionProvider } = result;
  const { width, height, durationMs, framesPerSecond, frameStride } = result;
  const about = { model, modelVersion, variant, executionProvider };
  return { ...about, frames, width, height, durationMs, framesPerSecond, frameStride };
}

async function httpOriginOf(program: Program): Promise<string> {
  const line = await program.waitForLog(({ fields }) => fields?.['event'] === 'http-listening', 1);
  return `http://127.0.0.1:${Number(line.fields?.['port'])}`;
}
