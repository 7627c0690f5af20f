import { createHash } from 'node:crypto';
import { attemptKey } from '../../shared/chunk/assignment.ts';
import type { Assignment } from '../../shared/chunk/assignment.ts';
import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import type { Coordinates } from '../../shared/chunk/coordinates.ts';
import { readChunk } from '../../shared/chunk/envelope.ts';
import type { Chunk } from '../../shared/chunk/envelope.ts';
import type { AcceptedRecord } from '../../shared/chunk/outcome.ts';
import { partitionKey } from '../../shared/kafka/ports.ts';
import type { ReadBatch, ReceivedRecord } from '../../shared/kafka/ports.ts';
import { headerBytes, headerTexts } from '../../shared/kafka/record-headers.ts';
import {
  createEntry,
  endEntry,
  endIfExhausted,
  heardInHand,
  loseWorker,
} from '../knowledge/entry.ts';
import type { Ending, Entry } from '../knowledge/entry.ts';
import type { FleetView } from '../dispatching/fleet-view.ts';
import type { KnownIdentities } from './known-identities.ts';
import { isFinished, readTo } from '../settling/partition-progress.ts';
import { applyDone } from './read-done.ts';
import { dropHeldBelow, holdBytes, priorityOfIntake } from '../knowledge/term-state.ts';
import type { DispatchSettings, TermState } from '../knowledge/term-state.ts';

export interface IntakeReading {
  readonly state: TermState;
  readonly settings: DispatchSettings;
  readonly fleet: FleetView;
  /** What the outcome topics tell, from this and former terms. */
  readonly known: KnownIdentities;
  readonly nowMs: number;
  readonly brokerNowMs: number;
}

/** Takes a batch of an intake topic into the term: each record becomes an entry, or nothing to do. */
export function readIntake(reading: IntakeReading, batch: ReadBatch): void {
  const { state, settings } = reading;
  const key = partitionKey(batch);
  const progress = state.progress.get(key);
  const priority = priorityOfIntake(settings.topics, batch.topic);
  if (progress === undefined || priority === null) return;
  const earlierAttempts = progress.unreadAttempts;
  const fresh = batch.records.filter(
    ({ offset }) => offset >= progress.position && !isFinished(progress, offset),
  );
  const recordOffsets = new Set(fresh.map(({ offset }) => offset));
  state.progress.set(key, readTo(progress, { nextOffset: batch.nextOffset, recordOffsets }));
  const hands = handsOf(reading.fleet);
  for (const record of fresh) {
    const coordinates = { priority, partition: batch.partition, offset: record.offset };
    const earlier = earlierAttempts.get(record.offset) ?? [];
    admit(reading, { coordinates, record, earlier, hands });
  }
  dropHeldBelow(state, settings.topics, batch);
}

/** One record of intake, with the failed tries that are committed with its offset. */
interface FreshRecord {
  readonly coordinates: Coordinates;
  readonly record: ReceivedRecord;
  readonly earlier: readonly string[];
  readonly hands: Hands;
}

function admit(reading: IntakeReading, fresh: FreshRecord): void {
  const { state, settings, nowMs } = reading;
  const { record } = fresh;
  const chunkKey = coordinatesKey(fresh.coordinates);
  const entry = entryFor(reading, fresh);
  state.entries.set(chunkKey, entry);
  holdBytes(state, record, record.value?.length ?? 0);
  attachHands(entry, fresh.hands.get(chunkKey) ?? [], nowMs);
  endIfExhausted(entry, settings.attemptsMax);
  state.index.note(entry);
  if (entry.ending === null) state.tallies.read(entry, state.index.mediaMsOf(entry));
  const held = state.heldDone.get(chunkKey) ?? [];
  state.heldDone.delete(chunkKey);
  for (const word of held) applyDone({ state, settings, nowMs }, word);
}

function entryFor(
  { state, settings, known, nowMs, brokerNowMs }: IntakeReading,
  { coordinates, record, earlier }: FreshRecord,
): Entry {
  const onChange = state.index.note;
  const headers = headerTexts(record.headers);
  const reading = readChunk(
    {
      coordinates,
      headers,
      headerBytes: headerBytes(record.headers),
      keyText: record.key?.toString('utf8') ?? null,
      valueBytes: record.value?.length ?? 0,
      appendedAtMs: record.timestampMs,
    },
    settings.defaults,
    settings.limits,
  );
  if (reading.kind === 'refused') {
    const identity = { ...reading.identity, coordinates, digest: digestOf(record, null) };
    const facts = { coordinates, record, identity, chunk: null };
    const entry = createEntry(facts, { earlierFailures: [], nowMs, onChange });
    const { reason, message } = reading;
    endEntry(entry, { kind: 'dead-letter', reason, message, worker: null, accepted: null });
    return entry;
  }
  const { chunk } = reading;
  const digest = digestOf(record, chunk);
  const identity = { source: chunk.source, id: chunk.id, coordinates, digest };
  const facts = { coordinates, record, identity, chunk };
  const entry = createEntry(facts, { earlierFailures: earlier, nowMs, onChange });
  const accepted = state.accepted.find(chunk) ?? known.find(chunk);
  const refusal = refusalOfTwin(entry, accepted) ?? refusalOfDigest(record, chunk, digest);
  if (refusal !== null) endEntry(entry, refusal);
  else if (accepted === null) {
    state.accepted.remember(chunk, { coordinates, digest }, brokerNowMs);
  }
  return entry;
}

/** The same identity seen before, at other coordinates, is not computed again. */
function refusalOfTwin(entry: Entry, accepted: AcceptedRecord | null): Ending | null {
  const { identity, coordinates } = entry;
  if (accepted === null) return null;
  const acceptedKey = coordinatesKey(accepted.coordinates);
  if (acceptedKey === coordinatesKey(coordinates)) return null;
  const isSame = accepted.digest === identity.digest;
  const what = `source ${JSON.stringify(identity.source)} and id ${JSON.stringify(identity.id)}`;
  return {
    kind: 'dead-letter',
    reason: isSame ? 'duplicate' : 'conflict',
    message: isSame
      ? `${what} were accepted before, at ${acceptedKey}, with the same bytes`
      : `${what} were accepted before, at ${acceptedKey}, with other bytes; a new chunk needs a new id`,
    worker: null,
    accepted,
  };
}

function refusalOfDigest(record: ReceivedRecord, chunk: Chunk, digest: string): Ending | null {
  const isInline = chunk.dataref === null;
  if (!isInline || chunk.declaredSha256 === null || chunk.declaredSha256 === digest) return null;
  return {
    kind: 'dead-letter',
    reason: 'digest-mismatch',
    message: `header ce_datasha256 is ${chunk.declaredSha256}, but the ${record.value?.length ?? 0} bytes received have SHA-256 ${digest}; they were changed on their way or the header belongs to another chunk`,
    worker: null,
    accepted: null,
  };
}

/** What stands for the bytes: themselves, or for a claim check what it promises. */
function digestOf(record: ReceivedRecord, chunk: Chunk | null): string {
  if (chunk !== null && chunk.dataref !== null) {
    return chunk.declaredSha256 ?? createHash('sha256').update(chunk.dataref).digest('hex');
  }
  return createHash('sha256')
    .update(record.value ?? Buffer.alloc(0))
    .digest('hex');
}

interface Hand {
  readonly assignment: Assignment;
  readonly worker: string;
  readonly isGone: boolean;
}
type Hands = ReadonlyMap<string, readonly Hand[]>;

/** What workers have in hand, by coordinates key; reckoned once for all records of a batch. */
function handsOf(fleet: FleetView): Hands {
  const hands = new Map<string, Hand[]>();
  for (const [worker, { heartbeat, isGone }] of fleet.members()) {
    for (const assignment of heartbeat.inHand) {
      const chunkKey = coordinatesKey(assignment.coordinates);
      const known = hands.get(chunkKey) ?? [];
      known.push({ assignment, worker, isGone });
      hands.set(chunkKey, known);
    }
  }
  return hands;
}

/** Tries of former terms that workers report go on; those of silent workers count as failed. */
function attachHands(entry: Entry, hands: readonly Hand[], nowMs: number): void {
  for (const { assignment, worker, isGone } of hands) {
    if (!isGone) heardInHand(entry, assignment, { worker, nowMs });
    else if (!entry.failedTries.has(attemptKey(assignment))) {
      loseWorker(entry, attemptKey(assignment), { worker, nowMs });
    }
  }
}
