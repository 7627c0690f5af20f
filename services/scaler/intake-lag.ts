import type { IntakeLag, Known } from '../policy/scaling/observation.ts';
import { dispatcherGroup, intakeTopics } from '../shared/chunk/topics.ts';
import type { Topics } from '../shared/chunk/topics.ts';
import { priorities } from '../shared/chunk/words.ts';
import type { Clock } from '../shared/clock/ports.ts';
import { KafkaPortError, partitionKey } from '../shared/kafka/ports.ts';
import type { LagReader, PartitionLag } from '../shared/kafka/ports.ts';

/** Reads how much of intake is unsettled; a number that comes too late is no number. */
export interface IntakeLagReader {
  read(): Promise<Known<readonly IntakeLag[]>>;
}

/** A broker answers within milliseconds; one that takes longer has trouble of its own. */
const readWithinMs = 2000;

export function createIntakeLagReader(
  ports: { readonly lag: LagReader; readonly clock: Clock },
  topics: Topics,
): IntakeLagReader {
  let isReading = false;
  const ask = async (): Promise<Known<readonly IntakeLag[]>> => {
    isReading = true;
    try {
      const read = await ports.lag.read(dispatcherGroup(topics), intakeTopics(topics));
      return lagByPriority(read, topics);
    } catch (error) {
      if (!(error instanceof KafkaPortError)) throw error;
      return { kind: 'unknown', cause: error.message };
    } finally {
      isReading = false;
    }
  };
  return {
    async read() {
      // One that was left behind may take long; more of them would only add to the broker's trouble.
      if (isReading) return { kind: 'unknown', cause: 'an earlier read of the lag has not ended' };
      const answered = new AbortController();
      const tooLate = ports.clock
        .sleepMs(readWithinMs, answered.signal)
        .then((): Known<readonly IntakeLag[]> => {
          return { kind: 'unknown', cause: `the lag was not read within ${readWithinMs} ms` };
        });
      try {
        return await Promise.race([ask(), tooLate]);
      } finally {
        answered.abort();
      }
    },
  };
}

function lagByPriority(
  partitions: readonly PartitionLag[],
  topics: Topics,
): Known<readonly IntakeLag[]> {
  const never = partitions.find(({ committed }) => committed === null);
  if (never !== undefined) {
    const cause = `${partitionKey(never)} has no committed offset; run \`spillway topics ensure\``;
    return { kind: 'unknown', cause };
  }
  const value = priorities.map((priority) => {
    const own = partitions.filter(({ topic }) => topic === topics.intake(priority));
    return {
      priority,
      chunks: own.reduce((sum, { lag }) => sum + lag, 0),
      logEnd: own.reduce((sum, { logEnd }) => sum + logEnd, 0),
    };
  });
  return { kind: 'known', value };
}
