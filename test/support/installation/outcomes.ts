import { deadLetterHeaders, outcomeHeaders } from '../../../services/shared/chunk/outcome.ts';
import type { Result } from '../../../services/shared/chunk/result.ts';
import { outcomeTopics } from '../../../services/shared/chunk/topics.ts';
import type { Topics } from '../../../services/shared/chunk/topics.ts';
import { partitionKey } from '../../../services/shared/kafka/ports.ts';
import type { ReceivedRecord, TopicFollower } from '../../../services/shared/kafka/ports.ts';
import { headerTexts } from '../../../services/shared/kafka/record-headers.ts';
import { eventually } from '../process-probe.ts';
import { raise } from '../raise.ts';

/** One outcome as a `read_committed` reader sees it. */
export interface Outcome {
  readonly kind: 'result' | 'dead-letter' | 'expired';
  readonly coordinates: string;
  readonly id: string;
  /** Of dead letters, else ''. */
  readonly reason: string;
  readonly message: string;
  readonly record: ReceivedRecord;
}

/** Every outcome of an installation, from the beginning of its topics on. */
export class Outcomes {
  readonly all: Outcome[] = [];
  readonly #follower: TopicFollower;
  readonly #topics: Topics;
  readonly #positions = new Map<string, number>();

  constructor(follower: TopicFollower, topics: Topics) {
    this.#follower = follower;
    this.#topics = topics;
  }

  start(): Promise<void> {
    return this.#follower.start({
      topics: outcomeTopics(this.#topics),
      from: 'beginning',
      onFatal: raise,
      onBatch: (batch) => {
        this.all.push(...batch.records.map((record) => this.#outcome(record)));
        this.#positions.set(partitionKey(batch), batch.nextOffset);
      },
    });
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  /** Resolves with the outcomes of these chunks once each has one; more may follow, so count later. */
  async of(coordinates: readonly string[], withinMs = 30_000): Promise<readonly Outcome[]> {
    const wanted = new Set(coordinates);
    const found = (): readonly Outcome[] => this.all.filter((each) => wanted.has(each.coordinates));
    const missing = (): readonly string[] => {
      const have = new Set(found().map((each) => each.coordinates));
      return coordinates.filter((each) => !have.has(each));
    };
    try {
      await eventually('every chunk has an outcome', () => missing().length === 0, withinMs);
    } catch (error) {
      throw new Error(`${missing().length} of ${coordinates.length} chunks have no outcome`, {
        cause: error,
      });
    }
    return coordinates.flatMap((each) => found().filter((one) => one.coordinates === each));
  }

  /** Resolves with every outcome that is readable at the time of the call. */
  async toEnd(): Promise<readonly Outcome[]> {
    const ends = await this.#follower.readableEnds();
    await eventually('the outcome topics are read to their ends', () =>
      [...ends].every(([key, end]) => (this.#positions.get(key) ?? 0) >= end),
    );
    return this.all;
  }

  #outcome(record: ReceivedRecord): Outcome {
    const headers = headerTexts(record.headers);
    return {
      kind:
        record.topic === this.#topics.results
          ? 'result'
          : record.topic === this.#topics.deadLetters
            ? 'dead-letter'
            : 'expired',
      coordinates: headers.get(outcomeHeaders.coordinates) ?? '',
      id: headers.get(outcomeHeaders.id) ?? '',
      reason: headers.get(deadLetterHeaders.reason) ?? '',
      message: headers.get(deadLetterHeaders.message) ?? '',
      record,
    };
  }
}

/** The result that a record holds, as its readers parse it. */
export function resultOf({ record }: Outcome): Result {
  const parsed: Result = JSON.parse(record.value?.toString('utf8') ?? 'null');
  return parsed;
}
