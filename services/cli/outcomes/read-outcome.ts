import { deadLetterHeaders, outcomeHeaders } from '../../shared/chunk/outcome.ts';
import {
  count,
  fields,
  flag,
  list,
  nullable,
  number,
  parseJson,
  text,
} from '../../shared/chunk/shape.ts';
import type { Shape } from '../../shared/chunk/shape.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import { headerTexts } from '../../shared/kafka/record-headers.ts';
import type { ReceivedRecord } from '../../shared/kafka/ports.ts';

/** How one chunk ended, as it stands on the outcome topics. */
export type Outcome = ResultOutcome | DeadLetterOutcome | ExpiredOutcome;

interface Named {
  readonly source: string;
  readonly id: string;
}

export interface ResultOutcome extends Named {
  readonly outcome: 'result';
  /** The published JSON object, in one line. */
  readonly json: string;
  readonly facts: ResultFacts;
}

export interface DeadLetterOutcome extends Named {
  readonly outcome: 'dead-letter';
  readonly coordinates: string;
  readonly reason: string;
  readonly message: string;
  readonly attempts: number | null;
  readonly worker: string | null;
  /** Of a duplicate or conflict: where the accepted record lies. */
  readonly accepted: string | null;
}

export interface ExpiredOutcome extends Named {
  readonly outcome: 'expired';
  readonly coordinates: string;
  readonly lastOffset: number;
  readonly deadline: string | null;
  readonly waitedIn: string;
  readonly message: string;
}

const resultShape = fields({
  source: text,
  id: text,
  startMs: number,
  durationMs: number,
  submittedAt: text,
  finishedAt: text,
  deadlineMet: flag,
  device: text,
  emulated: flag,
  spilled: flag,
  laneMs: number,
  computeMs: number,
  worker: text,
  frames: list(fields({ presentationMs: number, detections: list(fields({ class: text })) })),
});
/** The part of a result that is shown to a person. */
export type ResultFacts = ValueOf<typeof resultShape>;
type ValueOf<S> = S extends Shape<infer Value> ? Value : never;

const expiredShape = fields({
  source: text,
  id: text,
  coordinates: text,
  lastOffset: count,
  deadline: nullable(text),
  waitedIn: text,
  message: text,
});

/** `null` for what is no outcome in our words: someone else's record, or a later version's. */
export function readOutcome(record: ReceivedRecord, topics: Topics): Outcome | null {
  if (record.topic === topics.results) return readResult(record);
  if (record.topic === topics.deadLetters) return readDeadLetter(record);
  if (record.topic === topics.expired) return readExpired(record);
  return null;
}

function readResult(record: ReceivedRecord): Outcome | null {
  const published = record.value?.toString('utf8') ?? '';
  const parsed = parseJson(published, resultShape);
  if (!parsed.ok) return null;
  const { source, id } = parsed.value;
  // What follows JSON lines is one line, whatever the writer's taste in white space.
  const json = /[\r\n]/.test(published) ? JSON.stringify(JSON.parse(published)) : published;
  return { outcome: 'result', source, id, json, facts: parsed.value };
}

function readDeadLetter(record: ReceivedRecord): Outcome | null {
  const headers = headerTexts(record.headers);
  const of = (name: string): string | null => headers.get(name) ?? null;
  const [source, id] = [of(outcomeHeaders.source), of(outcomeHeaders.id)];
  const [reason, message] = [of(deadLetterHeaders.reason), of(deadLetterHeaders.message)];
  if (source === null || id === null || reason === null) return null;
  const attempts = of(deadLetterHeaders.attempts);
  return {
    outcome: 'dead-letter',
    source,
    id,
    coordinates: of(outcomeHeaders.coordinates) ?? '',
    reason,
    message: message ?? '',
    attempts: attempts === null || !/^\d+$/.test(attempts) ? null : Number(attempts),
    worker: of(deadLetterHeaders.worker),
    accepted: of(deadLetterHeaders.accepted),
  };
}

function readExpired(record: ReceivedRecord): Outcome | null {
  const parsed = parseJson(record.value?.toString('utf8') ?? '', expiredShape);
  return parsed.ok ? { outcome: 'expired', ...parsed.value } : null;
}

/** One line: a result as it was published, the others in the same manner. */
export function outcomeJson(outcome: Outcome): string {
  return outcome.outcome === 'result' ? outcome.json : JSON.stringify(outcome);
}
