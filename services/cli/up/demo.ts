import type { KafkaConnection } from '../../shared/kafka/ports.ts';
import type { CommandTools } from '../command-tools.ts';
import type { KafkaPlace } from '../kafka-place.ts';
import type { Outcome } from '../outcomes/read-outcome.ts';
import { submitFiles } from '../submit/submission.ts';
import type { Progress } from './progress.ts';
import { demoClipSeconds } from './render-clips.ts';
import type { DemoClip } from './render-clips.ts';
import { summarize } from './summary.ts';
import type { Summary } from './summary.ts';

export interface DemoParts {
  readonly clips: readonly DemoClip[];
  readonly tools: CommandTools;
  readonly place: KafkaPlace;
  readonly connection: KafkaConnection;
  readonly model: string;
}

const chunkMs = 2000;
/** A demo that has not ended by then has lost a chunk. */
const playMsMax = 240_000;
/** After the last outcome, a second one of a chunk would have time to show. */
const surplusMs = 1500;

/** Submits the demo's video and counts what comes of each chunk. */
export class Demo {
  readonly #parts: DemoParts;
  readonly #outcomes = new Map<string, number>();
  #changed = new AbortController();

  constructor(parts: DemoParts) {
    this.#parts = parts;
  }

  note({ id }: Outcome): void {
    const count = this.#outcomes.get(id);
    if (count === undefined) return;
    this.#outcomes.set(id, count + 1);
    this.#changed.abort();
  }

  /** One round after the other, as cameras go on, until the person has had enough. */
  async play(): Promise<void> {
    const { clock, interrupted } = this.#parts.tools;
    while (!interrupted.aborted) {
      const beganAtMs = clock.monotonicMs();
      this.#outcomes.clear();
      await this.#submitRound();
      const leftMs = demoClipSeconds * 1000 - (clock.monotonicMs() - beganAtMs);
      await clock.sleepMs(Math.max(0, leftMs), interrupted);
    }
  }

  /** One round, to the last outcome. */
  async playOnce(progress: Progress): Promise<Summary> {
    const { clock, interrupted } = this.#parts.tools;
    const beganAtMs = clock.monotonicMs();
    await this.#submitRound();
    const untilMs = beganAtMs + playMsMax;
    while (this.#missing() > 0 && clock.monotonicMs() < untilMs && !interrupted.aborted) {
      this.#changed = new AbortController();
      const woken = AbortSignal.any([this.#changed.signal, interrupted]);
      await clock.sleepMs(untilMs - clock.monotonicMs(), woken);
    }
    const seconds = (clock.monotonicMs() - beganAtMs) / 1000;
    await clock.sleepMs(surplusMs, interrupted);
    return summarize(progress, { outcomes: this.#outcomes, seconds });
  }

  #missing(): number {
    return [...this.#outcomes.values()].filter((count) => count === 0).length;
  }

  async #submitRound(): Promise<void> {
    const { clips, tools, place, connection, model } = this.#parts;
    const cutter = await tools.openCutter();
    const sink = await connection.recordSink();
    try {
      for (const { file, priority, source } of clips) {
        if (tools.interrupted.aborted) return;
        await submitFiles([{ file: await cutter.inspect(file, chunkMs), source }], {
          tools,
          place,
          cutter,
          sink,
          store: tools.objectStore(place.claimRoot),
          options: { priority, model, chunkSeconds: chunkMs, timeoutSeconds: playMsMax },
          onSending: (_, id) => this.#outcomes.set(id, 0),
          onSubmitted: () => undefined,
        });
      }
    } finally {
      await sink.close();
    }
  }
}
