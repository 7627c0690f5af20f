import type { Known } from '../../policy/scaling/observation.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import type { WorkersSnapshot, WorkersView } from './workers-view.ts';

/**
 * Lets the calls of one poll agree. KEDA asks for the metric, its value and the activity one after the
 * other, and a directive may be published in between.
 */
export interface Polls {
  /** A poll of this caller begins. */
  begin(caller: string): void;
  /** What the running poll of this caller began with, as long as it holds; else what holds now. */
  read(caller: string): Known<WorkersSnapshot>;
}

/** KEDA and the HPA poll the same caller at once: for so long a poll goes on with another's snapshot. */
const sharedForMs = 500;
/** A poll takes milliseconds; after this its end was not heard of. */
const heldForMs = 2000;
/** Installations have tens of ScaledObjects; foreign names must not fill the memory. */
const callersMax = 1000;

interface Held {
  readonly snapshot: WorkersSnapshot;
  readonly sinceMs: number;
}

export function createPolls(clock: Clock, view: WorkersView): Polls {
  const held = new Map<string, Held>();
  const heldBy = (caller: string, forMs: number): WorkersSnapshot | null => {
    const found = held.get(caller);
    if (found === undefined || clock.monotonicMs() - found.sinceMs > forMs) return null;
    return view.isFresh(found.snapshot) ? found.snapshot : null;
  };
  return {
    begin(caller) {
      if (heldBy(caller, sharedForMs) !== null) return;
      held.delete(caller);
      const now = view.read();
      if (now.kind === 'unknown') return;
      const [oldest] = held.keys();
      if (held.size >= callersMax && oldest !== undefined) held.delete(oldest);
      held.set(caller, { snapshot: now.value, sinceMs: clock.monotonicMs() });
    },
    read(caller) {
      const snapshot = heldBy(caller, heldForMs);
      return snapshot === null ? view.read() : { kind: 'known', value: snapshot };
    },
  };
}
