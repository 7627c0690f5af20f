import { z } from 'zod';
import { failureReasons } from '../../shared/chunk/reasons.ts';
import { workerKinds } from '../../shared/chunk/words.ts';
import type { VariantName } from '../models/manifest.ts';
import type { LoadOptions } from '../models/load.ts';
import type { ClipLimits } from './clip-limits.ts';
import type { ExecutorChunk, ExecutorOutcome, ModelDescription } from './ports.ts';

/** What a child is told once, before anything else. */
export interface ChildSettings extends LoadOptions {
  /** Networks run on the CPU, whatever the kind; results still name the kind as their device. */
  readonly emulated: boolean;
  readonly variants: readonly VariantName[];
  /** The model of chunks that name none; null when they must name one, or there is only one. */
  readonly defaultModel: string | null;
  /** Threads of a network, and of a decoder. */
  readonly threads: number;
  readonly limits: ClipLimits;
}

export type ToChild =
  | { readonly type: 'load'; readonly settings: ChildSettings }
  | { readonly type: 'execute'; readonly chunks: readonly ExecutorChunk[] };

export type FromChild =
  | {
      readonly type: 'loaded';
      readonly models: readonly ModelDescription[];
      readonly notices: readonly string[];
    }
  | { readonly type: 'load-failed'; readonly message: string }
  /** In the order of the chunks; the child is idle after the last one. */
  | { readonly type: 'outcome'; readonly outcome: ExecutorOutcome };

const number = z.number().finite();
const count = number.min(0);

const modelSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  variant: z.string(),
  executionProvider: z.string(),
  device: z.enum(workerKinds),
});

const frameSchema = z.strictObject({
  presentationMs: number,
  detections: z.array(
    z.strictObject({
      class: z.string(),
      score: number.min(0).max(1),
      box: z.tuple([count, count, count, count]),
    }),
  ),
});

const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('result'),
    key: z.string(),
    model: modelSchema,
    width: count,
    height: count,
    durationMs: count,
    firstPresentationMs: number,
    frameStride: count,
    framesPerSecond: count,
    frames: z.array(frameSchema),
    decodeMs: count,
    inferMs: count,
  }),
  z.strictObject({
    kind: z.literal('failure'),
    key: z.string(),
    reason: z.enum(failureReasons),
    message: z.string(),
    retriable: z.boolean(),
  }),
]);

const fromChildSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('loaded'),
    models: z.array(modelSchema),
    notices: z.array(z.string()),
  }),
  z.strictObject({ type: z.literal('load-failed'), message: z.string() }),
  z.strictObject({ type: z.literal('outcome'), outcome: outcomeSchema }),
]);

/**
 * Reads what a child says, or null for nonsense. The child handles strangers' bytes with a large
 * native library; whoever took it over must not reach further than false detections.
 */
export function readFromChild(message: unknown): FromChild | null {
  const parsed = fromChildSchema.safeParse(message);
  return parsed.success ? parsed.data : null;
}
