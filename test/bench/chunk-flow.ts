import { inlineBytesDefault, sizeLimits } from '../../services/shared/chunk/limits.ts';
import { parseRfc3339 } from '../../services/shared/chunk/rfc3339.ts';
import { topicsWithPrefix } from '../../services/shared/chunk/topics.ts';
import type { Topics } from '../../services/shared/chunk/topics.ts';
import { systemClock, systemRandom } from '../../services/shared/clock/system.ts';
import { ClusterLink } from '../../services/shared/kafka/kafkajs/cluster-link.ts';
import { connectKafka } from '../../services/shared/kafka/kafkajs/connect.ts';
import { TransactionalProducer } from '../../services/shared/kafka/kafkajs/transactional-producer.ts';
import type {
  ReceivedRecord,
  RecordSink,
  TopicFollower,
} from '../../services/shared/kafka/ports.ts';
import { prepareTopics } from '../../services/shared/kafka/prepare-topics.ts';
import { chunkRecords, partitions } from './flow-records.ts';
import type { FlowCase } from './flow-records.ts';

const silent = (): void => undefined;
const limits = sizeLimits(inlineBytesDefault);
const movedMsMax = 120_000;

/** Durations of one chunk's way, by the one clock of the machine. */
interface Seen {
  /** From the append to intake to the start in the worker. */
  readonly startMs: number;
  /** From the append of `done` to the result before a `read_committed` reader. */
  readonly visibleMs: number;
}

/** The outer ends of one system under test: chunks go in, results are awaited. */
export class ChunkFlow {
  readonly #topics: Topics;
  readonly #feeder: TransactionalProducer;
  readonly #link: ClusterLink;
  readonly #sink: RecordSink;
  readonly #follower: TopicFollower;
  #missing = 0;
  #onAll: (last: ReceivedRecord) => void = silent;
  #round = 0;

  /** Makes the topics, and is ready to feed and to watch. */
  static async open(brokers: readonly string[], prefix: string): Promise<ChunkFlow> {
    const topics = topicsWithPrefix(prefix);
    const shared = { limits, clock: systemClock, random: systemRandom };
    const kafka = connectKafka({
      config: { brokers, tls: null, sasl: null },
      clientId: 'spillway-bench',
      log: { debug: silent, info: silent, warn: silent, error: silent },
      ...shared,
    });
    const admin = await kafka.topicAdmin();
    await prepareTopics(admin, { topics, limits, partitions, replication: 1 });
    await admin.close();
    const connection = { brokers, ssl: false, sasl: null, clientId: 'spillway-bench', log: silent };
    const link = new ClusterLink({ ...connection, ...shared }, { requestTimeoutMs: 10_000 });
    await link.know([topics.intake('live')]);
    const feeder = await TransactionalProducer.open(link, `${prefix}feeder`, () => true);
    const sink = await kafka.recordSink();
    return new ChunkFlow(topics, { feeder, link, sink, follower: kafka.topicFollower() }).#watch();
  }

  private constructor(
    topics: Topics,
    parts: {
      readonly feeder: TransactionalProducer;
      readonly link: ClusterLink;
      readonly sink: RecordSink;
      readonly follower: TopicFollower;
    },
  ) {
    this.#topics = topics;
    this.#feeder = parts.feeder;
    this.#link = parts.link;
    this.#sink = parts.sink;
    this.#follower = parts.follower;
  }

  /**
   * Chunks per second until all of `count` are visible results. They are written in one transaction:
   * no reader sees any of them before its end, so that writing them costs neither half anything.
   */
  async move(flow: FlowCase, count: number): Promise<number> {
    this.#round += 1;
    const records = chunkRecords(this.#topics, flow, { round: `${flow}-${this.#round}`, count });
    const all = this.#results(count);
    await this.#feeder.commit({ group: '', records, offsets: [] });
    const beganAtMs = systemClock.monotonicMs();
    await inTime(all, `${count} results (${flow})`);
    return count / ((systemClock.monotonicMs() - beganAtMs) / 1000);
  }

  /** One claim check on its own. */
  async moveOne(): Promise<Seen> {
    this.#round += 1;
    const round = { round: `one-${this.#round}`, count: 1 };
    const result = this.#results(1);
    const [appended] = await this.#sink.send(chunkRecords(this.#topics, 'claim checks', round));
    const record = await inTime(result, 'the result');
    const visibleAtMs = systemClock.nowMs();
    const { finishedAt, startedAtMs } = parseResult(record);
    return {
      startMs: startedAtMs - (appended?.appendedAtMs ?? Number.NaN),
      visibleMs: visibleAtMs - (parseRfc3339(finishedAt) ?? Number.NaN),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#follower.stop(), this.#sink.close(), this.#link.close()]);
  }

  async #watch(): Promise<this> {
    await this.#follower.start({
      topics: [this.#topics.results],
      from: 'beginning',
      onFatal: (error) => {
        throw error;
      },
      onBatch: ({ records }) => {
        const last = records.at(-1);
        if (last === undefined || this.#missing === 0) return;
        this.#missing = Math.max(0, this.#missing - records.length);
        if (this.#missing === 0) this.#onAll(last);
      },
    });
    return this;
  }

  /** Resolves with the last of the next `count` results when it is visible. */
  #results(count: number): Promise<ReceivedRecord> {
    this.#missing = count;
    return new Promise((resolve) => {
      this.#onAll = resolve;
    });
  }
}

/** @throws Error when the wait is too long for any measurement. */
async function inTime<Value>(awaited: Promise<Value>, what: string): Promise<Value> {
  let cancel = silent;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`${what} did not come within ${movedMsMax / 1000} s`);
    cancel = systemClock.after(movedMsMax, () => reject(error));
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    cancel();
  }
}

function parseResult(record: ReceivedRecord): { finishedAt: string; startedAtMs: number } {
  const result: { finishedAt: string; startedAtMs: number } = JSON.parse(
    record.value?.toString('utf8') ?? 'null',
  );
  return result;
}
