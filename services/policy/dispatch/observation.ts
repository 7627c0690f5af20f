import type { SpillGate } from '../../shared/chunk/directive.ts';
import type { WaitingChunk } from './waiting-chunk.ts';
import type { WorkerLoad } from './worker-load.ts';

/** GPU slots of nodes that are booting. */
export interface ComingSlots {
  /** When they will compute; broker time. */
  readonly atMs: number;
  readonly slots: number;
  /** Media milliseconds per wall millisecond of one slot. */
  readonly slotSpeed: number;
}

/** What one pass of the dispatcher goes by. The order within the lists means nothing. */
export interface DispatchObservation {
  /** Broker time. */
  readonly nowMs: number;
  readonly waiting: readonly WaitingChunk[];
  /** Ready workers only. */
  readonly workers: readonly WorkerLoad[];
  readonly comingGpu: readonly ComingSlots[];
  /** `shut`: nothing goes to CPU workers. */
  readonly gate: SpillGate;
  /** `null`: any. */
  readonly spillMediaMsPerMinuteMax: number | null;
}
