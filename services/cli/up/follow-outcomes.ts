import { outcomeTopics } from '../../shared/chunk/topics.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import type { KafkaConnection } from '../../shared/kafka/ports.ts';
import { readOutcome } from '../outcomes/read-outcome.ts';
import type { Outcome } from '../outcomes/read-outcome.ts';

export interface FollowOutcomesOptions {
  readonly connection: KafkaConnection;
  readonly topics: Topics;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly onFatal: (error: Error) => void;
}

/** Hears of every outcome from this moment on; resolves with what ends it. */
export async function followOutcomes(options: FollowOutcomesOptions): Promise<() => Promise<void>> {
  const { connection, topics, onOutcome, onFatal } = options;
  const follower = connection.topicFollower();
  await follower.start({
    topics: outcomeTopics(topics),
    from: 'end',
    onFatal,
    onBatch: ({ records }) => {
      for (const record of records) {
        const outcome = readOutcome(record, topics);
        if (outcome !== null) onOutcome(outcome);
      }
    },
  });
  return () => follower.stop();
}
