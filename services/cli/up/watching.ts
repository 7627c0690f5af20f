import { parseHeartbeat } from '../../shared/chunk/fleet.ts';
import { dispatcherGroup, outcomeTopics } from '../../shared/chunk/topics.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import { priorities } from '../../shared/chunk/words.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import type { KafkaConnection, LagReader, ReadBatch } from '../../shared/kafka/ports.ts';
import { readOutcome } from '../outcomes/read-outcome.ts';
import type { Outcome } from '../outcomes/read-outcome.ts';
import { noteOutcome } from './progress.ts';
import type { Progress } from './progress.ts';

export interface WatchingOptions {
  readonly connection: KafkaConnection;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly onOutcome: (outcome: Outcome) => void;
  /** What is shown is not true any more. */
  readonly onFatal: (error: Error) => void;
}

const lagEveryMs = 1000;

/** Keeps the progress true from what Kafka tells; returns what ends the watching. */
export async function watchSystem(options: WatchingOptions): Promise<() => Promise<void>> {
  const { connection, topics, clock, progress, onOutcome, onFatal } = options;
  const ended = new AbortController();
  const outcomes = connection.topicFollower();
  const fleet = connection.topicFollower();
  await outcomes.start({
    topics: outcomeTopics(topics),
    from: 'end',
    onFatal,
    onBatch: ({ records }) => {
      for (const record of records) {
        const outcome = readOutcome(record, topics);
        if (outcome === null) continue;
        noteOutcome(progress, outcome);
        onOutcome(outcome);
      }
    },
  });
  const onBatch = (batch: ReadBatch): void => noteHeartbeats(progress, batch);
  await fleet.start({ topics: [topics.fleet], from: 'end', onBatch, onFatal });
  const lag = await connection.lagReader();
  const reading = (async () => {
    while (!ended.signal.aborted) {
      await readLag(lag, topics, progress);
      await clock.sleepMs(lagEveryMs, ended.signal);
    }
  })();
  return async () => {
    ended.abort();
    await reading;
    await Promise.all([outcomes.stop(), fleet.stop(), lag.close()]);
  };
}

function noteHeartbeats(progress: Progress, { records }: ReadBatch): void {
  for (const { key, value } of records) {
    const parsed = value === null ? null : parseHeartbeat(value.toString('utf8'));
    if (parsed === null) progress.workers.delete(key?.toString('utf8') ?? '');
    else if (parsed.ok) progress.workers.set(parsed.value.worker, parsed.value);
  }
}

/** Unknown is a value: a broker that does not answer must not look like an empty queue. */
async function readLag(lag: LagReader, topics: Topics, progress: Progress): Promise<void> {
  for (const priority of priorities) {
    try {
      const partitions = await lag.read(dispatcherGroup(topics), [topics.intake(priority)]);
      const chunks = partitions.reduce((sum, partition) => sum + partition.lag, 0);
      progress.lag.set(priority, chunks);
    } catch {
      progress.lag.set(priority, null);
    }
  }
}
