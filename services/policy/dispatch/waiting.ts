import type { ServiceGroup } from './service-group.ts';
import type { WaitingChunk } from './waiting-chunk.ts';

/**
 * All that waits with what a pass knows of it, a column for each fact, by the chunk's place in the
 * observed list. Ten thousand objects would outlive the young generation of the collector, and
 * sorting them would follow as many pointers.
 */
export interface Waiting {
  readonly chunks: readonly WaitingChunk[];
  readonly groups: ServiceGroup[];
  /** Not below 0, and a number. */
  readonly mediaMs: Float64Array;
  /** From now, when it must be done to be in time; a number, so that there is one order. */
  readonly dueAfterMs: Float64Array;
  /** 1: nobody can finish it in time, even if it went before all others; else 0. */
  readonly isHopeless: Uint8Array;
  /**
   * 1: not every worker may have it, a suspect or one that a worker failed on; 0: to choose its worker,
   * the chunk itself need not be looked at, which is slow where thousands are.
   */
  readonly isPicky: Uint8Array;
}

/** A chunk whose turn it is. */
export interface Waiter {
  readonly chunk: WaitingChunk;
  readonly group: ServiceGroup;
  readonly mediaMs: number;
  readonly dueAfterMs: number;
  readonly isHopeless: boolean;
  readonly isPicky: boolean;
}

export const emptyWaiting = (chunks: readonly WaitingChunk[]): Waiting => ({
  chunks,
  groups: [],
  mediaMs: new Float64Array(chunks.length),
  dueAfterMs: new Float64Array(chunks.length),
  isHopeless: new Uint8Array(chunks.length),
  isPicky: new Uint8Array(chunks.length),
});

/** `null` for a place where nothing waits. */
export function waiterAt(waiting: Waiting, place: number): Waiter | null {
  const chunk = waiting.chunks[place];
  const group = waiting.groups[place];
  const mediaMs = waiting.mediaMs[place];
  const dueAfterMs = waiting.dueAfterMs[place];
  if (chunk === undefined || group === undefined) return null;
  if (mediaMs === undefined || dueAfterMs === undefined) return null;
  const isHopeless = waiting.isHopeless[place] === 1;
  const isPicky = waiting.isPicky[place] === 1;
  return { chunk, group, mediaMs, dueAfterMs, isHopeless, isPicky };
}
