import { expect } from 'vitest';
import { ManualClock, seededRandom } from '../../../../../services/shared/clock/manual.ts';
import { MemoryKafka } from '../../../../../services/shared/kafka/memory/kafka.ts';
import type { MemoryConnection } from '../../../../../services/shared/kafka/memory/kafka.ts';
import { KafkaPortError } from '../../../../../services/shared/kafka/ports.ts';
import type {
  ActiveTerm,
  RoleSource,
  LaneSource,
  OutgoingRecord,
} from '../../../../../services/shared/kafka/ports.ts';

export const intake = { topic: 'intake', partition: 0 };
export const group = 'dispatcher';

export const record = (topic: string, value: string): OutgoingRecord => ({
  topic,
  partition: 0,
  key: null,
  value: Buffer.from(value),
  headers: [],
});

export interface Dispatcher {
  readonly connection: MemoryConnection;
  readonly source: RoleSource;
  /** What happened, in order: `active 1`, `batch a`, `inactive`. */
  readonly story: string[];
  readonly terms: ActiveTerm[];
}

export class World {
  readonly clock = new ManualClock(1_760_000_000_000);
  readonly kafka: MemoryKafka;

  constructor(seed = 1) {
    this.kafka = new MemoryKafka({ clock: this.clock, random: seededRandom(seed) });
  }

  async setUp(): Promise<void> {
    const admin = await this.kafka.connect().topicAdmin();
    const topics = ['intake', 'done', 'outcomes', 'lane'];
    await admin.ensure(
      topics.map((topic) => ({ topic, partitions: 1, replication: 1, config: {} })),
    );
    await admin.ensureGroupOffsets(group, ['intake', 'done']);
  }

  async dispatch(): Promise<Dispatcher> {
    const connection = this.kafka.connect();
    const source = connection.roleSource({
      group,
      transactionalId: group,
      workTopics: ['intake'],
      reportTopic: 'done',
      sessionTimeoutMs: 6000,
    });
    const story: string[] = [];
    const terms: ActiveTerm[] = [];
    const told = (event: string) => story.push(event);
    await source.start({
      onActive: (term) => {
        terms.push(term);
        told(`active ${terms.length}`);
      },
      onBatch: (term, { records }) => {
        const number = terms.indexOf(term) + 1;
        for (const { value } of records) told(`batch ${value?.toString() ?? ''} ${number}`);
      },
      onInactive: () => told('inactive'),
      onLost: () => told('lost'),
      onFatal: ({ code }) => told(code),
    });
    await this.clock.elapseMs(0);
    return { connection, source, story, terms };
  }

  async send(...records: readonly OutgoingRecord[]): Promise<void> {
    await (await this.kafka.connect().recordSink()).send(records);
  }

  outcomes(): readonly string[] {
    return this.kafka.records('outcomes').map(({ value }) => value?.toString() ?? '');
  }
}

export async function world(): Promise<World> {
  const made = new World();
  await made.setUp();
  return made;
}

export const settle = (
  term: ActiveTerm | undefined,
  outcome: string,
  offset: number,
): Promise<string> =>
  (term ?? expect.unreachable())
    .settle({
      outcomes: [record('outcomes', outcome)],
      offsets: [{ ...intake, offset, metadata: '' }],
    })
    .then(
      () => 'settled',
      (error: unknown) => (error instanceof KafkaPortError ? error.code : String(error)),
    );

/** A worker on the topic `lane`, which has joined. */
export async function work({ clock }: World, connection: MemoryConnection): Promise<LaneSource> {
  const source = connection.laneSource({
    group: 'workers',
    lanes: [{ priority: 'live', topic: 'lane' }],
    sessionTimeoutMs: 6000,
    aheadBytesMax: 1000,
  });
  await source.start({ onChange: () => undefined, onFatal: () => undefined });
  await clock.elapseMs(0);
  return source;
}
