import { beforeEach, describe, expect, test } from 'vitest';
import type { CommandTools } from '../../../services/cli/command-tools.ts';
import { runCommandLine } from '../../../services/cli/program.ts';
import { directiveKeys, encodeDirective } from '../../../services/shared/chunk/directive.ts';
import { encodeDecisions } from '../../../services/shared/chunk/decision.ts';
import { parsePauseWord, parseSpillWord } from '../../../services/shared/chunk/operator.ts';
import { topicsWithPrefix } from '../../../services/shared/chunk/topics.ts';
import { ManualClock, seededRandom } from '../../../services/shared/clock/manual.ts';
import { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import { createFileStore } from '../../../services/shared/object-store/file-store.ts';
import { recordedTerminal } from '../../support/recorded-terminal.ts';
import type { RecordedTerminal } from '../../support/recorded-terminal.ts';
import { atMs, decisionTold, directiveTold } from './told.ts';

const topics = topicsWithPrefix('spillway.');
const hourMs = 3_600_000;

let kafka: MemoryKafka;
let terminal: RecordedTerminal;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock(atMs);
  kafka = new MemoryKafka({ clock, random: seededRandom(1) });
  terminal = recordedTerminal();
  await run('topics', 'ensure', '--json');
  terminal.printed.length = 0;
});

async function run(...words: readonly string[]): Promise<number> {
  const tools: CommandTools = {
    environment: { KAFKA_BROKERS: 'kafka:9092', USER: 'ann' },
    clock,
    random: seededRandom(2),
    terminal,
    connect: () => kafka.connect(),
    probeBrokers: () => Promise.resolve(null),
    objectStore: createFileStore,
    openCutter: () => Promise.reject(new Error('there is no video here')),
    interrupted: new AbortController().signal,
  };
  const ended = runCommandLine(words, tools, '1.2.3');
  await clock.elapseMs(3000);
  return ended;
}

/** The last word of a key as it stands on the topic; `null` where it was taken back. */
function said(key: string): string | null {
  const last = kafka.records(topics.operator).findLast((record) => record.key?.toString() === key);
  return last?.value?.toString() ?? null;
}

/** A scaler that decided on one pool, `gpu-a`, and still speaks. */
async function scalerSpeaks(): Promise<void> {
  const sink = await kafka.connect().recordSink();
  const record = (key: string, value: string): Parameters<typeof sink.send>[0][number] => ({
    topic: topics.directive,
    partition: 0,
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: [],
  });
  const directive = directiveTold({ expiresAtMs: atMs + hourMs });
  await sink.send([
    record(directiveKeys.directive, encodeDirective(directive)),
    record(directiveKeys.decisions, encodeDecisions([decisionTold(1, 2)])),
  ]);
  await sink.close();
}

describe('spillway pause', () => {
  test('says who, until when and why, and confirms what holds now', async () => {
    await scalerSpeaks();
    expect(await run('pause', 'gpu-a', '--for', '2h', '--note', 'driver update')).toBe(0);
    const word = parsePauseWord(said('pause/gpu-a') ?? '');
    expect(word).toMatchObject({
      ok: true,
      value: { by: 'ann', note: 'driver update', scaleIn: true, scaleOut: true, nodes: null },
    });
    if (word.ok) expect((word.value.untilMs ?? 0) - word.value.atMs).toBe(2 * hourMs);
    expect(terminal.notes).toEqual([]);
    expect(terminal.printed).toEqual([
      'pool gpu-a is paused',
      expect.stringMatching(
        /^pool gpu-a keeps the nodes it has until 2023-11-15T00:13:\S+, for another 2 h 0 min; said by ann 0.0 s ago: driver update$/,
      ),
    ]);
  });

  test.each([
    [
      ['gpu-a', '--scale-in'],
      { scaleIn: true, scaleOut: false, nodes: null },
      'gets no fewer nodes',
    ],
    [
      ['gpu-a', '--scale-out'],
      { scaleIn: false, scaleOut: true, nodes: null },
      'gets no more nodes',
    ],
    [
      ['gpu-a', '--nodes', '3'],
      { scaleIn: true, scaleOut: true, nodes: 3 },
      'has 3 nodes, whatever is due',
    ],
  ])('%j holds one side, or an exact number', async (words, pause, sentence) => {
    await scalerSpeaks();
    expect(await run('pause', ...words)).toBe(0);
    expect(parsePauseWord(said('pause/gpu-a') ?? '')).toMatchObject({
      value: { ...pause, untilMs: null },
    });
    expect(terminal.printed[1]).toContain(`pool gpu-a ${sentence}`);
    expect(terminal.printed[1]).toContain('until that is taken back');
  });

  test('without a pool it is said of all, and words on single pools go on beside it', async () => {
    await scalerSpeaks();
    await run('pause', 'gpu-a', '--scale-in');
    await run('pause', '--json');
    expect(said('pause')).not.toBeNull();
    const answer = JSON.parse(terminal.printed.at(-1) ?? '') as object;
    expect(answer).toMatchObject({
      done: 'all pools are paused',
      warnings: [],
      words: [
        { about: 'pool', pool: null, pause: { scaleIn: true, scaleOut: true } },
        { about: 'pool', pool: 'gpu-a', pause: { scaleIn: true, scaleOut: false } },
      ],
    });
  });

  test('a pool that the scaler does not size is said all the same, with a warning', async () => {
    await scalerSpeaks();
    expect(await run('pause', 'h100')).toBe(0);
    expect(terminal.notes).toEqual([
      'the scaler sizes no pool h100 but gpu-a: the word waits until there is one',
    ]);
    expect(said('pause/h100')).not.toBeNull();
  });

  test('says so where no scaler has ever spoken', async () => {
    expect(await run('pause', 'gpu-a')).toBe(0);
    expect(terminal.notes).toEqual([
      'no scaler has ever spoken, so it is not known whether there is a pool gpu-a',
      'no scaler speaks now; the next one that leads goes by it',
    ]);
  });
});

describe('spillway resume', () => {
  test('takes back the word on one pool, and says that the one on all now holds for it', async () => {
    await scalerSpeaks();
    await run('pause');
    await run('pause', 'gpu-a');
    terminal.printed.length = 0;
    expect(await run('resume', 'gpu-a')).toBe(0);
    expect([said('pause'), said('pause/gpu-a')]).toEqual([expect.any(String), null]);
    expect(terminal.printed[0]).toBe('taken back: the pause of gpu-a');
    expect(terminal.notes).toEqual([
      'what was said of all pools now holds for gpu-a; `spillway resume` takes that back',
    ]);
    await run('resume');
    expect(said('pause')).toBeNull();
    expect(terminal.printed.at(-1)).toBe('nothing that an operator said holds now');
  });

  test('--all takes back every pause, and nothing of spill', async () => {
    await scalerSpeaks();
    await run('pause');
    await run('pause', 'gpu-a');
    await run('spill', 'off');
    expect(await run('resume', '--all')).toBe(0);
    expect([said('pause'), said('pause/gpu-a')]).toEqual([null, null]);
    expect(said('spill')).not.toBeNull();
    expect(terminal.printed.at(-2)).toBe('taken back: the pause of all pools, gpu-a');
  });

  test('of what was not paused says so', async () => {
    await scalerSpeaks();
    expect(await run('resume', 'gpu-a')).toBe(0);
    expect(terminal.printed[0]).toBe('there was no such pause to take back');
  });
});

describe('spillway spill', () => {
  test.each([
    ['on', 'open'],
    ['off', 'shut'],
  ])('%s keeps it %s until auto takes the word back', async (wish, spill) => {
    await scalerSpeaks();
    expect(await run('spill', wish, '--for', '30m')).toBe(0);
    expect(parseSpillWord(said('spill') ?? '')).toMatchObject({ value: { by: 'ann', spill } });
    expect(terminal.printed).toEqual([
      `spill is kept ${spill}`,
      expect.stringMatching(
        `^spill is kept ${spill} until 2023-11-14T22:43:.* 30 min 0 s; said by ann`,
      ),
    ]);
    expect(await run('spill', 'auto')).toBe(0);
    expect(said('spill')).toBeNull();
    expect(terminal.printed.at(-2)).toBe('the scaler decides on spill');
  });
});

test('top and explain show what operators said, as long as it holds', async () => {
  await scalerSpeaks();
  await run('pause', 'gpu-a', '--for', '1m', '--note', 'driver');
  terminal.printed.length = 0;
  await run('top', '--once');
  await run('explain');
  const shown = terminal.printed.filter((line) =>
    line.includes('pool gpu-a keeps the nodes it has'),
  );
  expect(shown).toEqual([
    expect.stringMatching(/^said {5}pool gpu-a keeps .*said by ann .*: driver$/),
    expect.stringMatching(/^ {2}pool gpu-a keeps .*said by ann .*: driver$/),
  ]);
  await clock.elapseMs(60_000);
  terminal.printed.length = 0;
  await run('top', '--once', '--json');
  expect(JSON.parse(terminal.printed[0] ?? '')).toMatchObject({ words: [] });
});

test.each([
  [['pause', 'a pool'], /It must be the name of a pool/],
  [['pause', '--nodes', '-1'], /a whole number from 0 to 10000/],
  [['pause', '--nodes', '1', '--scale-in'], /--nodes says exactly how many/],
  [['pause', '--for', '0s'], /more than nothing: 30s, 10m, 2h or 1d/],
  [['pause', '--for', 'soon'], /a number and a unit/],
  [['pause', '--note', ''], /1 to 500 printable characters/],
  [['resume', 'gpu-a', '--all'], /leave out gpu-a, or --all/],
  [['spill'], /missing required argument 'wish'/],
  [['spill', 'maybe'], /Allowed choices are on, off, auto/],
  [['spill', 'auto', '--for', '1h'], /leave out --for and --note/],
])('refuses %j with exit code 2 and one line, and says nothing', async (words, line) => {
  expect(await run(...words)).toBe(2);
  expect(terminal.printed).toEqual([]);
  expect(terminal.notes).toEqual([expect.stringMatching(line)]);
  expect(kafka.records(topics.operator)).toEqual([]);
});

test('where the topic is missing, the line says how to make it', async () => {
  kafka = new MemoryKafka({ clock, random: seededRandom(1) });
  expect(await run('pause')).toBe(2);
  expect(terminal.notes).toEqual([
    expect.stringMatching(/spillway\.operator\); run `spillway topics ensure`/),
  ]);
});
