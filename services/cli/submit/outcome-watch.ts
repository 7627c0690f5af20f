import { outcomeTopics } from '../../shared/chunk/topics.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import type { ReadBatch, TopicFollower } from '../../shared/kafka/ports.ts';
import { readOutcome } from '../outcomes/read-outcome.ts';
import type { Outcome } from '../outcomes/read-outcome.ts';

export interface WatchOptions {
  readonly follower: TopicFollower;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly interrupted: AbortSignal;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** Waits for the outcomes of chunks by their identity. Open it before the first is submitted. */
export class OutcomeWatch {
  readonly #options: WatchOptions;
  /** Expected and not seen yet, with what to call them. */
  readonly #expected = new Map<string, { readonly source: string; readonly id: string }>();
  #changed = new AbortController();
  #failure: Error | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Resolves when every outcome from this moment on will be seen. */
  async start(): Promise<void> {
    const { follower, topics } = this.#options;
    const onBatch = (batch: ReadBatch): void => this.#read(batch);
    const onFatal = (error: Error): void => this.#fail(error);
    await follower.start({ topics: outcomeTopics(topics), from: 'end', onBatch, onFatal });
  }

  /** To be called before the chunk is sent: its outcome may overtake the acknowledgement. */
  expect(source: string, id: string): void {
    this.#expected.set(identityKey(source, id), { source, id });
  }

  /**
   * Resolves when nothing is expected any more, after `timeoutMs`, or when interrupted.
   * @throws KafkaPortError when outcomes cannot be read any more.
   */
  async settled(timeoutMs: number): Promise<void> {
    const { clock, interrupted } = this.#options;
    const untilMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const leftMs = untilMs - clock.monotonicMs();
      if (this.#expected.size === 0 || leftMs <= 0 || interrupted.aborted) return;
      this.#changed = new AbortController();
      await clock.sleepMs(leftMs, AbortSignal.any([this.#changed.signal, interrupted]));
    }
  }

  /** What has no outcome yet, in order of submission. */
  missing(): readonly { readonly source: string; readonly id: string }[] {
    return [...this.#expected.values()];
  }

  async stop(): Promise<void> {
    await this.#options.follower.stop();
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#changed.abort();
  }

  #read(batch: ReadBatch): void {
    for (const record of batch.records) {
      const outcome = readOutcome(record, this.#options.topics);
      if (outcome === null) continue;
      if (!this.#expected.delete(identityKey(outcome.source, outcome.id))) continue;
      this.#options.onOutcome(outcome);
    }
    if (this.#expected.size === 0) this.#changed.abort();
  }
}

/** A source holds no control characters, so the parts cannot run into each other. */
const identityKey = (source: string, id: string): string => `${source}\n${id}`;
