import type { Directive } from '../../shared/chunk/directive.ts';
import type { WorkerKind } from '../../shared/chunk/words.ts';
import type { WorkerLoad } from '../../policy/dispatch/worker-load.ts';

/** Media milliseconds per wall millisecond of a slot. */
type Speeds = Readonly<Record<WorkerKind, number>>;

/**
 * What a slot of a worker is reckoned with before its own speed was measured: the mean of its kind as
 * it is, else as it last was, else as the scaler has it, else as configured.
 */
export interface KnownSpeeds {
  of(workers: readonly WorkerLoad[], directive: Directive | null): Speeds;
}

export function createKnownSpeeds(configured: Speeds): KnownSpeeds {
  const last = new Map<WorkerKind, number>();
  const speedOf = (
    kind: WorkerKind,
    workers: readonly WorkerLoad[],
    directive: Directive | null,
  ): number => {
    const measured = meanSpeed(workers, kind);
    if (measured !== null) last.set(kind, measured);
    const told = directive?.capacity.find((capacity) => capacity.kind === kind)?.slotSpeed;
    return last.get(kind) ?? told ?? configured[kind];
  };
  return {
    of: (workers, directive) => ({
      gpu: speedOf('gpu', workers, directive),
      cpu: speedOf('cpu', workers, directive),
    }),
  };
}

function meanSpeed(workers: readonly WorkerLoad[], kind: WorkerKind): number | null {
  let sum = 0;
  let count = 0;
  for (const worker of workers) {
    if (worker.kind !== kind || worker.speed === null) continue;
    sum += worker.speed;
    count += 1;
  }
  return count === 0 ? null : sum / count;
}
