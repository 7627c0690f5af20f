import { join } from 'node:path';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { Program } from '../../services/local/processes/program.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { systemClock } from '../../services/shared/clock/system.ts';
import { ChunkFlow } from './chunk-flow.ts';
import { median } from './figure.ts';
import type { Figure } from './figure.ts';
import type { FlowCase } from './flow-records.ts';
import { withKafka } from './local-kafka.ts';
import { cpuMsOf } from './process-time.ts';

const bar = 0.7;
const startP99MsBar = 150;
const visibleP99MsBar = 100;

const rounds = 5;
const countOf: Readonly<Record<FlowCase, number>> = { 'claim checks': 8_000, '1 MB inline': 96 };
/** Most results in a transaction of the bare half; the quickest of them is compared with. */
const bareBatches = [100, 500, 2_000];
const idleChunks = 300;
const readyMsMax = 30_000;

interface Moved {
  readonly flow: FlowCase;
  readonly ratio: number;
  readonly chunksPerSecond: number;
  readonly bareChunksPerSecond: number;
  readonly bareBatch: number;
  readonly roundRatios: readonly number[];
  /** CPU time of each process for one chunk, over all rounds. */
  readonly cpuMsPerChunk: Readonly<Record<string, number>>;
}

interface Idle {
  readonly chunks: number;
  readonly startMsMedian: number;
  readonly startMsP99: number;
  readonly visibleMsMedian: number;
  readonly visibleMsP99: number;
}

interface Half {
  readonly flow: ChunkFlow;
  readonly programs: readonly Program[];
}

interface BareHalf {
  readonly half: Half;
  readonly bareBatch: number;
}

/**
 * Chunks per second from intake over lane and `done` to a result that `read_committed` readers see,
 * through the real dispatcher, over a bare kafkajs program that moves the same records; then how long
 * a single chunk is under way on an idle system. Both halves are two processes beside the broker and
 * this one, live through all rounds, and take turns; a round's records appear all at once.
 */
export function benchDispatcher(): Promise<Figure> {
  return withKafka(async (brokers) => {
    const keeper = new Keeper();
    const start = programStarter(brokers, keeper);
    try {
      const idle = await measureIdle(brokers, start);
      const moved = await measureMoving(brokers, start);
      const figure = Math.min(...moved.map(({ ratio }) => ratio));
      const isQuick = idle.startMsP99 < startP99MsBar && idle.visibleMsP99 < visibleP99MsBar;
      return {
        bench: 'dispatcher',
        figure: Number(figure.toFixed(3)),
        bar,
        holds: figure >= bar && isQuick,
        moved,
        idle,
        idleBars: { startMsP99: startP99MsBar, visibleMsP99: visibleP99MsBar },
      };
    } finally {
      await keeper.close();
    }
  });
}

type Start = (
  name: string,
  file: string,
  given: {
    readonly programArguments?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  },
) => Program;

function programStarter(brokers: readonly string[], keeper: Keeper): Start {
  return (name, file, { programArguments = [], environment = {} }) =>
    new Program({
      name,
      entryFile: join(projectFolder(), 'dist', file),
      programArguments,
      environment: { KAFKA_BROKERS: brokers.join(','), ...environment },
      keeper,
      clock: systemClock,
    });
}

async function measureMoving(brokers: readonly string[], start: Start): Promise<readonly Moved[]> {
  const system = await startSystem(brokers, start, { prefix: 'bench-system.', how: 'in-bulk' });
  const bare: BareHalf[] = [];
  for (const bareBatch of bareBatches) {
    bare.push({ bareBatch, half: await startBare(brokers, start, bareBatch) });
  }
  const moved: Moved[] = [];
  for (const flow of ['claim checks', '1 MB inline'] as const) {
    // As much as each bare half moves before it is measured: the first thousands find a program cold.
    await system.flow.move(flow, countOf[flow] / 2);
    await system.flow.move(flow, countOf[flow]);
    moved.push(await compare(flow, system, await quickest(bare, flow)));
  }
  await stop(system);
  for (const { half } of bare) await stop(half);
  return moved;
}

async function quickest(bare: readonly BareHalf[], flow: FlowCase): Promise<BareHalf> {
  const rates: number[] = [];
  for (const { half, bareBatch } of bare) {
    await half.flow.move(flow, countOf[flow] / 2);
    const rate = await half.flow.move(flow, countOf[flow]);
    console.log(
      `${flow}: bare program, ${bareBatch} results a transaction: ${rate.toFixed(0)} chunks/s`,
    );
    rates.push(rate);
  }
  const best = bare[rates.indexOf(Math.max(...rates))];
  if (best === undefined) throw new RangeError('There is a batch size to try.');
  return best;
}

async function compare(
  flow: FlowCase,
  system: Half,
  { half: bare, bareBatch }: { readonly half: Half; readonly bareBatch: number },
): Promise<Moved> {
  const systemRates: number[] = [];
  const bareRates: number[] = [];
  const programs = [...system.programs, ...bare.programs];
  const cpuMsBefore = programs.map(({ pid }) => cpuMsOf(pid ?? 0));
  for (let round = 1; round <= rounds; round += 1) {
    systemRates.push(await system.flow.move(flow, countOf[flow]));
    bareRates.push(await bare.flow.move(flow, countOf[flow]));
    console.log(
      `${flow}: system ${systemRates.at(-1)?.toFixed(0)}, bare program ${bareRates.at(-1)?.toFixed(0)} chunks/s`,
    );
  }
  const cpuMsPerChunk = programs.map(({ name, pid }, index) => {
    const cpuMs = cpuMsOf(pid ?? 0) - (cpuMsBefore[index] ?? Number.NaN);
    return [name, Number((cpuMs / rounds / countOf[flow]).toFixed(3))] as const;
  });
  return {
    flow,
    ratio: Number((median(systemRates) / median(bareRates)).toFixed(3)),
    chunksPerSecond: Math.round(median(systemRates)),
    bareChunksPerSecond: Math.round(median(bareRates)),
    bareBatch,
    roundRatios: systemRates.map((rate, index) =>
      Number((rate / (bareRates[index] ?? Number.NaN)).toFixed(3)),
    ),
    cpuMsPerChunk: Object.fromEntries(cpuMsPerChunk),
  };
}

async function measureIdle(brokers: readonly string[], start: Start): Promise<Idle> {
  const system = await startSystem(brokers, start, { prefix: 'bench-idle.', how: 'listed' });
  const startMs: number[] = [];
  const visibleMs: number[] = [];
  for (let index = 0; index < idleChunks; index += 1) {
    // Uneven pauses, so that the chunks keep no step with polls and heartbeats.
    await systemClock.sleepMs((index * 37) % 60);
    const seen = await system.flow.moveOne();
    startMs.push(seen.startMs);
    visibleMs.push(seen.visibleMs);
  }
  await stop(system);
  const idle = {
    chunks: idleChunks,
    startMsMedian: median(startMs),
    startMsP99: quantile(startMs, 0.99),
    visibleMsMedian: median(visibleMs),
    visibleMsP99: quantile(visibleMs, 0.99),
  };
  console.log(
    `idle: append to start ${idle.startMsMedian} ms, p99 ${idle.startMsP99}; done to visible result ${idle.visibleMsMedian} ms, p99 ${idle.visibleMsP99}`,
  );
  return idle;
}

/** The value below which at least `fraction` of the values lie. */
function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * fraction) - 1] ?? Number.NaN;
}

async function startSystem(
  brokers: readonly string[],
  start: Start,
  { prefix, how }: { readonly prefix: string; readonly how: 'in-bulk' | 'listed' },
): Promise<Half> {
  const flow = await ChunkFlow.open(brokers, prefix);
  const worker = start('answering worker', 'test/bench/answering-worker.js', {
    programArguments: [brokers.join(','), prefix, how],
  });
  const dispatcher = start('dispatcher', 'services/dispatcher/main.js', {
    environment: {
      SPILLWAY_TOPIC_PREFIX: prefix,
      SPILLWAY_HTTP_ADDRESS: '127.0.0.1',
      SPILLWAY_HTTP_PORT: '0',
      // Nothing is late and nothing is sent twice: only the speed of the path is asked for.
      SPILLWAY_OBJECTIVE_LIVE_SECONDS: '3600',
      SPILLWAY_LANE_HORIZON_SECONDS: '30',
      SPILLWAY_START_WITHIN_SECONDS: '60',
    },
  });
  await Promise.all([
    worker.waitForLog(({ text }) => text === 'answering', readyMsMax),
    dispatcher.waitForLog(({ fields }) => fields?.['event'] === 'dispatching', readyMsMax),
  ]);
  return { flow, programs: [dispatcher, worker] };
}

async function startBare(brokers: readonly string[], start: Start, batch: number): Promise<Half> {
  const prefix = `bench-bare-${batch}.`;
  const flow = await ChunkFlow.open(brokers, prefix);
  const given = [brokers.join(','), prefix];
  const mover = start('bare mover', 'test/bench/bare-mover.js', {
    programArguments: [...given, String(batch)],
  });
  const answerer = start('bare answerer', 'test/bench/bare-answerer.js', {
    programArguments: given,
  });
  await Promise.all([
    mover.waitForLog(({ text }) => text === 'moving', readyMsMax),
    answerer.waitForLog(({ text }) => text === 'answering', readyMsMax),
  ]);
  return { flow, programs: [mover, answerer] };
}

async function stop({ flow, programs }: Half): Promise<void> {
  for (const program of programs) program.kill('SIGKILL');
  await Promise.all(programs.map(({ exited }) => exited));
  await flow.close();
}
