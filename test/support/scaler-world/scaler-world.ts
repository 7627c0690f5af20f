import { Registry } from 'prom-client';
import type { Known } from '../../../services/policy/scaling/observation.ts';
import type { ScalingSettings } from '../../../services/policy/scaling/settings.ts';
import { scalerMetrics } from '../../../services/scaler/metrics.ts';
import { memoryNodePools } from '../../../services/scaler/pools/memory.ts';
import type { MemoryNodePools } from '../../../services/scaler/pools/memory.ts';
import type { ReplicaWriter } from '../../../services/scaler/replicas/replica-writer.ts';
import { Scaler } from '../../../services/scaler/scaler.ts';
import { directiveKeys, parseDirective } from '../../../services/shared/chunk/directive.ts';
import type { Directive } from '../../../services/shared/chunk/directive.ts';
import { encodeHeartbeat, heartbeatIntervalMs } from '../../../services/shared/chunk/fleet.ts';
import type { Heartbeat } from '../../../services/shared/chunk/fleet.ts';
import { sizeLimits } from '../../../services/shared/chunk/limits.ts';
import type { PoolState } from '../../../services/shared/chunk/node-pools.ts';
import {
  scalerGroup,
  scalerTransactionalId,
  topicsWithPrefix,
} from '../../../services/shared/chunk/topics.ts';
import { ManualClock, seededRandom } from '../../../services/shared/clock/manual.ts';
import { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import type {
  ActiveTerm,
  OutgoingRecord,
  RecordSink,
  RoleSource,
} from '../../../services/shared/kafka/ports.ts';
import { prepareTopics } from '../../../services/shared/kafka/prepare-topics.ts';
import { recordedLog } from '../../../services/shared/process/recorded-log.ts';
import type { LogLine, RecordedLog } from '../../../services/shared/process/recorded-log.ts';
import { demandRecord } from '../told-demand.ts';
import type { Due } from '../told-demand.ts';
import { SimulatedProcess } from '../protocol-world/simulated-process.ts';

export const topics = topicsWithPrefix('scaling.');
export const tickMs = 5000;
export const bootMs = 20_000;
export const directiveMs = 30_000;
const stepMs = 250;

const gpuPool = {
  pool: 'gpu',
  reachedAfterMs: [
    { phase: 'launched' as const, afterMs: 2000 },
    { phase: 'registered' as const, afterMs: 8000 },
    { phase: 'ready' as const, afterMs: 12_000 },
    { phase: 'allocatable' as const, afterMs: bootMs },
  ],
};

const scalingOf = (own: Partial<ScalingSettings> = {}): ScalingSettings => ({
  pools: [
    {
      pool: 'gpu',
      nodesMin: 0,
      nodesMax: 4,
      pricePerHour: 3,
      slotsPerNode: 2,
      bootMsPrior: bootMs,
      slotSpeedPrior: 10,
      workersPerNode: 1,
      launchMsPrior: 5000,
    },
  ],
  cpuWorkers: null,
  cpuSlotSpeedPrior: 2,
  objectiveMs: { live: 30_000, standard: 300_000, bulk: 3_600_000 },
  mediaMsPrior: 2000,
  holdBoots: 2,
  marginFraction: 0.1,
  persistenceBoots: 1,
  backOffMs: 300_000,
  spill: 'auto',
  ...own,
});

/** One scaler of the world, with what it wrote and what a test can do to it. */
export interface WorldScaler {
  readonly scaler: Scaler;
  readonly process: SimulatedProcess;
  readonly registry: Registry;
  readonly log: RecordedLog;
  readonly fatal: readonly unknown[];
  /** Stops the process for so long when its next directive was taken, before it hears of that. */
  hangAfterPublishing(durationMs: number): void;
  /** Its lines of this event. */
  of(event: string): readonly LogLine[];
}

/** Scalers, node pools and all that scalers hear, on the twin of Kafka and a clock moved by hand. */
export class ScalerWorld {
  readonly clock: ManualClock;
  readonly kafka: MemoryKafka;
  readonly pools: MemoryNodePools;
  /** Given to the scalers that are started from then on. */
  replicas: ReplicaWriter | null = null;
  /** What a dispatcher tells each second; `null`: there is none. */
  due: Due | null = { mediaMs: 0, withinMs: 300_000 };
  readonly #sink: RecordSink;
  #sequence = 0;

  private constructor(kafka: MemoryKafka, clock: ManualClock, sink: RecordSink) {
    this.kafka = kafka;
    this.clock = clock;
    this.#sink = sink;
    this.pools = memoryNodePools([gpuPool], clock);
  }

  static async open(): Promise<ScalerWorld> {
    const clock = new ManualClock(1_760_000_000_000);
    const kafka = new MemoryKafka({ clock, random: seededRandom(7) });
    const outside = kafka.connect();
    const admin = await outside.topicAdmin();
    await prepareTopics(admin, {
      topics,
      limits: sizeLimits(1024 * 1024),
      partitions: { intake: 2, lane: { gpu: 4, cpu: 4 }, done: 1, outcomes: 1 },
      replication: 1,
    });
    return new ScalerWorld(kafka, clock, await outside.recordSink());
  }

  async start(name: string, own: Partial<ScalingSettings> = {}): Promise<WorldScaler> {
    const connection = this.kafka.connect();
    const random = seededRandom(11);
    const process = new SimulatedProcess(name, { world: this.clock, random, connection });
    const [log, registry, fatal] = [recordedLog(), new Registry(), Array<unknown>()];
    const role = connection.roleSource({
      group: scalerGroup(topics),
      transactionalId: scalerTransactionalId(topics),
      workTopics: [],
      reportTopic: topics.directive,
      sessionTimeoutMs: 6000,
    });
    let hangMs = 0;
    const settled = async (): Promise<void> => {
      if (hangMs === 0) return;
      process.pause(hangMs);
      hangMs = 0;
      await process.clock.sleepMs(0);
    };
    const ports = {
      clock: process.clock,
      role: tellingWhenSettled(role, settled),
      fleet: connection.topicFollower(),
      demand: connection.topicFollower(),
      operator: connection.topicFollower(),
      lag: await connection.lagReader(),
      sink: await connection.recordSink(),
      pools: this.pools,
      replicas: this.replicas,
      log,
      metrics: scalerMetrics(registry),
    };
    const settings = { topics, tickMs, directiveMs, scaling: scalingOf(own) };
    const scaler = new Scaler(ports, settings, (error) => fatal.push(error));
    await scaler.start();
    const of = (event: string): readonly LogLine[] =>
      log.lines.filter((line) => line.event === event);
    const hangAfterPublishing = (durationMs: number): void => {
      hangMs = durationMs;
    };
    return { scaler, process, registry, log, fatal, hangAfterPublishing, of };
  }

  /** Lets time pass, in which dispatchers and the workers of booted nodes tell of themselves. */
  async elapse(durationMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
      if (passedMs % heartbeatIntervalMs === 0) await this.#tell();
      await this.clock.elapseMs(Math.min(stepMs, durationMs - passedMs));
    }
  }

  /** Chunks that wait in intake. */
  async submit(chunks: number): Promise<void> {
    const record = { topic: topics.intake('standard'), key: null, value: null, headers: [] };
    await this.#sink.send(Array.from({ length: chunks }, () => record));
  }

  /** The last one that a dispatcher would have read; `null` before there was one. */
  directive(): Directive | null {
    const parsed = parseDirective(this.lastOf(directiveKeys.directive) ?? '');
    return parsed.ok ? parsed.value : null;
  }

  /** Text of the newest record with this key on the directive's topic. */
  lastOf(key: string): string | null {
    const records = this.kafka.records(topics.directive);
    const last = records.findLast((record) => record.key?.toString('utf8') === key);
    return last?.value?.toString('utf8') ?? null;
  }

  /** As an operator says it; `null` takes it back. */
  async say(key: string, json: string | null): Promise<void> {
    const value = json === null ? null : Buffer.from(json);
    const place = { topic: topics.operator, partition: 0 };
    await this.#sink.send([{ ...place, key: Buffer.from(key), value, headers: [] }]);
  }

  /** As if a later version had written the memory. */
  async forgetMemory(): Promise<void> {
    const value = Buffer.from('{"version":99}');
    const key = Buffer.from(directiveKeys.memory);
    await this.#sink.send([{ topic: topics.directive, partition: 0, key, value, headers: [] }]);
  }

  async #tell(): Promise<void> {
    this.#sequence += 1;
    const records = this.due === null ? [] : [this.#demand(this.due)];
    const listed = await this.pools.list().catch(() => new Map<string, Known<PoolState>>());
    const nodes = [...listed.values()].map((each) =>
      each.kind === 'known' ? each.value.nodes : [],
    );
    for (const { node, phase } of nodes.flat()) {
      if (phase === 'allocatable') records.push(this.#heartbeat(node));
    }
    if (records.length > 0) await this.#sink.send(records);
  }

  #demand(due: Due): OutgoingRecord {
    const told = { sequence: this.#sequence, publishedAtMs: this.clock.nowMs() };
    return demandRecord(topics, due, told);
  }

  #heartbeat(node: string): OutgoingRecord {
    const worker = `worker-of-${node}`;
    const heartbeat: Heartbeat = {
      worker,
      sequence: this.#sequence,
      kind: 'gpu',
      pool: gpuPool.pool,
      node,
      state: 'ready',
      emulated: true,
      slots: 2,
      models: [],
      partitions: [],
      inHand: [],
      speeds: [],
      startedAtMs: 0,
      readyAtMs: 0,
    };
    const value = Buffer.from(encodeHeartbeat(heartbeat));
    return { topic: topics.fleet, partition: 0, key: Buffer.from(worker), value, headers: [] };
  }
}

/** The role, but that each settling ends only after `settled`. */
function tellingWhenSettled(role: RoleSource, settled: () => Promise<void>): RoleSource {
  const terms = new Map<ActiveTerm, ActiveTerm>();
  const told = (term: ActiveTerm): ActiveTerm => {
    const known = terms.get(term) ?? {
      term: term.term,
      committed: term.committed,
      reportEnds: term.reportEnds,
      settle: (step) => term.settle(step).then(settled),
      isOwnershipFresh: () => term.isOwnershipFresh(),
      pause: (partition) => term.pause(partition),
      resume: (partition) => term.resume(partition),
    };
    terms.set(term, known);
    return known;
  };
  return {
    start: (handlers) =>
      role.start({
        ...handlers,
        onActive: (term) => handlers.onActive(told(term)),
        onBatch: (term, batch) => handlers.onBatch(told(term), batch),
      }),
    stop: () => role.stop(),
  };
}
