import type { Priority } from '../../../services/shared/chunk/words.ts';
import { KafkaPortError } from '../../../services/shared/kafka/ports.ts';
import type {
  FollowOptions,
  ActiveTerm,
  RoleSource,
  RoleSourceOptions,
  KafkaErrorCode,
  LaneSource,
  OutgoingRecord,
  PartitionLag,
  ReadBatch,
  ReceivedRecord,
  RecordSink,
  TopicFollower,
  TopicPartition,
} from '../../../services/shared/kafka/ports.ts';
import type { KafkaHarness } from './harness.ts';
import { raise } from '../../support/raise.ts';

export const sessionTimeoutMs = 6000;

/** After this long by the harness's clock, what was waited for will not happen any more. */
const patienceMs = 40_000;

/** Gives the bench of the test that runs. */
export type CurrentBench = () => Bench;

/** One test's view of the cluster: topics of its own, and everything it opened is closed. */
export class Bench {
  readonly harness: KafkaHarness;
  readonly #name: string;
  readonly #cleanups: (() => Promise<void>)[] = [];
  #sink: Promise<RecordSink> | null = null;
  #wake: () => void = () => undefined;

  constructor(harness: KafkaHarness, name: string) {
    this.harness = harness;
    this.#name = name;
  }

  named(topic: string): string {
    return `${this.harness.prefix}${this.#name}.${topic}`;
  }

  onClose(cleanup: () => Promise<void>): void {
    this.#cleanups.push(cleanup);
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.toReversed()) await cleanup();
  }

  /** To be called by every handler: something happened, conditions are looked at again. */
  readonly report = (): void => this.#wake();

  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const { clock } = this.harness;
    const giveUpAtMs = clock.monotonicMs() + patienceMs;
    for (;;) {
      const happened = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (await isTrue()) return;
      if (clock.monotonicMs() > giveUpAtMs) throw new Error(`Waited in vain for: ${what}.`);
      await this.harness.letTimePass(happened);
    }
  }

  async createTopic(
    name: string,
    settings: { partitions?: number; config?: Readonly<Record<string, string>> } = {},
  ): Promise<string> {
    const topic = this.named(name);
    const { partitions = 1, config = {} } = settings;
    const admin = await this.harness.connect().topicAdmin();
    await admin.ensure([{ topic, partitions, replication: 1, config }]);
    await admin.close();
    return topic;
  }

  async ensureGroupOffsets(group: string, topics: readonly string[]): Promise<number> {
    const admin = await this.harness.connect().topicAdmin();
    try {
      return await admin.ensureGroupOffsets(group, topics);
    } finally {
      await admin.close();
    }
  }

  async lag(group: string, topic: string): Promise<readonly PartitionLag[]> {
    const reader = await this.harness.connect().lagReader();
    try {
      return await reader.read(group, [topic]);
    } finally {
      await reader.close();
    }
  }

  /** Of a topic with one partition. */
  async committed(group: string, topic: string): Promise<number | null> {
    return (await this.lag(group, topic))[0]?.committed ?? null;
  }

  sink(): Promise<RecordSink> {
    if (this.#sink === null) {
      const opening = this.harness.connect().recordSink();
      this.#sink = opening;
      this.onClose(async () => (await opening).close());
    }
    return this.#sink;
  }

  async send(...records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    const appended = await (await this.sink()).send(records);
    return appended.map(({ offset }) => offset);
  }

  async foreignTransaction(
    end: 'committed' | 'aborted',
    ...records: readonly OutgoingRecord[]
  ): Promise<void> {
    await (await this.harness.openTransaction(records)).end(end);
  }

  async follow(topic: string, from: FollowOptions['from'] = 'beginning'): Promise<Following> {
    const follower = this.harness.connect().topicFollower();
    this.onClose(() => follower.stop());
    const batches: ReadBatch[] = [];
    await follower.start({
      topics: [topic],
      from,
      onBatch: (batch) => {
        batches.push(batch);
        this.report();
      },
      onFatal: raise,
    });
    return {
      follower,
      batches,
      texts: () => batches.flatMap(({ records }) => records.map(textOf)),
    };
  }

  /** Topics and first offsets of a dispatcher's group; two partitions of intake, one of `done`. */
  async dispatcherTopics(): Promise<RoleSourceOptions> {
    const intake = await this.createTopic('intake', { partitions: 2 });
    const reportTopic = await this.createTopic('done');
    const group = this.named('dispatcher');
    await this.ensureGroupOffsets(group, [intake, reportTopic]);
    const transactionalId = this.named('dispatcher');
    return { group, transactionalId, workTopics: [intake], reportTopic, sessionTimeoutMs };
  }

  async dispatch(options: RoleSourceOptions): Promise<Dispatching> {
    const source = this.harness.connect().roleSource(options);
    this.onClose(() => source.stop());
    const seen = new Dispatching(source, this.report);
    await source.start(seen);
    return seen;
  }

  async lanes(
    group: string,
    lanes: readonly { readonly priority: Priority; readonly topic: string }[],
    aheadBytesMax = 1_048_576,
  ): Promise<Working> {
    const source = this.harness
      .connect()
      .laneSource({ group, lanes, sessionTimeoutMs, aheadBytesMax });
    this.onClose(() => source.stop());
    const working: Working = { source, fatal: [] };
    await source.start({
      onChange: this.report,
      onFatal: (error) => {
        working.fatal.push(error);
        this.report();
      },
    });
    return working;
  }

  /** The next record of a lane source, however long it takes to arrive. */
  async take(working: Working): Promise<ReceivedRecord> {
    let taken: ReceivedRecord | null = null;
    await this.until('a record to take', async () => {
      taken = await working.source.take();
      return taken !== null;
    });
    if (taken === null) throw new Error('unreachable');
    return taken;
  }
}

export interface Following {
  readonly follower: TopicFollower;
  readonly batches: readonly ReadBatch[];
  texts(): readonly string[];
}

export interface Working {
  readonly source: LaneSource;
  readonly fatal: KafkaPortError[];
}

/** Everything that an intake source told, in order. */
export class Dispatching {
  readonly source: RoleSource;
  readonly terms: ActiveTerm[] = [];
  readonly batches: { readonly term: ActiveTerm; readonly batch: ReadBatch }[] = [];
  readonly lost: (TopicPartition & { from: number; until: number })[] = [];
  readonly fatal: KafkaPortError[] = [];
  /** One line per call, to tell that nothing came any more. */
  calls = 0;
  isActive = false;
  /** A batch that came for another term than the newest one, or while inactive. */
  strays = 0;
  readonly #report: () => void;

  constructor(source: RoleSource, report: () => void) {
    this.source = source;
    this.#report = report;
  }

  readonly onActive = (term: ActiveTerm): void => {
    this.terms.push(term);
    this.isActive = true;
    this.#told();
  };

  readonly onBatch = (term: ActiveTerm, batch: ReadBatch): void => {
    if (term !== this.terms.at(-1) || !this.isActive) this.strays += 1;
    this.batches.push({ term, batch });
    this.#told();
  };

  readonly onInactive = (): void => {
    this.isActive = false;
    this.#told();
  };

  readonly onLost = (
    _: ActiveTerm,
    lost: TopicPartition & { from: number; until: number },
  ): void => {
    this.lost.push(lost);
    this.#told();
  };

  readonly onFatal = (error: KafkaPortError): void => {
    this.fatal.push(error);
    this.#told();
  };

  /** The newest term. */
  get term(): ActiveTerm {
    const newest = this.terms.at(-1);
    if (newest === undefined) throw new Error('This dispatcher has never been active.');
    return newest;
  }

  /** What was delivered, to one term only if one is named. */
  texts(term?: ActiveTerm): readonly string[] {
    return this.batches
      .filter((entry) => term === undefined || entry.term === term)
      .flatMap(({ batch }) => batch.records.map(textOf));
  }

  /** Where the newest term stands in a partition, or `null` before its first batch. */
  position({ topic, partition }: TopicPartition): number | null {
    const last = this.batches.findLast(
      ({ term, batch }) =>
        term === this.term && batch.topic === topic && batch.partition === partition,
    );
    return last?.batch.nextOffset ?? null;
  }

  #told(): void {
    this.calls += 1;
    this.#report();
  }
}

/** A record without a key, to partition 0 unless another is named. */
export function record(topic: string, value: string, partition = 0): OutgoingRecord {
  return { topic, partition, key: null, value: Buffer.from(value), headers: [] };
}

/** Fills a value with the name first, so that it can be told from others. */
export function largeRecord(topic: string, name: string, bytes: number): OutgoingRecord {
  return record(topic, name.padEnd(bytes, '.'));
}

export const textOf = ({ value }: ReceivedRecord): string => value?.toString() ?? '';

/** The code of the error that `attempt` ends with, or `none` when it succeeds. */
export async function codeOf(attempt: Promise<unknown>): Promise<KafkaErrorCode | 'none'> {
  try {
    await attempt;
    return 'none';
  } catch (error) {
    if (error instanceof KafkaPortError) return error.code;
    throw error;
  }
}
