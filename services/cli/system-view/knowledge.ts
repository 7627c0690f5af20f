import { parseDecisions } from '../../shared/chunk/decision.ts';
import type { DecisionRecord } from '../../shared/chunk/decision.ts';
import { parseDemand } from '../../shared/chunk/demand.ts';
import type { Demand } from '../../shared/chunk/demand.ts';
import { directiveKeys, isLater, parseDirective } from '../../shared/chunk/directive.ts';
import type { Directive } from '../../shared/chunk/directive.ts';
import { parseHeartbeat } from '../../shared/chunk/fleet.ts';
import type { Heartbeat } from '../../shared/chunk/fleet.ts';
import { operatorKeys, parsePauseWord, parseSpillWord } from '../../shared/chunk/operator.ts';
import type { PauseWord, SpillWord } from '../../shared/chunk/operator.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import { priorities } from '../../shared/chunk/words.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import type { ReadBatch, ReceivedRecord } from '../../shared/kafka/ports.ts';

/** What somebody said last, and the broker's time of it. */
export interface Heard<Value> {
  readonly value: Value;
  readonly atMs: number;
}

/** All that the topics have told so far; `null` for what nobody has said. */
export interface Knowledge {
  demand: Heard<Demand> | null;
  directive: Heard<Directive> | null;
  /** The newest last. */
  decisions: readonly DecisionRecord[];
  /** What people said last; some of it may not hold any more. */
  spillWord: SpillWord | null;
  /** By pool; `null` stands for all that have no word of their own. */
  readonly pauseWords: Map<string | null, PauseWord>;
  /** By name; a worker that said goodbye is gone. */
  readonly workers: Map<string, Heard<Heartbeat>>;
  /** Unsettled chunks; `null` while that is not known. */
  readonly lagChunks: Map<Priority, number | null>;
}

export function noKnowledge(): Knowledge {
  return {
    demand: null,
    directive: null,
    decisions: [],
    spillWord: null,
    pauseWords: new Map(),
    workers: new Map(),
    lagChunks: new Map(priorities.map((priority) => [priority, null])),
  };
}

/** Takes in what was read of `fleet`, `demand`, `directive` or `operator`; what cannot be read changes nothing. */
export function noteBatch(
  knowledge: Knowledge,
  topics: Topics,
  { topic, records }: ReadBatch,
): void {
  if (topic === topics.fleet) for (const record of records) noteHeartbeat(knowledge, record);
  if (topic === topics.operator) for (const record of records) noteOperator(knowledge, record);
  // Only the last word counts, and an hour of words may come at once.
  if (topic === topics.demand) noteDemand(knowledge, records.at(-1));
  if (topic === topics.directive) {
    for (const key of Object.values(directiveKeys)) {
      const last = records.findLast((record) => record.key?.toString('utf8') === key);
      if (last !== undefined) noteDirective(knowledge, key, last);
    }
  }
}

function noteHeartbeat({ workers }: Knowledge, { key, value, timestampMs }: ReceivedRecord): void {
  const parsed = value === null ? null : parseHeartbeat(value.toString('utf8'));
  if (parsed === null) workers.delete(key?.toString('utf8') ?? '');
  else if (parsed.ok) {
    const before = workers.get(parsed.value.worker)?.value.sequence ?? 0;
    if (parsed.value.sequence < before) return;
    workers.set(parsed.value.worker, { value: parsed.value, atMs: timestampMs });
  }
}

function noteDemand(knowledge: Knowledge, record: ReceivedRecord | undefined): void {
  const parsed = parseDemand(record?.value?.toString('utf8') ?? '');
  if (record === undefined || !parsed.ok) return;
  knowledge.demand = { value: parsed.value, atMs: record.timestampMs };
}

function noteDirective(
  knowledge: Knowledge,
  key: string,
  { value, timestampMs }: ReceivedRecord,
): void {
  const json = value?.toString('utf8') ?? '';
  if (key === directiveKeys.decisions) {
    const parsed = parseDecisions(json);
    if (parsed.ok) knowledge.decisions = parsed.value.decisions;
  }
  if (key === directiveKeys.directive) {
    const parsed = parseDirective(json);
    if (!parsed.ok) return;
    const before = knowledge.directive?.value.leader;
    if (before !== undefined && !isLater(parsed.value.leader, before)) return;
    knowledge.directive = { value: parsed.value, atMs: timestampMs };
  }
}

const pausePrefix = operatorKeys.pause('');

function noteOperator(knowledge: Knowledge, { key, value }: ReceivedRecord): void {
  const name = key?.toString('utf8') ?? '';
  const json = value?.toString('utf8') ?? null;
  if (name === operatorKeys.spill) {
    const parsed = json === null ? null : parseSpillWord(json);
    knowledge.spillWord = parsed?.ok === true ? parsed.value : null;
  } else if (name === operatorKeys.pauseAll || name.startsWith(pausePrefix)) {
    const pool = name === operatorKeys.pauseAll ? null : name.slice(pausePrefix.length);
    const parsed = json === null ? null : parsePauseWord(json);
    if (parsed?.ok === true) knowledge.pauseWords.set(pool, parsed.value);
    else knowledge.pauseWords.delete(pool);
  }
}
