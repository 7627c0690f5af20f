import { createHash } from 'node:crypto';
import { attemptKey } from '../shared/chunk/assignment.ts';
import { coordinatesKey } from '../shared/chunk/coordinates.ts';
import type { Coordinates } from '../shared/chunk/coordinates.ts';
import { readChunk } from '../shared/chunk/envelope.ts';
import type { Chunk } from '../shared/chunk/envelope.ts';
import type { AcceptedRecord } from '../shared/chunk/outcome.ts';
import { partitionKey } from '../shared/kafka/ports.ts';
import type { ReadBatch, ReceivedRecord } from '../shared/kafka/ports.ts';
import { headerBytes, headerTexts } from '../shared/kafka/record-headers.ts';
import { createEntry, endIfExhausted, heardInHand, loseWorker } from './entry.ts';
import type { Ending, Entry } from './entry.ts';
import type { FleetView } from './fleet-view.ts';
import type { KnownIdentities } from './known-identities.ts';
import { isFinished, readTo } from './partition-progress.ts';
import { applyDone } from './read-done.ts';
import { dropHeldBelow, holdBytes, priorityOfIntake } from './term-state.ts';
import type { DispatchSettings, TermState } from './term-state.ts';

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
  for (const record of fresh) {
    const coordinates = { priority, partition: batch.partition, offset: record.offset };
    admit(reading, coordinates, record, earlierAttempts.get(record.offset) ?? []);
  }
  dropHeldBelow(state, settings.topics, batch);
}

function admit(
  reading: IntakeReading,
  coordinates: Coordinates,
  ...[record, earlier]: readonly [ReceivedRecord, readonly string[]]
): void {
  const { state, settings, nowMs } = reading;
  const chunkKey = coordinatesKey(coordinates);
  const entry = entryFor(reading, coordinates, record, earlier);
  state.entries.set(chunkKey, entry);
  holdBytes(state, record, record.value?.length ?? 0);
  attachHands(reading.fleet, entry, nowMs);
  if (entry.liveTries.size > 0) state.inFlight.add(entry);
  endIfExhausted(entry, settings.attemptsMax);
  const held = state.heldDone.get(chunkKey) ?? [];
  state.heldDone.delete(chunkKey);
  for (const word of held) applyDone({ state, settings, nowMs }, word);
}

function entryFor(
  { state, settings, known, nowMs, brokerNowMs }: IntakeReading,
  coordinates: Coordinates,
  ...[record, earlier]: readonly [ReceivedRecord, readonly string[]]
): Entry {
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
    const entry = createEntry({ coordinates, record, identity, chunk: null }, [], nowMs);
    const { reason, message } = reading;
    entry.ending = { kind: 'dead-letter', reason, message, worker: null, accepted: null };
    return entry;
  }
  const { chunk } = reading;
  const digest = digestOf(record, chunk);
  const identity = { source: chunk.source, id: chunk.id, coordinates, digest };
  const entry = createEntry({ coordinates, record, identity, chunk }, earlier, nowMs);
  const accepted = state.accepted.find(chunk) ?? known.find(chunk);
  entry.ending = refusalOfTwin(entry, accepted) ?? refusalOfDigest(record, chunk, digest);
  if (accepted === null && entry.ending === null) {
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

/** Tries of former terms that workers report go on; those of silent workers count as failed. */
function attachHands(fleet: FleetView, entry: Entry, nowMs: number): void {
  const chunkKey = coordinatesKey(entry.coordinates);
  for (const [worker, { heartbeat, isGone }] of fleet.members()) {
    for (const assignment of heartbeat.inHand) {
      if (coordinatesKey(assignment.coordinates) !== chunkKey) continue;
      if (!isGone) heardInHand(entry, assignment, worker);
      else if (!entry.failedTries.has(attemptKey(assignment))) {
        loseWorker(entry, attemptKey(assignment), { worker, nowMs });
      }
    }
  }
}
