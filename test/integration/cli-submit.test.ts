import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { inlineBytesDefault, sizeLimits } from '../../services/shared/chunk/limits.ts';
import {
  encodeDeadLetterHeaders,
  outcomeIdentityHeaders,
} from '../../services/shared/chunk/outcome.ts';
import { topicsWithPrefix } from '../../services/shared/chunk/topics.ts';
import { systemClock, systemRandom } from '../../services/shared/clock/system.ts';
import { connectKafka } from '../../services/shared/kafka/kafkajs/connect.ts';
import { headerTexts, textHeaders } from '../../services/shared/kafka/record-headers.ts';
import type { OutgoingRecord, ReceivedRecord } from '../../services/shared/kafka/ports.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { runCli } from '../support/cli-run.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { temporaryFolder } from '../support/program-file.ts';
import { sampledFrames } from '../support/sampled-frames.ts';
import { raise } from '../support/raise.ts';

/** Eight seconds of frames that differ, with a key frame every 0.8 s. */
const clip = encodeClip({ frames: 200, framesPerSecond: 25, keyInterval: 20 });

function clipFile(bytes: Buffer = clip): string {
  const file = join(temporaryFolder(), 'gate.mp4');
  writeFileSync(file, bytes);
  return file;
}

describeWithKafka('spillway submit', () => {
  let prefix = '';
  const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    KAFKA_BROKERS: kafkaAddresses().join(','),
    SPILLWAY_TOPIC_PREFIX: prefix,
    ...more,
  });

  beforeAll(async () => {
    prefix = uniqueTopicPrefix();
    const counts = ['intake', 'gpu', 'cpu', 'done', 'outcomes'].flatMap((part) => [
      `--partitions-${part}`,
      '1',
    ]);
    const end = await runCli(
      ['topics', 'ensure', '--replication', '1', '--json', ...counts],
      environment(),
    );
    expect(end).toMatchObject({ exitCode: 0, notes: [] });
    const report = JSON.parse(end.output.join('\n')) as { topics: { action: string }[] };
    expect(report.topics.map(({ action }) => action)).toEqual(report.topics.map(() => 'created'));
  });

  test('a file lands on intake as chunks from which a worker samples the frames of the file', async () => {
    const { records } = await follow(topicsWithPrefix(prefix).intake('bulk'));
    const path = clipFile();
    const end = await runCli(
      ['submit', path, '--priority', 'bulk', '--model', 'counter', '--json'],
      environment(),
    );
    expect(end.exitCode).toBe(0);
    const chunks = await records(4);
    const submitted = end.output.map((line) => JSON.parse(line) as Record<string, string>);
    const headers = chunks.map((record) => headerTexts(record.headers));
    expect(submitted.map(({ submitted: id }) => id)).toEqual(headers.map((of) => of.get('ce_id')));
    expect(submitted.map(({ coordinates }) => coordinates)).toEqual(
      chunks.map(({ partition, offset }) => `bulk/${partition}/${offset}`),
    );
    for (const [index, of] of headers.entries()) {
      const value = chunks[index]?.value ?? Buffer.alloc(0);
      expect(Object.fromEntries(of)).toMatchObject({
        ce_specversion: '1.0',
        ce_type: 'spillway.chunk.v1',
        ce_source: 'gate.mp4',
        ce_model: 'counter',
        ce_sequence: String(index).padStart(8, '0'),
        ce_startms: String(index * 2400),
        ce_datasha256: createHash('sha256').update(value).digest('hex'),
        'content-type': 'video/mp4',
      });
      expect(chunks[index]?.key?.toString()).toBe('gate.mp4');
    }
    const seen = chunks.map((record, index) => ({
      bytes: record.value ?? Buffer.alloc(0),
      contentType: 'video/mp4',
      startMs: Number(headers[index]?.get('ce_startms')),
    }));
    const whole = sampledFrames({ bytes: clip, contentType: 'video/mp4', startMs: 0 }, 2);
    const inPieces = seen.flatMap((chunk) => sampledFrames(chunk, 2));
    expect(inPieces.map(({ look }) => look)).toEqual(whole.map(({ look }) => look));
    expect(whole).toHaveLength(16);
  });

  test('a chunk above the inline limit travels as a claim check that holds the very bytes', async () => {
    const { records } = await follow(topicsWithPrefix(prefix).intake('live'));
    const path = clipFile(padded(clip, 1024 * 1024));
    const root = temporaryFolder();
    const words = ['submit', path, '--priority', 'live', '--chunk-seconds', '0'];
    const limit = { SPILLWAY_INLINE_MEBIBYTES: '1' };
    const refused = await runCli(words, environment(limit));
    expect(refused.exitCode).toBe(2);
    expect(refused.notes).toEqual([expect.stringMatching(/SPILLWAY_CLAIM_ROOT/)]);
    const end = await runCli(words, environment({ ...limit, SPILLWAY_CLAIM_ROOT: root }));
    expect(end).toMatchObject({ exitCode: 0, notes: [] });
    const [record] = await records(1);
    const headers = headerTexts(record?.headers ?? []);
    expect(record?.value ?? Buffer.alloc(0)).toHaveLength(0);
    const stored = readFileSync(fileURLToPath(headers.get('ce_dataref') ?? ''));
    expect(stored.equals(readFileSync(path))).toBe(true);
    expect(headers.get('ce_datasha256')).toBe(createHash('sha256').update(stored).digest('hex'));
  });

  test('with --wait each chunk’s own outcome is printed as published, and others are not', async () => {
    const topics = topicsWithPrefix(prefix);
    const { records, send } = await follow(topics.intake('standard'));
    const running = runCli(['submit', clipFile(), '-c', '4', '--wait', '--json'], environment());
    const chunks = await records(2);
    const results = chunks.map((record) => resultFor(record));
    const foreign = resultFor(chunks[0], { id: 'someone-else' });
    await send([foreign, ...results].map((result) => outcome(topics.results, result)));
    const end = await running;
    expect(end.exitCode).toBe(0);
    expect(end.output).toEqual(results.map((result) => JSON.stringify(result)));
  });

  test('a dead letter is printed with its reason and the exit code is 1', async () => {
    const topics = topicsWithPrefix(prefix);
    const { records, send } = await follow(topics.intake('standard'));
    const running = runCli(['submit', clipFile(), '-c', '60', '--wait', '--json'], environment());
    const [chunk] = await records(1);
    const { source, id } = resultFor(chunk);
    const coordinates = { priority: 'standard' as const, partition: 0, offset: chunk?.offset ?? 0 };
    const headers = encodeDeadLetterHeaders({
      identity: { source, id, coordinates, digest: '0'.repeat(64) },
      reason: 'corrupt',
      message: 'the first frame is torn',
      attempts: 1,
      worker: 'w-1',
      accepted: null,
    });
    const letter = { key: chunk?.key ?? null, value: null, headers: textHeaders(headers) };
    await send([{ topic: topics.deadLetters, ...letter }]);
    const end = await running;
    expect(end.exitCode).toBe(1);
    expect(end.output.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        outcome: 'dead-letter',
        source,
        id,
        reason: 'corrupt',
        message: 'the first frame is torn',
      }),
    ]);
  });

  test('a chunk without an outcome in time is named and the exit code is 1', async () => {
    const words = ['submit', clipFile(), '-c', '60', '--wait', '--timeout-seconds', '0.5'];
    const end = await runCli(words, environment());
    expect(end.exitCode).toBe(1);
    expect(end.notes.join('\n')).toMatch(/gate\.mp4: chunk \S+ has no outcome after 0\.5 s/);
  });

  test('results prints what is there and ends', async () => {
    const topics = topicsWithPrefix(prefix);
    const { send } = await follow(topics.intake('standard'));
    const result = { ...resultFor(undefined), source: 'kept', id: 'kept-1' };
    await send([outcome(topics.results, result)]);
    const end = await runCli(['results', '--source', 'kept', '--json'], environment());
    expect(end).toEqual({ exitCode: 0, output: [JSON.stringify(result)], notes: [] });
  });

  test('missing topics are said in one line that names the remedy', async () => {
    const other = environment({ SPILLWAY_TOPIC_PREFIX: uniqueTopicPrefix() });
    const end = await runCli(['submit', clipFile()], other);
    expect(end.exitCode).toBe(2);
    expect(end.notes).toEqual([expect.stringMatching(/missing.*spillway topics ensure/)]);
  });
});

/** Everything that comes to a topic from this moment on, and a way to send to others. */
async function follow(topic: string): Promise<{
  /** Resolves with the first `count` records. */
  readonly records: (count: number) => Promise<readonly ReceivedRecord[]>;
  readonly send: (records: readonly OutgoingRecord[]) => Promise<unknown>;
}> {
  const connection = connectKafka({
    config: { brokers: kafkaAddresses(), tls: null, sasl: null },
    clientId: 'test-cli',
    limits: sizeLimits(inlineBytesDefault),
    clock: systemClock,
    random: systemRandom,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const [follower, sink] = [connection.topicFollower(), await connection.recordSink()];
  onTestFinished(async () => {
    await Promise.all([follower.stop(), sink.close()]);
  });
  const received: ReceivedRecord[] = [];
  let onRecord: () => void = silent;
  await follower.start({
    topics: [topic],
    from: 'end',
    onFatal: raise,
    onBatch: ({ records }) => {
      received.push(...records);
      onRecord();
    },
  });
  return {
    send: (records) => sink.send(records),
    records: (count) =>
      new Promise((resolve) => {
        onRecord = (): void => {
          if (received.length >= count) resolve(received.slice(0, count));
        };
        onRecord();
      }),
  };
}

function silent(): void {
  // Nothing to say.
}

/** A result as the dispatcher publishes it, as far as a reader of this command looks. */
function resultFor(chunk: ReceivedRecord | undefined, more: { readonly id?: string } = {}) {
  const headers = headerTexts(chunk?.headers ?? []);
  return {
    type: 'spillway.result.v1',
    source: headers.get('ce_source') ?? 'gate.mp4',
    id: headers.get('ce_id') ?? 'none',
    startMs: Number(headers.get('ce_startms') ?? 0),
    durationMs: 2400,
    submittedAt: '2026-01-31T12:00:00.000Z',
    finishedAt: '2026-01-31T12:00:01.500Z',
    deadlineMet: true,
    device: 'cpu',
    emulated: false,
    spilled: true,
    laneMs: 20,
    computeMs: 900,
    worker: 'w-1',
    frames: [{ presentationMs: 0, detections: [{ class: 'car', score: 0.9, box: [0, 0, 1, 1] }] }],
    ...more,
  };
}

function outcome(topic: string, result: ReturnType<typeof resultFor>): OutgoingRecord {
  const coordinates = { priority: 'standard' as const, partition: 0, offset: 0 };
  const { source, id } = result;
  return {
    topic,
    key: Buffer.from(source),
    value: Buffer.from(JSON.stringify(result)),
    headers: textHeaders(
      outcomeIdentityHeaders({ source, id, coordinates, digest: '0'.repeat(64) }),
    ),
  };
}

/** The same video in a file that is larger by a box of padding. */
function padded(file: Buffer, bytes: number): Buffer {
  const box = Buffer.alloc(bytes);
  box.writeUInt32BE(bytes);
  box.write('free', 4);
  return Buffer.concat([file, box]);
}
