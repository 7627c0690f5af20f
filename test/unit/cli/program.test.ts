import { describe, expect, test } from 'vitest';
import type { CommandTools } from '../../../services/cli/command-tools.ts';
import { runCommandLine } from '../../../services/cli/program.ts';
import type { CutPiece, VideoCutter } from '../../../services/cli/submit/cutter-ports.ts';
import { ManualClock, seededRandom } from '../../../services/shared/clock/manual.ts';
import { createFileStore } from '../../../services/shared/object-store/file-store.ts';
import { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import { temporaryFolder } from '../../support/program-file.ts';
import { recordedTerminal } from '../../support/recorded-terminal.ts';
import type { RecordedTerminal } from '../../support/recorded-terminal.ts';

interface Session {
  readonly terminal: RecordedTerminal;
  readonly run: (...words: readonly string[]) => Promise<number>;
}

/** Two pieces of a video, whatever the file. */
const cutter: VideoCutter = {
  inspect: (path) =>
    Promise.resolve({ path, pieces: [pieceOf(0), pieceOf(1)], remark: null, durationMs: 4000 }),
  async *cut() {
    yield pieceOf(0);
    yield await Promise.resolve(pieceOf(1));
  },
};

function pieceOf(number: number): CutPiece {
  const bytes = Buffer.from(`piece ${number}`);
  const place = { startMs: number * 2000, durationMs: 2000, bytesEstimated: bytes.length };
  return { number, bytes, contentType: 'video/mp4', ...place };
}

function session(change: Partial<CommandTools> = {}): Session {
  const clock = new ManualClock(0);
  const random = seededRandom(1);
  const kafka = new MemoryKafka({ clock, random });
  const terminal = recordedTerminal();
  const tools: CommandTools = {
    environment: { KAFKA_BROKERS: 'kafka:9092' },
    clock,
    random,
    terminal,
    connect: () => kafka.connect(),
    probeBrokers: () => Promise.resolve(null),
    objectStore: createFileStore,
    openCutter: () => Promise.resolve(cutter),
    interrupted: new AbortController().signal,
    ...change,
  };
  return { terminal, run: (...words) => runCommandLine(words, tools, '1.2.3') };
}

describe('runCommandLine', () => {
  test('topics ensure creates every topic once, and says so again without changing anything', async () => {
    const { terminal, run } = session();
    expect(await run('topics', 'ensure', '--json')).toBe(0);
    expect(await run('topics', 'ensure', '--json')).toBe(0);
    const [first, again] = terminal.printed.map((line) => JSON.parse(line) as object);
    expect(first).toMatchObject({ offsetsSet: 8 * 3 + 4 + 1 + 32 * 3 * 2 });
    expect(again).toMatchObject({ offsetsSet: 0 });
    expect(terminal.printed.join()).toContain('spillway.intake.live');
  });

  test('topics ensure adds partitions only where it is told a number', async () => {
    const { terminal, run } = session();
    await run('topics', 'ensure', '--json', '--partitions-intake', '2', '--partitions-gpu', '3');
    await run('topics', 'ensure', '--json', '--partitions-gpu', '5');
    const again = JSON.parse(terminal.printed[1] ?? '') as { topics: { topic: string }[] };
    expect(again.topics.find(({ topic }) => topic === 'spillway.intake.live')).toMatchObject({
      partitions: 2,
      action: 'unchanged',
    });
    expect(again.topics.find(({ topic }) => topic === 'spillway.gpu.live')).toMatchObject({
      partitions: 5,
      action: 'grown',
    });
  });

  test('submit says where each chunk lies, one JSON object a line', async () => {
    const { terminal, run } = session();
    await run('topics', 'ensure', '--json');
    terminal.printed.length = 0;
    expect(await run('submit', 'a.mp4', '--priority', 'live', '--json')).toBe(0);
    expect(terminal.printed.map((line) => JSON.parse(line) as object)).toEqual([
      {
        submitted: expect.stringMatching(/-0-0$/),
        source: 'a.mp4',
        coordinates: expect.stringMatching(/^live\/\d\/0$/),
      },
      {
        submitted: expect.stringMatching(/-0-1$/),
        source: 'a.mp4',
        coordinates: expect.stringMatching(/^live\/\d\/1$/),
      },
    ]);
  });

  test.each([
    [['submit'], /missing required argument 'file'/],
    [['submit', 'a.mp4', '--priority', 'urgent'], /Allowed choices are live, standard, bulk/],
    [['submit', 'a.mp4', '--chunk-seconds', '-1'], /seconds from 0 to 86400/],
    [['submit', 'a.mp4', '--source', 'a\nb'], /1 to 1024 printable characters/],
    [['submit', 'a.mp4', 'b.mp4', '--source', 'gate'], /--source names one stream/],
    [['submit', 'x/a.mp4', 'y/a.mp4'], /would be one stream, a\.mp4/],
    [['submit', 'a.mp4'], /topic spillway\.intake\.standard is missing.*spillway topics ensure/],
    [['results', '--since', '10'], /a number and a unit/],
    [['sumbit', 'a.mp4'], /unknown command 'sumbit' \(Did you mean submit\?\)/],
    [['topics', 'ensure', '--replication', '0'], /a whole number from 1 to 32/],
    [['top'], /spillway\.fleet\).*spillway topics ensure/],
    [['explain', '--last', '0'], /a whole number from 1 to 20/],
    [['deadletters', 'list', '--reason', 'bored'], /Allowed choices are empty, too-large/],
    [['deadletters', 'retry'], /say which letters: --reason or --id, or --all/],
    [['deadletters', 'retry', '--all', '--id', 'a'], /say which letters/],
    [['deadletters', 'retry', '--all'], /topics are missing/],
    [['up', '--no-spill', '--no-scaler'], /--no-spill is an order to the scaler/],
  ])('refuses %j with exit code 2 and one line', async (words, line) => {
    const { terminal, run } = session();
    expect(await run(...words)).toBe(2);
    expect(terminal.printed).toEqual([]);
    expect(terminal.notes).toEqual([expect.stringMatching(line)]);
    expect(terminal.notes[0]).toMatch(/^spillway: .*[^\n]$/);
  });

  test('every wrong setting is named, each in a line of its own', async () => {
    const environment = { KAFKA_BROKERS: 'kafka', SPILLWAY_INLINE_MEBIBYTES: '900' };
    const { terminal, run } = session({ environment });
    expect(await run('results')).toBe(2);
    expect(terminal.notes).toEqual([
      expect.stringMatching(/^spillway: KAFKA_BROKERS is "kafka"/),
      expect.stringMatching(/^spillway: SPILLWAY_INLINE_MEBIBYTES is "900"/),
    ]);
  });

  test('without a Kafka to be found, the line says how to have one', async () => {
    const { terminal, run } = session({ environment: { XDG_STATE_HOME: temporaryFolder() } });
    expect(await run('results')).toBe(2);
    expect(terminal.notes).toEqual([expect.stringMatching(/spillway up.*KAFKA_BROKERS=host:port/)]);
  });

  test('addresses that nobody listens on end a command at once with exit code 3', async () => {
    const probeBrokers = (): Promise<string> => Promise.resolve('the connection is refused');
    const silent = new MemoryKafka({
      clock: new ManualClock(0),
      random: seededRandom(1),
    }).connect();
    silent.faults.silence();
    const { terminal, run } = session({ probeBrokers, connect: () => silent });
    expect(await run('submit', 'a.mp4')).toBe(3);
    expect(terminal.notes.at(-1)).toMatch(
      /cannot be reached at kafka:9092: the connection is refused/,
    );
  });

  test('a defect shows as one line, and with its stack only when asked for', async () => {
    const openCutter = (): Promise<VideoCutter> => Promise.reject(new Error('no such addon'));
    const quiet = session({ openCutter });
    expect(await quiet.run('submit', 'a.mp4')).toBe(70);
    expect(quiet.terminal.notes).toEqual([
      expect.stringMatching(/should not happen: no such addon/),
    ]);
    const environment = { KAFKA_BROKERS: 'kafka:9092', SPILLWAY_LOG_LEVEL: 'debug' };
    const loud = session({ openCutter, environment });
    await loud.run('submit', 'a.mp4');
    expect(loud.terminal.notes[0]).toMatch(/Error: no such addon\n +at /);
  });

  test('help and version are asked for, not wrong', async () => {
    const { terminal, run } = session();
    expect(await run('submit', '--help')).toBe(0);
    expect(await run('--version')).toBe(0);
    expect(terminal.printed.join('\n')).toMatch(/Exit codes:[\s\S]*1\.2\.3$/);
  });
});
