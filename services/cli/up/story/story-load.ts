import { createHash } from 'node:crypto';
import type { Priority } from '../../../shared/chunk/words.ts';
import type { RecordSink } from '../../../shared/kafka/ports.ts';
import type { CommandTools } from '../../command-tools.ts';
import type { KafkaPlace } from '../../kafka-place.ts';
import { chunkRecord } from '../../submit/chunk-record.ts';
import type { CutPiece } from '../../submit/cutter-ports.ts';
import { Sending } from '../../submit/sending.ts';
import type { DemoClip } from '../render-clips.ts';
import type { StoryLedger } from './story-ledger.ts';
import { arrivalsOf, storySettings } from './story-plan.ts';
import type { Arrival } from './story-plan.ts';

export interface StoryLoadOptions {
  readonly clips: readonly DemoClip[];
  readonly tools: Pick<CommandTools, 'clock' | 'random' | 'interrupted' | 'openCutter'>;
  readonly place: KafkaPlace;
  readonly sink: RecordSink;
  readonly ledger: StoryLedger;
  readonly model: string;
  /** Broker time, which deadlines are measured by. */
  readonly nowMs: () => number;
}

interface Piece extends CutPiece {
  readonly sha256: string;
}

/** Arrivals are planned so far at a time. */
const sliceMs = 10_000;
/** Streams of a burst: several cameras, so that their chunks spread over the partitions. */
const burstSources = 6;

/** Submits the demo's video by the clock, over and over. */
export class StoryLoad {
  readonly #options: StoryLoadOptions;
  readonly #pieces: ReadonlyMap<Priority, readonly Piece[]>;
  readonly #sending = new Sending();
  readonly #run: string;
  #submitted = 0;

  /** Cuts the clips, each piece once for the whole story. */
  static async open(options: StoryLoadOptions): Promise<StoryLoad> {
    const cutter = await options.tools.openCutter();
    const pieces = new Map<Priority, readonly Piece[]>();
    for (const { file, priority } of options.clips) {
      const cut: Piece[] = [];
      for await (const piece of cutter.cut(await cutter.inspect(file, storySettings.chunkMs))) {
        cut.push({ ...piece, sha256: createHash('sha256').update(piece.bytes).digest('hex') });
      }
      pieces.set(priority, cut);
    }
    return new StoryLoad(options, pieces);
  }

  private constructor(options: StoryLoadOptions, pieces: ReadonlyMap<Priority, readonly Piece[]>) {
    this.#options = options;
    this.#pieces = pieces;
    this.#run = options.tools.random.unique();
  }

  /** Goes on until `signal` aborts. @throws KafkaPortError */
  async submitSteady(signal: AbortSignal): Promise<void> {
    const beganAtMs = this.#options.tools.clock.monotonicMs();
    for (let fromMs = 0; !signal.aborted; fromMs += sliceMs) {
      const arrivals = arrivalsOf('steady', { fromMs, untilMs: fromMs + sliceMs });
      await this.#submit(arrivals, beganAtMs, signal);
    }
  }

  /** @throws KafkaPortError */
  async submitBurst(signal: AbortSignal): Promise<void> {
    const beganAtMs = this.#options.tools.clock.monotonicMs();
    const arrivals = arrivalsOf('burst', { fromMs: 0, untilMs: storySettings.burstMs });
    await this.#submit(arrivals, beganAtMs, signal);
  }

  /** Resolves when Kafka has all that was submitted. @throws KafkaPortError */
  finish(): Promise<void> {
    return this.#sending.finish();
  }

  async #submit(
    arrivals: readonly Arrival[],
    beganAtMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options.tools;
    for (const arrival of arrivals) {
      const leftMs = beganAtMs + arrival.atMs - clock.monotonicMs();
      if (leftMs > 0) await clock.sleepMs(leftMs, signal);
      if (signal.aborted) return;
      await this.#send(arrival);
    }
  }

  async #send({ priority, part, deadlineMs }: Arrival): Promise<void> {
    const { place, sink, ledger, nowMs, model } = this.#options;
    const pieces = this.#pieces.get(priority) ?? [];
    const number = this.#submitted;
    this.#submitted += 1;
    const piece = pieces[number % pieces.length];
    if (piece === undefined) throw new Error(`the demo has no video for ${priority}`);
    const { bytes, sha256, contentType, durationMs } = piece;
    const id = `${this.#run}-${number}`;
    const camera =
      part === 'burst' ? `rush-${priority}-${(number % burstSources) + 1}` : `street-${priority}`;
    ledger.expect(id, { priority, part });
    await this.#sending.add(bytes.length, async () => {
      const record = chunkRecord({
        topic: place.topics.intake(priority),
        source: camera,
        id,
        number,
        startMs: number * storySettings.chunkMs,
        durationMs,
        contentType,
        submittedAtMs: nowMs(),
        deadlineMs,
        model,
        sha256,
        payload: { kind: 'inline', bytes },
      });
      await sink.send([record]);
    });
  }
}
