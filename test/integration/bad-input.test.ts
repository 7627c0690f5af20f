import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Program } from '../../services/local/processes/program.ts';
import { mebibyte } from '../../services/shared/chunk/limits.ts';
import { headerTexts } from '../../services/shared/kafka/record-headers.ts';
import { badChunks, missingFile } from '../support/bad-chunks.ts';
import type { BadChunk } from '../support/bad-chunks.ts';
import { randomBytes } from '../support/broken-clips.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { demoClip } from '../support/demo-clip.ts';
import { dispatching, Installation, running } from '../support/installation/installation.ts';
import type { SubmittedChunk } from '../support/installation/installation.ts';
import { resultOf } from '../support/installation/outcomes.ts';
import type { Outcome } from '../support/installation/outcomes.ts';
import { childrenOf, peakResidentBytes } from '../support/installation/process-memory.ts';

const inlineMebibytes = 1;
const claimMebibytes = 2;
const foreignSeenMs = 10_000;
const corpusMs = 60_000;

/**
 * About half more than was measured. One picture of 8192 x 8192 that was decoded would take 100 MiB
 * and more of an executor; the demo's model and FFmpeg are the rest.
 */
const peakBytesMax = {
  dispatcher: 180 * mebibyte,
  worker: 140 * mebibyte,
  executor: 290 * mebibyte,
};

let installation: Installation;
let dispatcher: Program;
let worker: Program;
let executors: readonly number[];
let clip: Buffer;
let otherClip: Buffer;
/** What was submitted, by the bad chunk's name. */
const submitted = new Map<string, SubmittedChunk>();
const outcomes = new Map<string, readonly Outcome[]>();
/** Of good chunks, one behind each bad one in the same partition. */
let goodCoordinates: readonly string[] = [];

beforeAll(async () => {
  ({ bytes: clip } = await demoClip(11, 1));
  ({ bytes: otherClip } = await demoClip(12, 1));
  installation = await Installation.open({
    brokers: kafkaAddresses(),
    prefix: uniqueTopicPrefix(),
    inlineMebibytes,
    dispatcherEnvironment: { SPILLWAY_OTHER_WORKER_WAIT_SECONDS: '0.3' },
  });
  dispatcher = installation.startDispatcher();
  worker = installation.startWorker('worker', {
    SPILLWAY_CLAIM_MEBIBYTES: String(claimMebibytes),
  });
  await Promise.all([dispatching(dispatcher), running(worker)]);
  executors = childrenOf(worker.pid ?? 0);
  await submitBadAmongGood();
});

afterAll(() => installation?.stop());

async function submitBadAmongGood(): Promise<void> {
  const place = {
    clip,
    claimRoot: installation.claimRoot,
    inlineBytesMax: inlineMebibytes * mebibyte,
    claimBytesMax: claimMebibytes * mebibyte,
  };
  const names = badChunks.map(({ name }) => name);
  const records = badChunks.flatMap(({ name, make }, index) => {
    const partition = index % 2;
    const bad = { ...make(place), key: `key of ${name}`, partition };
    submitted.set(name, bad);
    return [bad, { value: clip, partition }];
  });
  const coordinates = await installation.submit(records);
  const badCoordinates = coordinates.filter((_, index) => index % 2 === 0);
  goodCoordinates = coordinates.filter((_, index) => index % 2 === 1);
  const found = await installation.outcomes.of(badCoordinates, corpusMs);
  for (const [index, name] of names.entries()) {
    const own = found.filter((each) => each.coordinates === badCoordinates[index]);
    outcomes.set(name, own);
  }
}

function letterOf({ name }: Pick<BadChunk, 'name'>): Outcome {
  const [letter, ...more] = outcomes.get(name) ?? [];
  if (letter === undefined || more.length > 0) throw new Error(`${name}: not one outcome`);
  return letter;
}

/** One outcome of each, in the order given. */
async function outcomesOf(chunks: readonly SubmittedChunk[]): Promise<readonly Outcome[]> {
  const coordinates = await installation.submit(chunks);
  const found = await installation.outcomes.of(coordinates);
  expect(found.map((each) => each.coordinates)).toEqual(coordinates);
  return found;
}

/** An MP4 file of exactly so many bytes, by a box at its end that nobody reads. */
function padded(file: Buffer, bytes: number): Buffer {
  const box = Buffer.alloc(bytes - file.length);
  box.writeUInt32BE(box.length);
  box.write('free', 4);
  return Buffer.concat([file, box]);
}

describeWithKafka('a chunk that cannot be computed', () => {
  test.each(badChunks)('ends as one dead letter that says why: $name', (bad) => {
    const letter = letterOf(bad);
    expect([letter.kind, letter.reason]).toEqual(['dead-letter', bad.reason]);
    for (const word of bad.says) {
      expect(letter.message).toMatch(word);
    }
    const attempts = headerTexts(letter.record.headers).get('spillway-attempts');
    expect(attempts).toBe(String(bad.attempts));
  });

  test.each(badChunks)('comes back unchanged in its dead letter: $name', ({ name }) => {
    const { key, value, headers } = letterOf({ name }).record;
    const original = submitted.get(name);
    expect(key?.toString()).toBe(original?.key);
    expect(value).toEqual(original?.value);
    const theirs = Object.entries(original?.headers ?? {}).map(
      ([header, text]) => [header, Buffer.from(text)] as const,
    );
    expect(headers.slice(0, theirs.length)).toEqual(theirs);
    const ours = headers.slice(theirs.length).map(([header]) => header);
    expect(ours).toEqual([
      'spillway-source',
      'spillway-id',
      'spillway-coordinates',
      'spillway-digest',
      'spillway-reason',
      'spillway-message',
      'spillway-attempts',
      ...ours.filter((header) => header === 'spillway-worker'),
    ]);
  });

  test('holds up no good chunk in its partition and its lane', async () => {
    const good = await installation.outcomes.of(goodCoordinates);
    expect(good.filter(({ kind }) => kind !== 'result')).toEqual([]);
    expect(good).toHaveLength(goodCoordinates.length);
    // While the first bad one, ahead of them all, was tried again and again.
    const givenUpAtMs = letterOf(missingFile).record.timestampMs;
    const meanwhile = good.filter(({ record }) => record.timestampMs < givenUpAtMs);
    expect(meanwhile.length).toBeGreaterThan(0);
  });
});

describeWithKafka('an identity that was accepted before', () => {
  test('is refused as a duplicate, over partitions and priorities', async () => {
    const headers = { ce_source: 'twins', ce_id: 'same' };
    const twins = await outcomesOf([
      { value: clip, headers, partition: 0 },
      { value: clip, headers, partition: 1 },
      { value: clip, headers, partition: 1, priority: 'standard' },
      { value: clip, headers, partition: 0 },
    ]);
    const results = twins.filter(({ kind }) => kind === 'result');
    const letters = twins.filter(({ kind }) => kind === 'dead-letter');
    expect([results.length, letters.length]).toEqual([1, 3]);
    const accepted = results[0]?.coordinates ?? '';
    const [later] = await outcomesOf([{ value: clip, headers, priority: 'bulk' }]);
    for (const letter of [...letters, later]) {
      expect(letter?.reason).toBe('duplicate');
      expect(letter?.message).toMatch(
        `source "twins" and id "same" were accepted before, at ${accepted}, with the same bytes`,
      );
      const ours = headerTexts(letter?.record.headers ?? []);
      expect(ours.get('spillway-accepted')).toBe(accepted);
      expect(ours.get('spillway-accepted-digest')).toBe(ours.get('spillway-digest'));
    }
  });

  test('is refused as a conflict with other bytes', async () => {
    const headers = { ce_source: 'twins', ce_id: 'other bytes' };
    const [first] = await outcomesOf([{ value: clip, headers }]);
    const [second] = await outcomesOf([{ value: otherClip, headers }]);
    expect([first?.kind, second?.kind, second?.reason]).toEqual([
      'result',
      'dead-letter',
      'conflict',
    ]);
    expect(second?.message).toMatch(`at ${first?.coordinates}, with other bytes; a new chunk`);
    expect(second?.record.value).toEqual(otherClip);
  });

  test('is free again when the record was refused, since that was never accepted', async () => {
    const headers = { ce_source: 'repaired', ce_id: 'one' };
    // As a dead letter has that somebody sends again with all its headers.
    const stale = {
      'spillway-accepted': 'live/0/0',
      'spillway-accepted-digest': '0'.repeat(64),
      'spillway-worker': 'somebody',
    };
    const broken = await outcomesOf([
      { value: clip, headers: { ...headers, ...stale, ce_time: 'yesterday' } },
      { value: otherClip, headers: { ...headers, ...stale, ce_datasha256: '0'.repeat(64) } },
    ]);
    expect(broken.map(({ reason }) => reason)).toEqual(['bad-header', 'digest-mismatch']);
    const [repaired] = await outcomesOf([{ value: clip, headers }]);
    expect([repaired?.kind, repaired?.message]).toEqual(['result', '']);
  });
});

describeWithKafka('a producer that goes to the limits of what is accepted', () => {
  test('gets its result', async () => {
    const headers = {
      ce_id: 'é'.repeat(1024),
      ce_sequence: '9'.repeat(1024),
      ce_startms: String(Number.MAX_SAFE_INTEGER),
      ce_durationms: '86400000',
      ce_time: '0000-01-01T00:00:00Z',
      ce_deadline: '0000-01-01T00:00:00Z',
      traceparent: 'none',
      'content-type': 'text/plain',
      'their-own': 'x'.repeat(24 * 1024),
    };
    const value = padded(clip, inlineMebibytes * mebibyte);
    const [outcome] = await outcomesOf([{ value, headers, key: 'k'.repeat(60 * 1024) }]);
    expect([outcome?.kind, outcome?.message]).toEqual(['result', '']);
    expect(outcome?.id).toBe(headers.ce_id);
    // A key that is too long to be a source is none.
    expect(outcome?.record.key?.toString()).toBe('unknown');
    if (outcome === undefined) return;
    const { startMs, sequence, deadlineMet, durationMs, frames } = resultOf(outcome);
    expect({ startMs, sequence, deadlineMet, durationMs }).toEqual({
      startMs: Number.MAX_SAFE_INTEGER,
      sequence: headers.ce_sequence,
      deadlineMet: false,
      durationMs: 1000,
    });
    expect(frames).toHaveLength(2);
  });
});

describeWithKafka('a producer that writes what only Spillway should', () => {
  test('changes nothing with headers of ours', async () => {
    const headers = [
      ['spillway-order', '{}'],
      ['spillway-reason', 'none'],
      ['spillway-coordinates', 'live/9/9'],
      ['constructor', 'their own'],
      ['__proto__', 'their own'],
      ['twice', 'one'],
      ['twice', 'two'],
    ] as const;
    const [good, bad] = await outcomesOf([
      { value: clip, headers },
      { value: randomBytes(50, 3), headers },
    ]);
    expect([good?.kind, bad?.reason]).toEqual(['result', 'unsupported-container']);
    // Ours stand behind theirs of the same name, and the last of a name counts.
    const texts = (name: string): readonly string[] =>
      (bad?.record.headers ?? []).flatMap(([each, text]) =>
        each === name ? [text.toString()] : [],
      );
    expect(texts('spillway-order')).toEqual(['{}']);
    expect(texts('spillway-reason')).toEqual(['none', 'unsupported-container']);
    expect(texts('spillway-coordinates')).toEqual(['live/9/9', bad?.coordinates]);
    expect(texts('constructor')).toEqual(['their own']);
    expect(texts('__proto__')).toEqual(['their own']);
    expect(texts('twice')).toEqual(['one', 'two']);
  });

  test('stops nothing with records in lanes, done and fleet', async () => {
    const { topics, kafka } = installation;
    const foreign = [
      topics.lane({ kind: 'cpu', priority: 'live' }),
      topics.done,
      topics.fleet,
    ].flatMap((topic) => [
      { topic, key: Buffer.from('x'), value: randomBytes(60, 5), headers: [] },
      { topic, key: null, value: null, headers: [['spillway-done', Buffer.from('{')] as const] },
    ]);
    const sink = await kafka.recordSink();
    // A compacted topic takes no record without a key.
    await sink.send(foreign.filter(({ topic, key }) => topic !== topics.fleet || key !== null));
    await sink.close();
    const [good] = await outcomesOf([{ value: clip }]);
    expect(good?.kind).toBe('result');
    await worker.waitForLog(
      ({ fields }) => fields?.['event'] === 'foreign-lane-record',
      foreignSeenMs,
    );
    await dispatcher.waitForLog(
      ({ fields }) => fields?.['event'] === 'foreign-done-record',
      foreignSeenMs,
    );
  });
});

describeWithKafka('an installation that was given all this', () => {
  test('has settled everything, once', async () => {
    await installation.drained();
    const coordinates = installation.outcomes.all.map((each) => each.coordinates);
    expect(new Set(coordinates).size).toBe(coordinates.length);
  });

  test('still runs in the same processes', () => {
    expect([dispatcher.hasEnded, worker.hasEnded]).toEqual([false, false]);
    expect(childrenOf(worker.pid ?? 0)).toEqual(executors);
    expect(installation.logged.of('executor-replaced')).toEqual([]);
    expect(installation.logged.of('active')).toHaveLength(1);
    // Only what must be tried again was, and refused records never came to a worker.
    const repeated = [...installation.tries.repeated().values()];
    expect(repeated).toEqual([3]);
  });

  test('kept its memory', () => {
    expect(peakResidentBytes(dispatcher.pid ?? 0)).toBeLessThan(peakBytesMax.dispatcher);
    expect(peakResidentBytes(worker.pid ?? 0)).toBeLessThan(peakBytesMax.worker);
    for (const executor of executors) {
      expect(peakResidentBytes(executor)).toBeLessThan(peakBytesMax.executor);
    }
  });
});
