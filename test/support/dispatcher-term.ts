import type { Assignment } from '../../services/shared/chunk/assignment.ts';
import { parseCoordinates } from '../../services/shared/chunk/coordinates.ts';
import type { Coordinates } from '../../services/shared/chunk/coordinates.ts';
import { doneHeader, encodeDone } from '../../services/shared/chunk/done-record.ts';
import type { Done } from '../../services/shared/chunk/done-record.ts';
import { encodeHeartbeat } from '../../services/shared/chunk/fleet.ts';
import type { Heartbeat } from '../../services/shared/chunk/fleet.ts';
import { encodeProgress } from '../../services/shared/chunk/progress.ts';
import { intakeTopics } from '../../services/shared/chunk/topics.ts';
import { textHeaders } from '../../services/shared/kafka/record-headers.ts';
import type {
  ActiveTerm,
  CommittedOffset,
  ReadBatch,
  ReceivedRecord,
} from '../../services/shared/kafka/ports.ts';
import { createFleetView } from '../../services/dispatcher/dispatching/fleet-view.ts';
import { createKnownIdentities } from '../../services/dispatcher/reading/known-identities.ts';
import { createMediaLengths } from '../../services/dispatcher/knowledge/media-lengths.ts';
import type { MediaLengths } from '../../services/dispatcher/knowledge/media-lengths.ts';
import { readDone } from '../../services/dispatcher/reading/read-done.ts';
import { readIntake } from '../../services/dispatcher/reading/read-intake.ts';
import { createTermState } from '../../services/dispatcher/knowledge/term-state.ts';
import type { TermState } from '../../services/dispatcher/knowledge/term-state.ts';
import { dispatchSettings, topics } from './protocol-world/settings.ts';

/** One term of a dispatcher without its process: read into it, then look. */
export const termSettings = dispatchSettings(1_000_000);
export { topics as termTopics };

const emptyProgress = encodeProgress({
  base: 0,
  settledAbove: new Set(),
  failedAttempts: new Map(),
}).metadata;

const termName = 'thisterm';

export function at(key: string): Coordinates {
  const coordinates = parseCoordinates(key);
  if (coordinates === null) throw new RangeError(`${key} is no place such as live/0/7`);
  return coordinates;
}

export const assignmentOf = (chunk: string, number = 1, term = termName): Assignment => ({
  coordinates: at(chunk),
  term,
  number,
});

export function beginTerm(options: {
  readonly committed?: readonly CommittedOffset[];
  readonly doneEnd?: number;
  readonly lengths?: MediaLengths;
}): TermState {
  const given = options.committed ?? [];
  const committed = [...intakeTopics(topics), topics.done].map(
    (topic) =>
      given.find((offset) => offset.topic === topic) ?? {
        topic,
        partition: 0,
        offset: 0,
        metadata: emptyProgress,
      },
  );
  const term: ActiveTerm = {
    term: termName,
    committed,
    reportEnds: new Map([[`${topics.done}/0`, options.doneEnd ?? 0]]),
    settle: () => Promise.resolve(),
    isOwnershipFresh: () => true,
    pause: () => undefined,
    resume: () => undefined,
  };
  const { lengths = createMediaLengths() } = options;
  const state = createTermState(term, { topics, lengths, nowMs: 0 });
  if (!('term' in state)) throw state;
  return state;
}

export function intakeRecord(
  chunk: string,
  headers: Readonly<Record<string, string>> = {},
  value = `video of ${chunk}`,
): ReceivedRecord {
  const { priority, partition, offset } = at(chunk);
  return {
    topic: topics.intake(priority),
    partition,
    offset,
    key: null,
    value: Buffer.from(value),
    headers: textHeaders(Object.entries({ ce_id: chunk, ce_source: 'camera', ...headers })),
    timestampMs: 1_000_000 + offset,
  };
}

/** Reads records of one partition, all of it up to `nextOffset`. */
export function readInto(
  state: TermState,
  records: readonly ReceivedRecord[],
  views: Partial<Parameters<typeof readIntake>[0]> & { readonly nextOffset?: number } = {},
): void {
  const { nextOffset, ...others } = views;
  const last = records.at(-1);
  if (last === undefined) throw new RangeError('Nothing to read.');
  const batch = batchOf(last, records, nextOffset ?? last.offset + 1);
  const reading = {
    state,
    settings: termSettings,
    fleet: createFleetView(),
    known: createKnownIdentities(),
    nowMs: 0,
    brokerNowMs: 2_000_000,
  };
  readIntake({ ...reading, ...others }, batch);
}

function batchOf(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  records: readonly ReceivedRecord[],
  nextOffset: number,
): ReadBatch {
  const fromOffset = records[0]?.offset ?? nextOffset;
  return { topic, partition, records, nextOffset, fromOffset, caughtUp: true, askedAtMs: 0 };
}

/** Tells words of workers to the term, from the given offset of `done` on. */
export function tellDone(
  state: TermState,
  words: readonly Done[],
  { fromOffset = 0, nowMs = 0 }: { readonly fromOffset?: number; readonly nowMs?: number } = {},
): void {
  const records = words.map((done, index) => ({
    topic: topics.done,
    partition: 0,
    offset: fromOffset + index,
    key: null,
    value: done.kind === 'result' ? Buffer.from('{"frames":[]}') : null,
    headers: [[doneHeader, Buffer.from(encodeDone(done))]] as const,
    timestampMs: 3_000_000,
  }));
  const batch = batchOf({ topic: topics.done, partition: 0 }, records, fromOffset + words.length);
  readDone({ state, settings: termSettings, nowMs }, { ...batch, askedAtMs: nowMs });
}

export const resultOf = (assignment: Assignment, worker = 'worker-a'): Done => ({
  kind: 'result',
  assignment,
  worker,
  durationMs: 2000,
  computeMs: 100,
});

export const failureOf = (
  assignment: Assignment,
  retriable: boolean,
  worker = 'worker-a',
): Done => ({
  kind: 'failure',
  assignment,
  worker,
  reason: retriable ? 'executor-crashed' : 'corrupt',
  message: retriable ? 'the executor crashed' : 'no video in it',
  retriable,
});

export const releaseOf = (assignment: Assignment, worker = 'worker-a'): Done => ({
  kind: 'released',
  assignment,
  worker,
  message: 'the worker drains',
});

export const heartbeatOf = (
  worker: string,
  sequence: number,
  inHand: readonly Assignment[] = [],
): Heartbeat => ({
  worker,
  sequence,
  kind: 'gpu',
  pool: 'pool',
  node: null,
  state: 'ready',
  emulated: false,
  slots: 1,
  models: [],
  partitions: [{ priority: 'live', partition: 0 }],
  inHand,
  speeds: [],
  startedAtMs: 0,
  readyAtMs: 0,
});

/** One answer of a fetch of `fleet`; a name alone is a tombstone. */
export function fleetBatch(
  heartbeats: readonly (Heartbeat | string)[],
  options: { readonly caughtUp?: boolean; readonly askedAtMs?: number; nextOffset?: number } = {},
): ReadBatch {
  const records = heartbeats.map((heartbeat, offset) => ({
    topic: topics.fleet,
    partition: 0,
    offset,
    key: Buffer.from(typeof heartbeat === 'string' ? heartbeat : heartbeat.worker),
    value: typeof heartbeat === 'string' ? null : Buffer.from(encodeHeartbeat(heartbeat)),
    headers: [],
    timestampMs: 0,
  }));
  const { caughtUp = true, askedAtMs = 0, nextOffset = heartbeats.length } = options;
  return {
    ...batchOf({ topic: topics.fleet, partition: 0 }, records, nextOffset),
    caughtUp,
    askedAtMs,
  };
}
