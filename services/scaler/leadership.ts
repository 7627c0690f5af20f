import type { Memory } from '../policy/scaling/memory.ts';
import type { DecisionRecord } from '../shared/chunk/decision.ts';
import type { LeaderStamp } from '../shared/chunk/directive.ts';
import { partitionKey } from '../shared/kafka/ports.ts';
import type { ActiveTerm, ReadBatch, TopicPartition } from '../shared/kafka/ports.ts';
import { createPast } from './past.ts';
import type { Past } from './past.ts';

/**
 * One term as the leading scaler. It begins as a reader of what former leaders left; `reign` is there
 * once that was read to where it ended when the term began, and only then may it decide.
 */
export interface Leadership {
  readonly term: ActiveTerm;
  readonly past: Past;
  readonly pastEnd: number;
  reign: Reign | null;
}

/** What a leader goes on from, as of its last published tick. */
export interface Reign {
  /** The sequence is 0 before the first tick. */
  readonly stamp: LeaderStamp;
  /** `null`: nobody left one that can be read. */
  readonly memory: Memory | null;
  /** The newest last. */
  readonly decisions: readonly DecisionRecord[];
}

/** All that leaders say stands in one partition, and so in one order. */
const directivePartition = (topic: string): TopicPartition => ({ topic, partition: 0 });

export function beginLeadership(term: ActiveTerm, topic: string): Leadership {
  const partition = directivePartition(topic);
  const isOfDirective = (other: TopicPartition): boolean =>
    partitionKey(other) === partitionKey(partition);
  const pastEnd = term.reportEnds.get(partitionKey(partition)) ?? 0;
  const leadership: Leadership = { term, past: createPast(), pastEnd, reign: null };
  reignOnceRead(leadership, term.committed.find(isOfDirective)?.offset ?? 0);
  return leadership;
}

/** Takes in a piece of the past; afterwards `reign` may be there. */
export function readPast(leadership: Leadership, batch: ReadBatch): void {
  if (leadership.reign !== null || batch.partition !== 0) return;
  leadership.past.apply(batch.records);
  reignOnceRead(leadership, batch.nextOffset);
}

function reignOnceRead(leadership: Leadership, nextOffset: number): void {
  const { past, pastEnd, term } = leadership;
  if (nextOffset < pastEnd) return;
  const stamp = { term: (past.lastStamp()?.term ?? 0) + 1, sequence: 0 };
  leadership.reign = { stamp, memory: past.memory(), decisions: past.decisions() };
  // What follows is its own words.
  for (const partition of term.committed) term.pause(partition);
}
