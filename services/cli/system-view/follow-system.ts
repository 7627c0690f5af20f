import { dispatcherGroup } from '../../shared/chunk/topics.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import { priorities } from '../../shared/chunk/words.ts';
import { createBrokerClock } from '../../shared/clock/broker-clock.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import type { KafkaConnection, LagReader, ReadBatch } from '../../shared/kafka/ports.ts';
import { aborted } from '../aborted.ts';
import { noKnowledge, noteBatch } from './knowledge.ts';
import type { Knowledge } from './knowledge.ts';

export interface FollowSystemOptions {
  readonly connection: KafkaConnection;
  readonly topics: Topics;
  readonly clock: Clock;
  /** What is shown is not true any more. */
  readonly onFatal: (error: Error) => void;
}

/** What the topics tell, kept true until `stop`. */
export interface FollowedSystem {
  readonly knowledge: Knowledge;
  /** Broker time, by the records that were seen to arrive; before one was, this machine's. */
  nowMs(): number;
  /**
   * Resolves when what was said before is known, and whoever lives has had the time to speak.
   * Early, without an error, when `signal` aborts.
   */
  settledIn(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const lagEveryMs = 1000;
/** Workers and dispatchers speak every second, and now and then a little later. */
const listenMs = 1700;

/** Follows `fleet`, `demand`, `directive`, `operator` and the lag of intake, without being a part of anything. */
export async function followSystem(options: FollowSystemOptions): Promise<FollowedSystem> {
  const { connection, topics, clock, onFatal } = options;
  const knowledge = noKnowledge();
  const brokerClock = createBrokerClock(clock);
  const ended = new AbortController();
  const behind = new Set([topics.demand, topics.directive, topics.operator]);
  const caughtUp = new AbortController();
  const onBatch = (batch: ReadBatch): void => {
    noteBatch(knowledge, topics, batch);
    const last = batch.records.at(-1);
    // What is read while catching up was appended long ago and tells nothing about the hour.
    if (last !== undefined && !behind.has(batch.topic)) {
      const readAtMs = clock.monotonicMs();
      brokerClock.observe({
        sentAtMonotonicMs: readAtMs,
        acknowledgedAtMonotonicMs: readAtMs,
        appendedAtMs: last.timestampMs,
      });
    }
    if (batch.caughtUp) behind.delete(batch.topic);
    if (behind.size === 0) caughtUp.abort();
  };
  const [said, fleet] = [connection.topicFollower(), connection.topicFollower()];
  const names = [...behind];
  await said.start({ topics: names, from: 'beginning', onBatch, onFatal });
  // Those who live speak again at once; what others said once would only look alive.
  await fleet.start({ topics: [topics.fleet], from: 'end', onBatch, onFatal });
  const lag = await connection.lagReader();
  const firstLag = readLag(lag, topics, knowledge);
  const reading = (async () => {
    await firstLag;
    await clock.sleepMs(lagEveryMs, ended.signal);
    while (!ended.signal.aborted) {
      await readLag(lag, topics, knowledge);
      await clock.sleepMs(lagEveryMs, ended.signal);
    }
  })();
  return {
    knowledge,
    nowMs: () => brokerClock.nowMs(),
    async settledIn(signal) {
      const listened = clock.sleepMs(listenMs, signal);
      await Promise.all([aborted(AbortSignal.any([caughtUp.signal, signal])), firstLag, listened]);
    },
    async stop() {
      ended.abort();
      await reading;
      await Promise.all([said.stop(), fleet.stop(), lag.close()]);
    },
  };
}

/** Unknown is a value: a broker that does not answer must not look like an empty queue. */
async function readLag(lag: LagReader, topics: Topics, { lagChunks }: Knowledge): Promise<void> {
  for (const priority of priorities) {
    try {
      const partitions = await lag.read(dispatcherGroup(topics), [topics.intake(priority)]);
      lagChunks.set(
        priority,
        partitions.reduce((sum, partition) => sum + partition.lag, 0),
      );
    } catch {
      lagChunks.set(priority, null);
    }
  }
}
