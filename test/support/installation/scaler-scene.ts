import type { TestContext } from 'vitest';
import { NodeAgent } from '../../../services/local/nodes/node-agent.ts';
import type { NodeProgram } from '../../../services/local/nodes/ports.ts';
import type { LogLine } from '../../../services/local/processes/log-lines.ts';
import type { Program } from '../../../services/local/processes/program.ts';
import { parseMemory } from '../../../services/policy/scaling/memory.ts';
import type { Memory } from '../../../services/policy/scaling/memory.ts';
import { directiveKeys } from '../../../services/shared/chunk/directive.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import { kafkaAddresses, uniqueTopicPrefix } from '../broker.ts';
import { loggedTick } from '../logged-tick.ts';
import type { LoggedTick } from '../logged-tick.ts';
import { demandRecord } from '../told-demand.ts';
import type { Due } from '../told-demand.ts';
import { Installation } from './installation.ts';
import { openOrderGate } from './order-gate.ts';
import type { OrderGate } from './order-gate.ts';

export interface RunningScaler {
  readonly name: string;
  readonly program: Program;
  readonly gate: OrderGate;
}

/** Real scalers over real nodes' agent, with a dispatcher that is played by the test. */
export interface ScalerScene {
  readonly installation: Installation;
  readonly agent: NodeAgent;
  /** What the dispatcher tells from now on. */
  tell(due: Due): void;
  start(name: string): Promise<RunningScaler>;
  /** So far, in the order in which they were written. */
  ticksOf(name: string): readonly LoggedTick[];
  /** All that stood on the directive's topic so far, the newest last. */
  readonly memories: readonly Memory[];
}

export const pool = 'gpu';
const demandIntervalMs = 500;

const poolSettings = {
  pool,
  nodesMin: 0,
  nodesMax: 4,
  pricePerHour: 1,
  slotsPerNode: 2,
  bootSeconds: 30,
  slotSpeed: 10,
};

export async function openScalerScene(context: TestContext): Promise<ScalerScene> {
  const installation = await Installation.open({
    brokers: kafkaAddresses(),
    prefix: uniqueTopicPrefix(),
  });
  const agent = await NodeAgent.open({
    pools: [{ pool, nodesMax: 4, nodesAtStart: 0, bootMs: 30_000, bootSpreadFraction: 0 }],
    clock: systemClock,
    random: systemRandom,
    startProgram: idleProgram,
  });
  const { topics, kafka } = installation;
  const ended = new AbortController();
  const gates: OrderGate[] = [];
  let due: Due = { mediaMs: 0, withinMs: 60_000 };
  const telling = tellDemand(installation, () => due, ended.signal);
  const directives = kafka.topicFollower();
  const memories: Memory[] = [];
  await directives.start({
    topics: [topics.directive],
    from: 'beginning',
    onBatch: ({ records }) => {
      for (const { key, value } of records) {
        if (key?.toString('utf8') !== directiveKeys.memory) continue;
        const parsed = parseMemory(value?.toString('utf8') ?? '');
        if (parsed.ok) memories.push(parsed.value);
      }
    },
    onFatal: () => undefined,
  });
  context.onTestFinished(async () => {
    ended.abort();
    await Promise.all([telling, directives.stop(), installation.stop(), agent.close()]);
    await Promise.all(gates.map((gate) => gate.close()));
  });
  return {
    installation,
    agent,
    tell: (told) => {
      due = told;
    },
    async start(name) {
      const gate = await openOrderGate(agent.url);
      gates.push(gate);
      const program = installation.startScaler(name, {
        SPILLWAY_TICK_SECONDS: '1',
        SPILLWAY_POOLS: JSON.stringify([poolSettings]),
        SPILLWAY_POOLS_AGENT: gate.url,
      });
      return { name, program, gate };
    },
    ticksOf: (name) =>
      installation.logged
        .of('tick')
        .filter((line) => line.program === name)
        .map(({ fields }) => loggedTick(fields)),
    memories,
  };
}

async function tellDemand(
  { kafka, topics }: Installation,
  due: () => Due,
  ended: AbortSignal,
): Promise<void> {
  const sink = await kafka.recordSink();
  for (let sequence = 1; !ended.aborted; sequence += 1) {
    const told = { sequence, publishedAtMs: systemClock.nowMs() };
    await sink.send([demandRecord(topics, due(), told)]);
    await systemClock.sleepMs(demandIntervalMs, ended);
  }
  await sink.close();
}

/** A node without a worker: these tests end before one has booted. */
function idleProgram(): NodeProgram {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    ended,
    stop: () => {
      end();
      return ended;
    },
  };
}

/** Whether the program has become the leader with this line. */
export const isLeadingLine = ({ fields }: LogLine): boolean => fields?.['event'] === 'leading';
