import { parseRfc3339 } from '../../shared/chunk/rfc3339.ts';
import type { Colours } from '../terminal.ts';
import type { Outcome, ResultFacts } from './read-outcome.ts';

/** One line for a person: which part of which stream, what was seen or what went wrong, how long it took. */
export function describeOutcome(outcome: Outcome, colours: Colours): string {
  const source = colours.strong(outcome.source);
  switch (outcome.outcome) {
    case 'result':
      return `${source}  ${describeResult(outcome.facts, colours)}`;
    case 'dead-letter': {
      const { reason, message, id, coordinates } = outcome;
      const accepted = outcome.accepted === null ? '' : `, accepted is ${outcome.accepted}`;
      const place = colours.quiet(`(${id} at ${coordinates}${accepted})`);
      return `${source}  ${colours.bad('dead letter')}  ${reason}: ${message} ${place}`;
    }
    case 'expired': {
      const place = colours.quiet(`(${outcome.id} at ${outcome.coordinates})`);
      return `${source}  ${colours.bad('expired')}  ${outcome.message} ${place}`;
    }
  }
}

function describeResult(facts: ResultFacts, colours: Colours): string {
  const place = `${mediaTime(facts.startMs)}-${mediaTime(facts.startMs + facts.durationMs)}`;
  const frames = `${facts.frames.length} ${facts.frames.length === 1 ? 'frame' : 'frames'}`;
  const device = facts.emulated ? `${facts.device}, emulated` : facts.device;
  const tookMs = (parseRfc3339(facts.finishedAt) ?? 0) - (parseRfc3339(facts.submittedAt) ?? 0);
  const took = colours.quiet(`${(Math.max(0, tookMs) / 1000).toFixed(2)} s on ${device}`);
  const spilled = facts.spilled ? colours.quiet(', spilled') : '';
  const late = facts.deadlineMet ? '' : colours.bad(', late');
  return `${place}  ${frames}: ${describeDetections(countDetections(facts))}  ${took}${spilled}${late}`;
}

/** Detections of each class over all frames. */
export function countDetections({ frames }: ResultFacts): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const detection of frames.flatMap(({ detections }) => detections)) {
    counts.set(detection.class, (counts.get(detection.class) ?? 0) + 1);
  }
  return counts;
}

/** Most frequent first: `12 bottle, 3 person`. */
export function describeDetections(counts: ReadonlyMap<string, number>): string {
  if (counts.size === 0) return 'nothing found';
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([name, times]) => `${times} ${name}`)
    .join(', ');
}

/** `1:02.500`, hours in front where there are some. */
export function mediaTime(milliseconds: number): string {
  const seconds = ((milliseconds % 60_000) / 1000).toFixed(3).padStart(6, '0');
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 60) return `${minutes}:${seconds}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${seconds}`;
}
