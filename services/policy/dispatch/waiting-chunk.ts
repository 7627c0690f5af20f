import type { Priority } from '../../shared/chunk/words.ts';

/** A chunk that nobody has in hand and no lane holds. Times are broker time. */
export interface WaitingChunk {
  readonly key: string;
  readonly priority: Priority;
  /** `null`: the default model, which every worker serves. */
  readonly model: string | null;
  readonly mediaMs: number;
  readonly deadlineAtMs: number;
  /** Since when nobody has had it. */
  readonly waitingSinceMs: number;
  /** Workers that failed on it or gave it back. */
  readonly excludedWorkers: ReadonlySet<string>;
  /** It was in hand when a worker died: it goes to an idle worker, and nothing else beside it. */
  readonly isSuspect: boolean;
  /**
   * The lowest unsettled chunk of a partition that can soon record no more of what is settled above
   * it: until it is out of the way, its whole partition stands still.
   */
  readonly mustGoFirst: boolean;
}
