import type { Priority, WorkerKind } from '../../shared/chunk/words.ts';

/** A ready worker and what it already has, in its lanes and in hand. */
export interface WorkerLoad {
  readonly worker: string;
  readonly kind: WorkerKind;
  /** Priorities in which it owns a lane partition. */
  readonly priorities: ReadonlySet<Priority>;
  readonly models: ReadonlySet<string>;
  readonly slots: number;
  /**
   * Media milliseconds per wall millisecond of one slot, of the slowest of its models: a lane filled
   * by it costs a pause at worst, never a deadline. `null` before it was measured.
   */
  readonly speed: number | null;
  readonly assignedChunks: number;
  readonly assignedMediaMs: number;
  readonly holdsSuspect: boolean;
}
