import { parseCoordinates } from '../../shared/chunk/coordinates.ts';
import type { Coordinates } from '../../shared/chunk/coordinates.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import type { KafkaConnection, ReceivedRecord } from '../../shared/kafka/ports.ts';
import { describeOutcome } from '../outcomes/describe-outcome.ts';
import { readOutcome } from '../outcomes/read-outcome.ts';
import type { DeadLetterOutcome } from '../outcomes/read-outcome.ts';
import { readToEnd } from '../read-to-end.ts';
import type { Colours } from '../terminal.ts';

/** One dead letter: what went wrong, and the record that it was. */
export interface Letter {
  readonly outcome: DeadLetterOutcome;
  /** Where the chunk lay in intake; no two letters share it. */
  readonly coordinates: Coordinates;
  /** When it was given up; broker time. */
  readonly atMs: number;
  /** Of the video that the record holds; 0 for a claim check. */
  readonly bytes: number;
  /** Without its video where that was not asked for. */
  readonly record: ReceivedRecord;
}

/** `null` for what is no dead letter of ours. */
function readLetter(record: ReceivedRecord, topics: Topics): Letter | null {
  const outcome = readOutcome(record, topics);
  if (outcome?.outcome !== 'dead-letter') return null;
  const coordinates = parseCoordinates(outcome.coordinates);
  if (coordinates === null) return null;
  const bytes = record.value?.length ?? 0;
  return { outcome, coordinates, atMs: record.timestampMs, bytes, record };
}

export interface ReadLettersOptions {
  readonly topics: Topics;
  readonly interrupted: AbortSignal;
  /** Left out: from the beginning. */
  readonly sinceMs?: number;
  readonly isWanted: (letter: Letter) => boolean;
  readonly withVideo: boolean;
}

/** The letters that there are at this moment, the oldest first. */
export async function readLetters(
  connection: KafkaConnection,
  { topics, interrupted, sinceMs, isWanted, withVideo }: ReadLettersOptions,
): Promise<readonly Letter[]> {
  const letters: Letter[] = [];
  await readToEnd(connection.topicFollower(), {
    topics: [topics.deadLetters],
    from: sinceMs === undefined ? 'beginning' : { sinceMs },
    interrupted,
    onBatch: ({ records }) => {
      for (const record of records) {
        const letter = readLetter(record, topics);
        if (letter === null || !isWanted(letter)) continue;
        letters.push(withVideo ? letter : { ...letter, record: { ...record, value: null } });
      }
    },
  });
  return letters.toSorted((a, b) => a.atMs - b.atMs);
}

/** What `list --json` prints: the letter without its video. */
export function letterJson({ outcome, atMs, bytes }: Letter): string {
  return JSON.stringify({ ...outcome, at: formatRfc3339(atMs), bytes });
}

/** One line for a person. */
export function describeLetter({ outcome, atMs }: Letter, colours: Colours): string {
  return `${colours.quiet(formatRfc3339(atMs))}  ${describeOutcome(outcome, colours)}`;
}
