import type { Clock } from './ports.ts';

/** One of our own records: when we sent it, when it was acknowledged, when the broker appended it. */
export interface AppendSample {
  readonly sentAtMonotonicMs: number;
  readonly acknowledgedAtMonotonicMs: number;
  readonly appendedAtMs: number;
}

/**
 * Broker time as this process can know it: the append times of its own records, so that the machines
 * of an installation need not agree on the hour. The error is at most half the round trip of the best
 * of the recent samples, plus a millisecond.
 */
export interface BrokerClock {
  observe(sample: AppendSample): void;
  /** Whether a sample has been seen; before, `nowMs` is the machine's own time. */
  isSet(): boolean;
  /** Epoch milliseconds on the broker's clock. */
  nowMs(): number;
}

/** Enough to hold a quick answer, few enough to follow a clock that the broker's machine adjusts. */
const samplesKept = 16;

export function createBrokerClock(clock: Clock): BrokerClock {
  const samples: { readonly offsetMs: number; readonly roundTripMs: number }[] = [];
  let bestOffsetMs: number | null = null;
  return {
    observe({ sentAtMonotonicMs, acknowledgedAtMonotonicMs, appendedAtMs }) {
      const middleMs = (sentAtMonotonicMs + acknowledgedAtMonotonicMs) / 2;
      samples.push({
        offsetMs: appendedAtMs - middleMs,
        roundTripMs: acknowledgedAtMonotonicMs - sentAtMonotonicMs,
      });
      if (samples.length > samplesKept) samples.shift();
      const best = samples.reduce((a, b) => (b.roundTripMs <= a.roundTripMs ? b : a));
      bestOffsetMs = best.offsetMs;
    },
    isSet: () => bestOffsetMs !== null,
    nowMs: () => (bestOffsetMs === null ? clock.nowMs() : clock.monotonicMs() + bestOffsetMs),
  };
}
