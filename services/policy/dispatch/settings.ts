import type { WorkerKind } from '../../shared/chunk/words.ts';

/** What a person decides about dispatching; complete, since the policy has no defaults. */
export interface DispatchSettings {
  /** How far ahead of its start a chunk may be bound to a worker. */
  readonly laneHorizonMs: number;
  /** The same for CPU workers where there are GPU workers. */
  readonly spillHorizonMs: number;
  /** After this long, a worker that failed on a chunk may have it again. */
  readonly otherWorkerWaitMs: number;
  /** What a chunk needs besides waiting and computing: over its lane, and its result back. */
  readonly pathMs: number;
  /** Shares of the media time dispatched in a minute that a priority gets while its work waits, 0 to 1. */
  readonly floors: { readonly standard: number; readonly bulk: number };
  /** Strict priority lasts until overload has been absent for this long. */
  readonly overloadHoldMs: number;
  /** Share by which the reckoned time of a worker is stretched: 0.1 for a tenth. */
  readonly marginFraction: Readonly<Record<WorkerKind, number>>;
  /** Media milliseconds per wall millisecond of a slot until a worker's own was measured. */
  readonly unmeasuredSpeed: Readonly<Record<WorkerKind, number>>;
}
