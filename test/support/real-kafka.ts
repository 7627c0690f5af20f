import { inlineBytesDefault, sizeLimits } from '../../services/shared/chunk/limits.ts';
import type { Clock } from '../../services/shared/clock/ports.ts';
import { systemClock, systemRandom } from '../../services/shared/clock/system.ts';
import { connectKafka } from '../../services/shared/kafka/kafkajs/connect.ts';
import type {
  ActiveTerm,
  RoleHandlers,
  KafkaConnection,
  KafkaPortError,
  OutgoingRecord,
  ReadBatch,
  TopicSettings,
} from '../../services/shared/kafka/ports.ts';
import { raise } from './raise.ts';

const silent = (): void => undefined;

/** The real adapter with an open log and no security, on the given clock. */
export function realKafka(brokers: readonly string[], clock: Clock = systemClock): KafkaConnection {
  return connectKafka({
    config: { brokers, tls: null, sasl: null },
    clientId: 'test',
    limits: sizeLimits(inlineBytesDefault),
    clock,
    random: systemRandom,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
}

export async function makeTopics(
  kafka: KafkaConnection,
  topics: readonly TopicSettings[],
  first: { readonly group: string; readonly topics: readonly string[] },
): Promise<void> {
  const admin = await kafka.topicAdmin();
  await admin.ensure(topics);
  await admin.ensureGroupOffsets(first.group, first.topics);
  await admin.close();
}

export const textRecord = (topic: string, value: string, partition = 0): OutgoingRecord => ({
  topic,
  partition,
  key: null,
  value: Buffer.from(value),
  headers: [],
});

/** What an intake source told, for tests that look at it afterwards. */
export class TermLog implements RoleHandlers {
  readonly terms: ActiveTerm[] = [];
  readonly fatal: KafkaPortError[] = [];
  readonly texts: string[] = [];
  isActive = false;

  get term(): ActiveTerm {
    const newest = this.terms.at(-1);
    if (newest === undefined) throw new Error('there was no term yet');
    return newest;
  }

  onActive(term: ActiveTerm): void {
    this.terms.push(term);
    this.isActive = true;
  }

  onBatch(_: ActiveTerm, batch: ReadBatch): void {
    for (const { value } of batch.records) this.texts.push(value?.toString() ?? '');
  }

  onInactive(): void {
    this.isActive = false;
  }

  onLost(): void {
    throw new Error('nothing can be lost in these tests');
  }

  onFatal(error: KafkaPortError): void {
    this.fatal.push(error);
  }
}

/** Follows `topics` from their beginning; the texts grow as records come. */
export async function followTexts(
  kafka: KafkaConnection,
  topics: readonly string[],
): Promise<{ readonly texts: readonly string[]; stop(): Promise<void> }> {
  const follower = kafka.topicFollower();
  const texts: string[] = [];
  const onBatch = ({ records }: ReadBatch): void => {
    for (const { value } of records) texts.push(value?.toString() ?? '');
  };
  await follower.start({ topics, from: 'beginning', onBatch, onFatal: raise });
  return { texts, stop: () => follower.stop() };
}
