import { assignmentKey, parseAssignment } from '../../../services/shared/chunk/assignment.ts';
import { coordinatesKey } from '../../../services/shared/chunk/coordinates.ts';
import { doneHeader, parseDone } from '../../../services/shared/chunk/done-record.ts';
import { isLater } from '../../../services/shared/chunk/directive.ts';
import type { Directive } from '../../../services/shared/chunk/directive.ts';
import { parseHeartbeat } from '../../../services/shared/chunk/fleet.ts';
import { laneOrderHeader, parseLaneOrder } from '../../../services/shared/chunk/lane-record.ts';
import type { LaneOrder } from '../../../services/shared/chunk/lane-record.ts';
import { decodeProgress } from '../../../services/shared/chunk/progress.ts';
import { intakeTopics, outcomeTopics } from '../../../services/shared/chunk/topics.ts';
import type { Topics } from '../../../services/shared/chunk/topics.ts';
import { priorities } from '../../../services/shared/chunk/words.ts';
import type { Clock } from '../../../services/shared/clock/ports.ts';
import type { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import { partitionKey } from '../../../services/shared/kafka/ports.ts';
import type { CommittedOffset, OutgoingRecord } from '../../../services/shared/kafka/ports.ts';
import type { ChunkNature } from './options.ts';
import { outcomesIn } from './outcomes.ts';
import type { SeenOutcome } from './outcomes.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export interface ChunkFacts {
  readonly id: string;
  readonly nature: ChunkNature;
  readonly computeMs: number;
}

export interface Violation {
  readonly kind: string;
  readonly what: string;
  readonly atMs: number;
}

interface Computation {
  readonly assignment: string;
  readonly worker: string;
}

/** A worker that is this long without trouble is heard, so that what it runs is known to run. */
const knownAfterMs = 6000;
/** From the start of a try to the moment when every dispatcher must know of it. */
const toldWithinMs = 1000;

/** Everything that happened in one run, with the checks that must hold at every moment. */
export class History {
  readonly violations: Violation[] = [];
  readonly events: string[] = [];
  /** Chunks by coordinates, as they were seen in intake. */
  readonly chunks = new Map<string, ChunkFacts>();
  readonly computations = new Map<string, Computation[]>();
  /** Tries of a chunk that ended through no fault of its own, by coordinates. */
  readonly innocentTries = new Map<string, Set<string>>();
  /** Workers and executors that a chunk took with it. */
  readonly deaths = new Map<string, number>();
  readonly #hands = new Map<SimulatedProcess, ReadonlySet<string>>();
  readonly #running = new Map<SimulatedProcess, Map<string, number>>();
  #term: { name: string; process: SimulatedProcess; beganAtMs: number } | null = null;
  #directive: Directive | null = null;
  terms = 0;
  settleErrors = 0;
  sends = 0;
  spilled = 0;
  expired = 0;
  /** Lane records sent by a dispatcher that was active no more. */
  lateSends = 0;
  readonly #clock: Clock;
  readonly #kafka: MemoryKafka;
  readonly #topics: Topics;

  constructor(parts: { readonly clock: Clock; kafka: MemoryKafka; topics: Topics }) {
    this.#clock = parts.clock;
    this.#kafka = parts.kafka;
    this.#topics = parts.topics;
  }

  note(who: string, what: string): void {
    this.events.push(`${(this.#clock.monotonicMs() / 1000).toFixed(3)} ${who}: ${what}`);
  }

  violate(kind: string, what: string): void {
    this.violations.push({ kind, what, atMs: this.#clock.monotonicMs() });
    this.note('VIOLATION', `${kind} ${what}`);
  }

  /** Called before retention deletes, and at the end. */
  lookIntoIntake(): void {
    for (const priority of priorities) {
      for (const record of this.#kafka.records(this.#topics.intake(priority))) {
        const { partition, offset, value } = record;
        const chunk = coordinatesKey({ priority, partition, offset });
        if (!this.chunks.has(chunk)) this.chunks.set(chunk, factsFrom(value));
      }
    }
  }

  outcomes(): ReadonlyMap<string, readonly SeenOutcome[]> {
    const seen = outcomeTopics(this.#topics)
      .flatMap((topic) => this.#kafka.records(topic))
      .flatMap((record) => outcomesIn(this.#topics, record));
    return grouped(seen);
  }

  termBegins(process: SimulatedProcess, name: string): void {
    this.terms += 1;
    this.#term = { name, process, beganAtMs: this.#clock.nowMs() };
    this.note(process.name, `active, term ${name.slice(0, 4)}`);
  }

  get active(): SimulatedProcess | null {
    return this.#term?.process ?? null;
  }

  /** A dispatcher is about to send; what it sends must not be done or under way already. */
  sending(process: SimulatedProcess, records: readonly OutgoingRecord[]): void {
    const outcomes = this.outcomes();
    for (const record of records) {
      const order = orderOf(record);
      if (order === null) continue;
      const chunk = coordinatesKey(order.assignment.coordinates);
      const key = assignmentKey(order.assignment);
      this.sends += 1;
      this.note(process.name, `sends ${short(key)} to ${record.topic}/${record.partition ?? '?'}`);
      if (this.#term?.name !== order.assignment.term) {
        // A process that begins anew may still send what it chose before it was told.
        if (this.#term?.process !== process) this.violate('sent-without-ownership', short(key));
        this.lateSends += 1;
        continue;
      }
      if (outcomes.has(chunk)) this.violate('sent-after-settled', short(key));
      this.#checkDone(chunk, key);
      this.#checkRunning(chunk, key);
      if (order.spilled) {
        this.spilled += 1;
        this.#checkGate(process, key);
      }
    }
  }

  directed(directive: Directive): void {
    const { leader, expiresAtMs, spill } = directive;
    this.note('scaler', `${JSON.stringify(leader)} ${spill.gate} until ${expiresAtMs}`);
    const isHeeded = this.#directive === null || isLater(leader, this.#directive.leader);
    if (isHeeded) this.#directive = directive;
  }

  /** What the operator shut stays shut, once it has been heard and as long as it is valid. */
  #checkGate(process: SimulatedProcess, key: string): void {
    if (this.#directive === null || process.untroubledMs < knownAfterMs) return;
    const { issuedAtMs, expiresAtMs, spill } = this.#directive;
    const nowMs = this.#clock.nowMs();
    const isHeard = nowMs - issuedAtMs > toldWithinMs && expiresAtMs - nowMs > toldWithinMs;
    if (isHeard && spill.reason === 'operator') this.violate('spilled-through-gate', short(key));
  }

  /** What `done` held when the term began must not be computed again. */
  #checkDone(chunk: string, key: string): void {
    const beganAtMs = this.#term?.beganAtMs ?? 0;
    for (const record of this.#kafka.records(this.#topics.done)) {
      if (record.timestampMs >= beganAtMs) continue;
      const header = record.headers.find(([name]) => name === doneHeader);
      const done = parseDone(header?.[1].toString('utf8') ?? '');
      if (!done.ok || done.value.kind !== 'result') continue;
      if (coordinatesKey(done.value.assignment.coordinates) === chunk) {
        this.violate('done-computed-again', short(key));
        return;
      }
    }
  }

  #checkRunning(chunk: string, key: string): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [worker, running] of this.#running) {
      if (!worker.isAlive || worker.isPaused || worker.untroubledMs < knownAfterMs) continue;
      for (const [other, startedAtMs] of running) {
        const isSame = chunkOf(other) === chunk && other !== key;
        if (isSame && nowMs - startedAtMs > toldWithinMs) {
          this.violate('running-sent-again', `${short(other)} on ${worker.name}, ${short(key)}`);
        }
      }
    }
  }

  /** Progress may only pass what has an outcome, in this transaction or before it. */
  settling(
    process: SimulatedProcess,
    step: {
      readonly outcomes: readonly OutgoingRecord[];
      readonly offsets: readonly CommittedOffset[];
    },
  ): void {
    const isInformed = process === this.active && process.untroubledMs >= knownAfterMs;
    const settled = new Set(this.outcomes().keys());
    const published = step.outcomes.flatMap((record) => outcomesIn(this.#topics, record));
    for (const { chunk, kind, reason } of published) {
      settled.add(chunk);
      this.note('settle', `${chunk} ${kind} ${reason ?? ''}`);
      if (kind === 'expired' && isInformed) this.#checkRunning(chunk, 'expired');
    }
    const offsets = new Map(step.offsets.map((offset) => [partitionKey(offset), offset]));
    for (const topic of intakeTopics(this.#topics)) {
      const priority = priorities.find((each) => this.#topics.intake(each) === topic);
      for (const { partition, offset } of this.#kafka.records(topic)) {
        const committed = offsets.get(partitionKey({ topic, partition }));
        if (committed === undefined || priority === undefined) continue;
        const progress = decodeProgress(committed.offset, committed.metadata);
        const isPassed = offset < committed.offset || progress?.settledAbove.has(offset) === true;
        const chunk = coordinatesKey({ priority, partition, offset });
        if (isPassed && !settled.has(chunk)) this.violate('progress-past-unsettled', chunk);
      }
    }
  }

  /** What a worker says in `fleet` and `done`, at the moment of saying it. */
  saying(process: SimulatedProcess, records: readonly OutgoingRecord[]): void {
    for (const { topic, value, headers } of records) {
      if (topic === this.#topics.fleet && value !== null) {
        const heartbeat = parseHeartbeat(value.toString('utf8'));
        if (heartbeat.ok) this.#lists(process, heartbeat.value.inHand.map(assignmentKey));
      }
      const header = headers.find(([name]) => name === doneHeader);
      const done = header === undefined ? null : parseDone(header[1].toString('utf8'));
      if (done?.ok === true) {
        this.note(
          process.name,
          `tells ${done.value.kind} ${short(assignmentKey(done.value.assignment))}`,
        );
      }
    }
  }

  #lists(process: SimulatedProcess, inHand: readonly string[]): void {
    this.#hands.set(process, new Set(inHand));
    if (process.untroubledMs < knownAfterMs) this.blameless(process);
  }

  /** From the worker's log: `chunk.started` and `chunk.finished`. */
  starts(process: SimulatedProcess, assignment: string): void {
    const chunk = chunkOf(assignment);
    const computed = this.computations.get(chunk) ?? [];
    this.computations.set(chunk, [...computed, { assignment, worker: process.name }]);
    const running = this.#running.get(process) ?? new Map<string, number>();
    this.#running.set(process, running.set(assignment, this.#clock.monotonicMs()));
    this.note(process.name, `computes ${short(assignment)}`);
  }

  finishes(process: SimulatedProcess, assignment: string): void {
    this.#running.get(process)?.delete(assignment);
  }

  /** What the process has in hand fails now, or may seem to, through no fault of the chunks. */
  blameless(process: SimulatedProcess): void {
    for (const assignment of this.#hands.get(process) ?? []) this.blamelessTry(assignment);
  }

  blamelessTry(assignment: string): void {
    const chunk = chunkOf(assignment);
    const tries = this.innocentTries.get(chunk) ?? new Set<string>();
    this.innocentTries.set(chunk, tries.add(assignment));
  }

  dies(chunk: string): void {
    this.deaths.set(chunk, (this.deaths.get(chunk) ?? 0) + 1);
  }
}

export function factsFrom(value: Buffer | null): ChunkFacts {
  return JSON.parse(value?.toString('utf8') ?? '{}') as ChunkFacts;
}

export const chunkOf = (assignment: string): string => {
  const parsed = parseAssignment(assignment);
  return parsed === null ? '' : coordinatesKey(parsed.coordinates);
};

const short = (assignment: string): string => assignment.replace(/@([a-z0-9]{4})[a-z0-9]*/, '@$1');

function orderOf(record: OutgoingRecord): LaneOrder | null {
  const header = record.headers.findLast(([name]) => name === laneOrderHeader);
  const parsed = header === undefined ? null : parseLaneOrder(header[1].toString('utf8'));
  return parsed?.ok === true ? parsed.value : null;
}

function grouped(seen: readonly SeenOutcome[]): Map<string, SeenOutcome[]> {
  const byChunk = new Map<string, SeenOutcome[]>();
  for (const outcome of seen) {
    byChunk.set(outcome.chunk, [...(byChunk.get(outcome.chunk) ?? []), outcome]);
  }
  return byChunk;
}
