import type { Topics } from '../../shared/chunk/topics.ts';
import { operatorKeys } from '../../shared/chunk/operator.ts';
import { createBrokerClock } from '../../shared/clock/broker-clock.ts';
import { sendTimed } from '../../shared/kafka/broker-time.ts';
import type { KafkaConnection } from '../../shared/kafka/ports.ts';
import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import { findKafka } from '../kafka-place.ts';
import { asCommandError, requireTopics } from '../reach-kafka.ts';
import { readToEnd } from '../read-to-end.ts';
import { noKnowledge, noteBatch } from '../system-view/knowledge.ts';
import type { Knowledge } from '../system-view/knowledge.ts';

export interface Speaker {
  /** What operators and the scaler have said, as of now. */
  readonly knowledge: Knowledge;
  /** Broker time of this moment. */
  readonly nowMs: number;
  /** Says a word, or takes it back with `null`. Resolves when Kafka has it for good. */
  say(key: string, json: string | null): Promise<void>;
}

/** A record that no scaler reads as a word: it only asks the broker for its time. */
const clockProbeKey = 'clock-probe';

/**
 * Runs `work` for a person who has something to say to the scaler of the installation that is meant.
 *
 * @throws CommandError
 */
export async function withSpeaker(
  tools: CommandTools,
  work: (speaker: Speaker) => Promise<void>,
): Promise<void> {
  const place = await findKafka(parseConfig(tools.environment));
  const { topics } = place;
  const connection = tools.connect(place);
  try {
    await requireTopics(connection, [topics.operator, topics.directive], { place, tools });
    const knowledge = await readWords(connection, topics, tools.interrupted);
    const sink = await connection.recordSink();
    const brokerClock = createBrokerClock(tools.clock);
    const say = (key: string, json: string | null): Promise<void> =>
      sendTimed({ clock: tools.clock, brokerClock, sink }, [
        {
          topic: topics.operator,
          partition: 0,
          key: Buffer.from(key),
          value: json === null ? null : Buffer.from(json),
          headers: [],
        },
      ]);
    try {
      // Until when a word holds is told in the broker's time, which this machine need not share.
      await say(clockProbeKey, null);
      await work({ knowledge, nowMs: Math.round(brokerClock.nowMs()), say });
    } finally {
      await sink.close();
    }
  } catch (error) {
    throw asCommandError(error, place);
  }
}

async function readWords(
  connection: KafkaConnection,
  topics: Topics,
  interrupted: AbortSignal,
): Promise<Knowledge> {
  const knowledge = noKnowledge();
  await readToEnd(connection.topicFollower(), {
    topics: [topics.operator, topics.directive],
    from: 'beginning',
    onBatch: (batch) => noteBatch(knowledge, topics, batch),
    interrupted,
  });
  return knowledge;
}

/** The key of the word on one pool, or on all that have none of their own. */
export const pauseKeyOf = (pool: string | null): string =>
  pool === null ? operatorKeys.pauseAll : operatorKeys.pause(pool);
