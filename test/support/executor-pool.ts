import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { Clock } from '../../services/shared/clock/ports.ts';
import { systemClock } from '../../services/shared/clock/system.ts';
import { clipLimitsDefault } from '../../services/worker/executor/clip-limits.ts';
import { ExecutorPool, type PoolOptions } from '../../services/worker/executor/pool.ts';
import type {
  ExecutorChunk,
  ExecutorOutcome,
  ExecutorResult,
} from '../../services/worker/executor/ports.ts';
import { encodeClip } from './encoded-clip.ts';
import { tinyRepository } from './model-repository.ts';

const projectRoot = join(import.meta.dirname, '..', '..');

/** The built child program; suites that use it are run after a build. */
export const childPath = join(projectRoot, 'dist/services/worker/executor/main.js');
export interface PoolChanges {
  readonly settings?: Partial<PoolOptions['settings']>;
  readonly pool?: Partial<PoolOptions>;
  readonly clock?: Clock;
}

export interface TestPool {
  readonly pool: ExecutorPool;
  readonly notices: readonly string[];
  readonly replacements: readonly string[];
}

/** Real children with the model `tiny`, closed when the test has finished. */
export async function openPool({ settings, pool, clock }: PoolChanges = {}): Promise<TestPool> {
  const notices: string[] = [];
  const replacements: string[] = [];
  const options: PoolOptions = {
    childPath,
    settings: {
      repositories: settings?.repositories ?? [tinyRepository()],
      kind: 'cpu',
      emulated: false,
      variants: ['fp32', 'fp16', 'int8'],
      batchMax: 4,
      defaultModel: null,
      threads: 1,
      limits: clipLimitsDefault,
      ...settings,
    },
    environment: {},
    executionMsMax: 30_000,
    loadMsMax: 30_000,
    memoryBytesMax: 2 ** 31,
    slots: 1,
    chunksPerHand: 1,
    ...pool,
  };
  const listener = {
    onNotice: (notice: string) => notices.push(notice),
    onReplaced: (message: string) => replacements.push(message),
    onUnusable: (error: Error) => replacements.push(`unusable: ${error.message}`),
  };
  const open = await ExecutorPool.open(options, { clock: clock ?? systemClock, listener });
  onTestFinished(() => open.close());
  return { pool: open, notices, replacements };
}

export function chunkOf(bytes: Buffer, key = 'only'): ExecutorChunk {
  return { key, bytes, contentType: null, model: null, startMs: 0, durationMs: null };
}

export async function outcomeOf(
  pool: ExecutorPool,
  chunk: ExecutorChunk,
): Promise<ExecutorOutcome> {
  const outcomes: ExecutorOutcome[] = [];
  await pool.execute([chunk], (outcome) => outcomes.push(outcome));
  const [outcome, ...more] = outcomes;
  expect(more).toEqual([]);
  if (outcome === undefined) throw new Error('the executor resolved without an outcome');
  return outcome;
}

export async function resultOf(pool: ExecutorPool, chunk: ExecutorChunk): Promise<ExecutorResult> {
  const outcome = await outcomeOf(pool, chunk);
  if (outcome.kind !== 'result') throw new Error(`${outcome.reason}: ${outcome.message}`);
  return outcome;
}

/** Ten seconds of work for the model of `slowRepository`. */
export function longClip(): Buffer {
  return encodeClip({ frames: 500, bFrames: 0 });
}
