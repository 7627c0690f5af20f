import { parseAssignment } from '../../../shared/chunk/assignment.ts';
import { coordinatesKey } from '../../../shared/chunk/coordinates.ts';
import type { Priority } from '../../../shared/chunk/words.ts';
import type { LogLine } from '../../../local/processes/log-lines.ts';
import type { Outcome } from '../../outcomes/read-outcome.ts';
import type { StoryPart } from './story-plan.ts';

/** How a chunk of the story ended first. */
export interface Ended {
  readonly outcome: Outcome['outcome'];
  readonly isOnTime: boolean;
  readonly isSpilled: boolean;
  /** Monotonic time; `null` where no worker had it. */
  readonly dispatchedAtMs: number | null;
  /** Monotonic time at which its outcome was seen. */
  readonly seenAtMs: number;
}

/** One chunk that the story submitted. */
export interface StoryChunk {
  readonly priority: Priority;
  readonly part: StoryPart;
  outcomes: number;
  ended: Ended | null;
}

/** All that is known of the story's chunks, from submission to outcome. */
export class StoryLedger {
  readonly #chunks = new Map<string, StoryChunk>();
  readonly #started = new Map<string, number>();
  #finished = 0;
  #paceMissed = 0;

  /** Before it is sent: its outcome may overtake the acknowledgement. */
  expect(id: string, chunk: Pick<StoryChunk, 'priority' | 'part'>): void {
    this.#chunks.set(id, { ...chunk, outcomes: 0, ended: null });
  }

  /** Whether the outcome is of a chunk of the story. */
  noteOutcome(outcome: Outcome, seenAtMs: number): boolean {
    const chunk = this.#chunks.get(outcome.id);
    if (chunk === undefined) return false;
    chunk.outcomes += 1;
    chunk.ended ??= endedAs(outcome, seenAtMs);
    return true;
  }

  /** Counts tries by what workers log of them. */
  noteLog({ fields }: LogLine): void {
    if (fields === null) return;
    const { event, assignment, paceMissed } = fields;
    const parsed = typeof assignment === 'string' ? parseAssignment(assignment) : null;
    if (parsed === null) return;
    const key = coordinatesKey(parsed.coordinates);
    if (event === 'chunk.started') this.#started.set(key, (this.#started.get(key) ?? 0) + 1);
    if (event !== 'chunk.finished') return;
    this.#finished += 1;
    if (paceMissed === true) this.#paceMissed += 1;
  }

  chunks(): readonly StoryChunk[] {
    return [...this.#chunks.values()];
  }

  /** Chunks that were started more than once. */
  computedTwice(): number {
    return [...this.#started.values()].filter((times) => times > 1).length;
  }

  /** Tries that took longer than the emulated device would have, of those that ended. */
  pace(): { readonly missed: number; readonly tries: number } {
    return { missed: this.#paceMissed, tries: this.#finished };
  }
}

function endedAs(outcome: Outcome, seenAtMs: number): Ended {
  if (outcome.outcome !== 'result') {
    const nobody = { isOnTime: false, isSpilled: false, dispatchedAtMs: null };
    return { outcome: outcome.outcome, ...nobody, seenAtMs };
  }
  const { deadlineMet, spilled, laneMs, computeMs } = outcome.facts;
  return {
    outcome: 'result',
    isOnTime: deadlineMet,
    isSpilled: spilled,
    dispatchedAtMs: seenAtMs - laneMs - computeMs,
    seenAtMs,
  };
}
