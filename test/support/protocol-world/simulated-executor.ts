import type { Clock, Random } from '../../../services/shared/clock/ports.ts';
import type { Executor, ExecutorOutcome } from '../../../services/worker/executor/ports.ts';
import { between, pick } from './options.ts';
import { chunkOf, factsFrom } from './history.ts';
import type { ChunkFacts, History } from './history.ts';

const model = {
  name: 'demo',
  version: '1',
  variant: 'fp32',
  executionProvider: 'cpu',
  device: 'cpu',
} as const;

export interface SimulatedExecutor extends Executor {
  /** All executor children of the worker die, as by the system's memory killer. */
  killChildren(): void;
}

/** Computes nothing, takes its time, and does what the chunk's nature says. */
export function simulatedExecutor(
  parts: { readonly clock: Clock; readonly random: Random; readonly history: History },
  slots: number,
  onPoison: () => void,
): SimulatedExecutor {
  const { clock, random, history } = parts;
  const ends = new Set<(outcome: 'crashed' | 'closed') => void>();
  const endAll = (how: 'crashed' | 'closed'): void => {
    for (const end of ends) end(how);
  };
  const compute = (key: string, facts: ChunkFacts): Promise<ExecutorOutcome> => {
    const chunk = chunkOf(key);
    const computeMs = facts.computeMs * (0.8 + 0.4 * random.next());
    if (facts.nature === 'kills-worker') {
      clock.after(pick(random, [2, 300, computeMs]), () => {
        history.dies(chunk);
        onPoison();
      });
      return new Promise(() => undefined);
    }
    return new Promise((resolve) => {
      const finish = (outcome: ExecutorOutcome): void => {
        ends.delete(end);
        cancel();
        resolve(outcome);
      };
      const end = (how: 'crashed' | 'closed'): void => {
        const reason = how === 'crashed' ? 'executor-crashed' : 'executor-failed';
        history.blamelessTry(key);
        finish({ kind: 'failure', key, reason, message: how, retriable: true });
      };
      ends.add(end);
      const cancel = clock.after(computeMs, () => {
        if (facts.nature === 'kills-executor') history.dies(chunk);
        finish(naturalOutcome(key, facts, between(random, 1000, 3000)));
      });
    });
  };
  return {
    models: [model],
    available: () => Promise.resolve(true),
    slots,
    async execute(chunks, onOutcome) {
      for (const { key, bytes } of chunks) onOutcome(await compute(key, factsFrom(bytes)));
    },
    close: async () => endAll('closed'),
    killChildren: () => endAll('crashed'),
  };
}

function naturalOutcome(key: string, { nature }: ChunkFacts, durationMs: number): ExecutorOutcome {
  if (nature === 'kills-executor') {
    const message = 'the executor was killed';
    return { kind: 'failure', key, reason: 'executor-crashed', message, retriable: true };
  }
  if (nature === 'bad') {
    return { kind: 'failure', key, reason: 'corrupt', message: 'no video', retriable: false };
  }
  return {
    kind: 'result',
    key,
    model,
    width: 64,
    height: 48,
    durationMs,
    firstPresentationMs: 0,
    frameStride: 1,
    framesPerSecond: 1,
    frames: [],
    decodeMs: 1,
    inferMs: 1,
  };
}
