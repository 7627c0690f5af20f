import { countDetections, describeDetections, mediaTime } from '../outcomes/describe-outcome.ts';
import type { Outcome } from '../outcomes/read-outcome.ts';
import type { Colours } from '../terminal.ts';

/** What came of one call of `submit` so far. */
export interface Tally {
  readonly chunksPlanned: number;
  readonly mediaMs: number;
  submitted: number;
  results: number;
  deadLetters: number;
  expired: number;
  frames: number;
  late: number;
  readonly detections: Map<string, number>;
}

export function openTally(plan: Pick<Tally, 'chunksPlanned' | 'mediaMs'>): Tally {
  const none = { submitted: 0, results: 0, deadLetters: 0, expired: 0, frames: 0, late: 0 };
  return { ...plan, ...none, detections: new Map() };
}

export function countOutcome(tally: Tally, outcome: Outcome): void {
  switch (outcome.outcome) {
    case 'dead-letter':
      tally.deadLetters += 1;
      return;
    case 'expired':
      tally.expired += 1;
      return;
    case 'result':
      tally.results += 1;
      tally.frames += outcome.facts.frames.length;
      if (!outcome.facts.deadlineMet) tally.late += 1;
      for (const [name, times] of countDetections(outcome.facts)) {
        tally.detections.set(name, (tally.detections.get(name) ?? 0) + times);
      }
  }
}

const endedChunks = ({ results, deadLetters, expired }: Tally): number =>
  results + deadLetters + expired;

const barWidth = 24;

/** `[########        ] 3 of 5 chunks submitted, 2 ended`. */
export function progressLine(tally: Tally, isWaiting: boolean): string {
  const { submitted, chunksPlanned } = tally;
  const done = isWaiting ? (submitted + endedChunks(tally)) / 2 : submitted;
  const filled = chunksPlanned === 0 ? 0 : Math.floor((done / chunksPlanned) * barWidth);
  const bar = `[${'#'.repeat(filled).padEnd(barWidth)}]`;
  const ended = isWaiting ? `, ${endedChunks(tally)} ended` : '';
  return `${bar} ${submitted} of ${chunksPlanned} chunks submitted${ended}`;
}

/** The last lines after waiting. */
export function summaryLine(tally: Tally, tookMs: number, colours: Colours): string {
  const missing = tally.submitted - endedChunks(tally);
  const media = mediaTime(tally.mediaMs);
  const parts = [
    `${tally.results} of ${tally.submitted} chunks with a result`,
    ...nonZero(tally.deadLetters, 'dead letters'),
    ...nonZero(tally.expired, 'expired'),
    ...nonZero(missing, 'without an outcome'),
    ...nonZero(tally.late, 'late'),
  ];
  const isGood = tally.results === tally.submitted;
  const head = (isGood ? colours.good : colours.bad)(parts.join(', '));
  const found = describeDetections(tally.detections);
  return `${head}; ${tally.frames} frames: ${found}; ${media} of video in ${(tookMs / 1000).toFixed(1)} s`;
}

const nonZero = (count: number, what: string): readonly string[] =>
  count === 0 ? [] : [`${count} ${what}`];
