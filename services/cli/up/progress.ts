import { parseRfc3339 } from '../../shared/chunk/rfc3339.ts';
import { countDetections } from '../outcomes/describe-outcome.ts';
import type { Outcome, ResultFacts } from '../outcomes/read-outcome.ts';

/** What came out so far, as far as this process has heard of it. */
export interface Progress {
  readonly detections: Map<string, number>;
  /** Seconds from submission to result. */
  readonly tookSeconds: number[];
  results: number;
  late: number;
  deadLetters: number;
  expired: number;
}

export function createProgress(): Progress {
  return {
    detections: new Map(),
    tookSeconds: [],
    results: 0,
    late: 0,
    deadLetters: 0,
    expired: 0,
  };
}

/** Enough for the quantiles of a demo that runs for days. */
const tookKept = 10_000;

export function noteOutcome(progress: Progress, outcome: Outcome): void {
  switch (outcome.outcome) {
    case 'dead-letter':
      progress.deadLetters += 1;
      return;
    case 'expired':
      progress.expired += 1;
      return;
    case 'result': {
      const { facts } = outcome;
      progress.results += 1;
      if (!facts.deadlineMet) progress.late += 1;
      progress.tookSeconds.push(secondsTaken(facts));
      if (progress.tookSeconds.length > tookKept) progress.tookSeconds.shift();
      for (const [name, times] of countDetections(facts)) {
        progress.detections.set(name, (progress.detections.get(name) ?? 0) + times);
      }
    }
  }
}

function secondsTaken({ submittedAt, finishedAt }: ResultFacts): number {
  return ((parseRfc3339(finishedAt) ?? 0) - (parseRfc3339(submittedAt) ?? 0)) / 1000;
}

/** The value that `fraction` of the values do not exceed; `null` of none. */
export function quantile(values: readonly number[], fraction: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? null;
}
