import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { deadLetterReasons } from '../../shared/chunk/reasons.ts';
import { priorities } from '../../shared/chunk/words.ts';
import { expiryCauses } from '../knowledge/entry.ts';
import type { Entry } from '../knowledge/entry.ts';
import { isInTime } from '../knowledge/tallies.ts';

const deadlineWords = ['met', 'missed'] as const;

/** How chunks ended, counted by the process that published it. */
export interface OutcomeMetrics {
  readonly results: Counter<'priority' | 'deadline'>;
  readonly resultSeconds: Histogram<'priority'>;
  readonly deadLetters: Counter<'priority' | 'reason'>;
  readonly expired: Counter<'priority' | 'cause'>;
}

export function outcomeMetrics(registry: Registry): OutcomeMetrics {
  const registers = [registry];
  const metrics: OutcomeMetrics = {
    results: new Counter({
      name: 'spillway_dispatcher_results_total',
      help: 'Results published, by whether the chunk was finished before its deadline.',
      labelNames: ['priority', 'deadline'],
      registers,
    }),
    resultSeconds: new Histogram({
      name: 'spillway_dispatcher_result_seconds',
      help: 'Time from the submission of a chunk to the end of its work.',
      labelNames: ['priority'],
      buckets: [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200],
      registers,
    }),
    deadLetters: new Counter({
      name: 'spillway_dispatcher_dead_letters_total',
      help: 'Dead letters published.',
      labelNames: ['priority', 'reason'],
      registers,
    }),
    expired: new Counter({
      name: 'spillway_dispatcher_expired_chunks_total',
      help: 'Expired outcomes of chunks that waited too long; cause: what would have come next.',
      labelNames: ['priority', 'cause'],
      registers,
    }),
  };
  // A counter that first appears with its first event hides that event from every rate.
  for (const priority of priorities) {
    for (const deadline of deadlineWords) metrics.results.inc({ priority, deadline }, 0);
    for (const reason of deadLetterReasons) metrics.deadLetters.inc({ priority, reason }, 0);
    for (const cause of expiryCauses) metrics.expired.inc({ priority, cause }, 0);
    metrics.resultSeconds.zero({ priority });
  }
  return metrics;
}

export function countOutcome(metrics: OutcomeMetrics, entry: Entry): void {
  const { ending, coordinates, chunk } = entry;
  const { priority } = coordinates;
  switch (ending?.kind) {
    case 'result':
      metrics.results.inc({ priority, deadline: isInTime(ending, chunk) ? 'met' : 'missed' });
      if (chunk !== null) {
        const tookMs = Math.max(0, ending.finishedAtMs - chunk.submittedAtMs);
        metrics.resultSeconds.observe({ priority }, tookMs / 1000);
      }
      return;
    case 'dead-letter':
      metrics.deadLetters.inc({ priority, reason: ending.reason });
      return;
    case 'expired':
      metrics.expired.inc({ priority, cause: ending.cause });
      return;
    case undefined:
  }
}
