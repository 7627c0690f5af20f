import { coordinatesKey } from '../shared/chunk/coordinates.ts';
import { encodeDeadLetterHeaders, outcomeIdentityHeaders } from '../shared/chunk/outcome.ts';
import type { AcceptedRecord, OutcomeIdentity } from '../shared/chunk/outcome.ts';
import { joinResult, resultHead } from '../shared/chunk/result.ts';
import { partitionKey } from '../shared/kafka/ports.ts';
import type { CommittedOffset, OutgoingRecord } from '../shared/kafka/ports.ts';
import { textHeaders } from '../shared/kafka/record-headers.ts';
import type { Ending, Entry } from './entry.ts';
import { encodePartitionProgress, finish, isWithinSpan } from './partition-progress.ts';
import { holdBytes } from './term-state.ts';
import type { DispatchSettings, DonePartition, TermState } from './term-state.ts';

/** What one transaction is to publish and commit, and what follows from its success. */
export interface SettleStep {
  readonly outcomes: readonly OutgoingRecord[];
  readonly offsets: readonly CommittedOffset[];
  readonly entries: readonly Entry[];
  readonly looseOutcomes: number;
  /** Failed tries that the offsets carry, by coordinates key. */
  readonly published: ReadonlyMap<string, ReadonlySet<string>>;
  readonly doneReleased: readonly {
    readonly partition: DonePartition;
    readonly offset: number;
  }[];
  /** Those of `entries` whose twins are refused from now on. */
  readonly accepted: readonly {
    readonly identity: OutcomeIdentity;
    readonly accepted: AcceptedRecord;
  }[];
}

/** A transaction is one round trip whatever it holds, but a reader waits for the whole of it. */
const outcomesMax = 500;
const outcomeBytesMax = 16 * 1024 * 1024;

/** The next transaction, or `null` when everything known is committed. */
export function nextSettleStep(state: TermState, settings: DispatchSettings): SettleStep | null {
  const entries = endedEntries(state);
  const settledKeys = new Set(entries.map(({ coordinates }) => coordinatesKey(coordinates)));
  const published = new Map<string, ReadonlySet<string>>();
  const carried = new Map<string, ReadonlySet<number>>();
  const intakeOffsets: CommittedOffset[] = [];
  const failing = failedTriesByPartition(state, settledKeys);
  for (const [key, progress] of state.progress) {
    const settled = entries
      .filter(({ record }) => partitionKey(record) === key)
      .map(({ coordinates }) => coordinates.offset);
    const attempts = failing.get(key) ?? new Map<number, readonly string[]>();
    const next = finish(progress, settled);
    const encoded = encodePartitionProgress(next, attempts);
    carried.set(key, encoded.carriedAttempts);
    const before = state.committed.get(key);
    if (before?.offset === next.base && before.metadata === encoded.metadata) continue;
    const { topic, partition } = progress;
    intakeOffsets.push({ topic, partition, offset: next.base, metadata: encoded.metadata });
  }
  for (const entry of state.entries.values()) {
    const key = coordinatesKey(entry.coordinates);
    const isCarried = carried.get(partitionKey(entry.record))?.has(entry.coordinates.offset);
    if (isCarried === true && !settledKeys.has(key)) {
      published.set(key, new Set(entry.failedTries.keys()));
    }
  }
  const done = doneOffsets(state, settledKeys, carried);
  const outcomes = [
    ...state.looseOutcomes,
    ...entries.map((entry) => outcomeRecord(entry, settings)),
  ];
  const offsets = [...intakeOffsets, ...done.offsets];
  if (outcomes.length === 0 && offsets.length === 0) return null;
  const looseOutcomes = state.looseOutcomes.length;
  const accepted = acceptedAmong(state, entries);
  const { released: doneReleased } = done;
  return { outcomes, offsets, entries, looseOutcomes, published, doneReleased, accepted };
}

/** What is true once the transaction is committed. */
export function applySettled(state: TermState, step: SettleStep): void {
  const settled = new Map<string, number[]>();
  for (const entry of step.entries) {
    const key = partitionKey(entry.record);
    settled.set(key, [...(settled.get(key) ?? []), entry.coordinates.offset]);
    const chunkKey = coordinatesKey(entry.coordinates);
    state.entries.delete(chunkKey);
    state.publishedAttempts.delete(chunkKey);
    holdBytes(state, entry.record, -(entry.record.value?.length ?? 0));
  }
  for (const [key, progress] of state.progress) {
    state.progress.set(key, finish(progress, settled.get(key) ?? []));
  }
  for (const { topic, partition, offset, metadata } of step.offsets) {
    const key = partitionKey({ topic, partition });
    const done = state.done.get(key);
    if (done === undefined) state.committed.set(key, { offset, metadata });
    else done.committed = offset;
  }
  for (const [chunkKey, keys] of step.published) state.publishedAttempts.set(chunkKey, keys);
  for (const { partition, offset } of step.doneReleased) partition.references.delete(offset);
  for (const { identity } of step.accepted) state.accepted.forget(identity);
  state.looseOutcomes.splice(0, step.looseOutcomes);
}

function acceptedAmong(state: TermState, entries: readonly Entry[]): SettleStep['accepted'] {
  return entries.flatMap(({ identity, coordinates }) => {
    const accepted = state.accepted.find(identity);
    const isThis =
      accepted !== null && coordinatesKey(accepted.coordinates) === coordinatesKey(coordinates);
    return isThis ? [{ identity, accepted }] : [];
  });
}

function endedEntries(state: TermState): readonly Entry[] {
  const ended: Entry[] = [];
  let bytes = 0;
  for (const entry of state.entries.values()) {
    const progress = state.progress.get(partitionKey(entry.record));
    if (entry.ending === null || progress === undefined) continue;
    if (!isWithinSpan(progress, entry.coordinates.offset)) continue;
    bytes += endingBytes(entry, entry.ending);
    if (ended.length > 0 && (bytes > outcomeBytesMax || ended.length >= outcomesMax)) break;
    ended.push(entry);
  }
  return ended;
}

const endingBytes = (entry: Entry, ending: Ending): number =>
  (ending.kind === 'result' ? ending.body.length : (entry.record.value?.length ?? 0)) + 1024;

function failedTriesByPartition(
  state: TermState,
  settledKeys: ReadonlySet<string>,
): ReadonlyMap<string, Map<number, readonly string[]>> {
  const byPartition = new Map<string, Map<number, readonly string[]>>();
  for (const entry of state.entries.values()) {
    if (entry.failedTries.size === 0) continue;
    if (settledKeys.has(coordinatesKey(entry.coordinates))) continue;
    const key = partitionKey(entry.record);
    const attempts = byPartition.get(key) ?? new Map<number, readonly string[]>();
    attempts.set(entry.coordinates.offset, [...entry.failedTries.keys()]);
    byPartition.set(key, attempts);
  }
  return byPartition;
}

/** `done` may be passed up to the first record whose chunk would still need it after a restart. */
function doneOffsets(
  state: TermState,
  settledKeys: ReadonlySet<string>,
  carried: ReadonlyMap<string, ReadonlySet<number>>,
): { readonly offsets: readonly CommittedOffset[]; readonly released: SettleStep['doneReleased'] } {
  const offsets: CommittedOffset[] = [];
  const released: { readonly partition: DonePartition; readonly offset: number }[] = [];
  for (const done of state.done.values()) {
    let floor = done.position;
    for (const [offset, reference] of done.references) {
      const isPublished =
        reference.isFailure &&
        carried.get(reference.intakePartition)?.has(reference.intakeOffset) === true;
      if (settledKeys.has(reference.chunkKey) || isPublished) {
        released.push({ partition: done, offset });
      } else floor = Math.min(floor, offset);
    }
    const { topic, partition, committed } = done;
    if (floor > committed) offsets.push({ topic, partition, offset: floor, metadata: '' });
  }
  return { offsets, released };
}

function outcomeRecord(entry: Entry, settings: DispatchSettings): OutgoingRecord {
  const { ending, identity, record, chunk } = entry;
  if (ending?.kind === 'result' && chunk !== null) {
    const head = resultHead(chunk, ending.finishedAtMs);
    return {
      topic: settings.topics.results,
      key: Buffer.from(identity.source, 'utf8'),
      value: Buffer.from(joinResult(head, ending.body.toString('utf8')), 'utf8'),
      headers: textHeaders([
        ['content-type', 'application/json'],
        ...outcomeIdentityHeaders(identity),
      ]),
    };
  }
  if (ending?.kind !== 'dead-letter') {
    throw new Error(`chunk ${coordinatesKey(entry.coordinates)} is settled without an outcome`);
  }
  const { reason, message, worker, accepted } = ending;
  const attempts = entry.failedTries.size;
  return {
    topic: settings.topics.deadLetters,
    key: record.key,
    value: record.value,
    headers: [
      ...record.headers,
      ...textHeaders(
        encodeDeadLetterHeaders({ identity, reason, message, attempts, worker, accepted }),
      ),
    ],
  };
}
