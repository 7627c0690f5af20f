import { attemptKey } from '../../shared/chunk/assignment.ts';
import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import { doneHeader, parseDone } from '../../shared/chunk/done-record.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import { partitionKey } from '../../shared/kafka/ports.ts';
import type { ReadBatch, ReceivedRecord } from '../../shared/kafka/ports.ts';
import { endEntry, endIfExhausted, failTry, releaseTry } from '../knowledge/entry.ts';
import { isFinished } from '../settling/partition-progress.ts';
import { intakePartitionOf } from '../knowledge/term-state.ts';
import type {
  DispatchSettings,
  DonePartition,
  HeldDone,
  TermState,
} from '../knowledge/term-state.ts';

export interface DoneReading {
  readonly state: TermState;
  readonly settings: DispatchSettings;
  readonly nowMs: number;
}

/** What a batch of `done` tells besides the fate of its chunks. */
export interface DoneNews {
  /** What is wrong with records that no worker of ours wrote. */
  readonly problems: readonly string[];
  /** Lengths of video as probed, for chunks whose producers do not say theirs. */
  readonly lengths: readonly { readonly priority: Priority; readonly durationMs: number }[];
}

/** Takes a batch of `done` into the term. */
export function readDone(reading: DoneReading, batch: ReadBatch): DoneNews {
  const partition = reading.state.done.get(partitionKey(batch));
  const problems: string[] = [];
  const lengths: { readonly priority: Priority; readonly durationMs: number }[] = [];
  if (partition === undefined) return { problems, lengths };
  for (const record of batch.records) {
    if (record.offset < partition.position) continue;
    const word = heldDoneFrom(partition, record);
    if (typeof word === 'string') {
      problems.push(word);
      continue;
    }
    applyDone(reading, word);
    reading.state.recentEnds.note(word.done.worker, reading.nowMs);
    const { assignment, kind } = word.done;
    if (kind !== 'result') continue;
    lengths.push({
      priority: assignment.coordinates.priority,
      durationMs: word.done.durationMs,
    });
  }
  partition.position = Math.max(partition.position, batch.nextOffset);
  if (batch.caughtUp) partition.caughtUpAtMs = batch.askedAtMs;
  return { problems, lengths };
}

function heldDoneFrom(partition: DonePartition, record: ReceivedRecord): HeldDone | string {
  const header = record.headers.findLast(([name]) => name === doneHeader);
  const parsed = parseDone(header?.[1].toString('utf8') ?? 'null');
  const where = `${record.topic}/${record.partition} offset ${record.offset}`;
  if (!parsed.ok) return `${where}: ${parsed.problem}`;
  const { offset, value: body, timestampMs: appendedAtMs } = record;
  return { partition, offset, done: parsed.value, body, appendedAtMs };
}

/**
 * One word of a worker. Only the first result counts; a failure counts once for its assignment; what
 * concerns a settled chunk is ignored; what concerns a chunk not read yet waits for it.
 */
export function applyDone({ state, settings, nowMs }: DoneReading, word: HeldDone): void {
  const { partition, offset, done, body } = word;
  const { coordinates } = done.assignment;
  const chunkKey = coordinatesKey(coordinates);
  const intakePartition = partitionKey(intakePartitionOf(settings.topics, coordinates));
  const progress = state.progress.get(intakePartition);
  const entry = state.entries.get(chunkKey);
  const isOver = progress === undefined || isFinished(progress, coordinates.offset);
  if (isOver || (entry !== undefined && entry.ending !== null)) {
    partition.references.delete(offset);
    return;
  }
  partition.references.set(offset, {
    chunkKey,
    intakePartition,
    intakeOffset: coordinates.offset,
    // Of a chunk that is not read yet no try is counted, so its record must not be passed.
    isFailure: entry !== undefined && done.kind === 'failure' && done.retriable,
  });
  if (entry === undefined) {
    state.heldDone.set(chunkKey, [...(state.heldDone.get(chunkKey) ?? []), word]);
    return;
  }
  switch (done.kind) {
    case 'result':
      endEntry(entry, {
        kind: 'result',
        body: body ?? Buffer.from('{}'),
        finishedAtMs: word.appendedAtMs,
      });
      return;
    case 'failure':
      failTry(entry, done, nowMs);
      if (done.retriable) {
        endIfExhausted(entry, settings.attemptsMax);
        return;
      }
      endEntry(entry, {
        kind: 'dead-letter',
        reason: done.reason,
        message: done.message,
        worker: done.worker,
        accepted: null,
      });
      return;
    case 'released':
      releaseTry(entry, attemptKey(done.assignment), { worker: done.worker, nowMs });
      partition.references.delete(offset);
  }
}
